// Mirror recordings of one side of the body onto the other.
//
// As CanonicalSide of the package (sk_imu/preprocessing/_canonical_side.py).

import { SENSOR_UNITS } from "../channels.js";

const HALF_TURN = (angle) => (angle < 0 ? -Math.PI : Math.PI) - angle;
const SAME = (value) => value, NEGATIVE = (value) => -value;
const negated = (axes) => Object.fromEntries(axes.map((axis) => [axis, [axis, NEGATIVE]]));
/** From which axis of the old attitude each axis comes, and how; the others stay. */
const ATTITUDE = {
  x: negated(["qy", "qz", "roll", "yaw"]),
  y: negated(["qx", "qz", "pitch", "yaw"]),
  z: {
    qx: ["qz", SAME], qy: ["qw", SAME], qz: ["qx", SAME], qw: ["qy", SAME],
    roll: ["roll", HALF_TURN], yaw: ["yaw", NEGATIVE],
  },
};

/**
 * Return streams, mirrored if they are of the other side than the model's.
 *
 * @param {object} streams - by sensor.
 * @param {"left" | "right" | null} side - where the device was; null if that is not known.
 * @param {{onto: string, mirrorAxis: string} | null} rule - of the model.
 */
export function mirrored(streams, side, rule) {
  if (!rule || !side || side === rule.onto) return streams;
  return Object.fromEntries(Object.entries(streams).map(([sensor, stream]) => {
    const columns = stream.axes.map((axis, i) => {
      if (sensor !== "Orientation") {
        return flips(sensor, axis, rule.mirrorAxis)
          ? stream.columns[i].map(NEGATIVE) : stream.columns[i];
      }
      const [from, change] = ATTITUDE[rule.mirrorAxis][axis] ?? [axis, SAME];
      return stream.columns[stream.axes.indexOf(from)].map(change);
    });
    return [sensor, { ...stream, columns }];
  }));
}

/** Angular rate is a pseudovector: it changes its sign along the other two axes. */
function flips(sensor, axis, mirrorAxis) {
  return SENSOR_UNITS[sensor] === "rad/s" ? axis !== mirrorAxis : axis === mirrorAxis;
}
