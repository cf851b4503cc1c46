// Names, axes and units of the sensors of a phone or watch.
//
// As in sk_imu/recording/_channels.py. A channel is one axis of one sensor, such as
// Gyroscope_x.

export const STANDARD_GRAVITY = 9.80665;
export const QUATERNION_AXES = ["qx", "qy", "qz", "qw"];
export const EULER_AXES = ["roll", "pitch", "yaw"];

const XYZ = ["x", "y", "z"];
/** Axes of each known sensor, in the package's own order. */
export const SENSOR_AXES = {
  Accelerometer: XYZ,
  Gravity: XYZ,
  TotalAcceleration: XYZ,
  Gyroscope: XYZ,
  Magnetometer: XYZ,
  Orientation: [...QUATERNION_AXES, ...EULER_AXES],
  AccelerometerUncalibrated: XYZ,
  GyroscopeUncalibrated: XYZ,
  MagnetometerUncalibrated: XYZ,
};
export const SENSOR_UNITS = {
  Accelerometer: "m/s²",
  Gravity: "m/s²",
  TotalAcceleration: "m/s²",
  Gyroscope: "rad/s",
  Magnetometer: "µT",
  Orientation: "rad",
  AccelerometerUncalibrated: "m/s²",
  GyroscopeUncalibrated: "rad/s",
  MagnetometerUncalibrated: "µT",
};
/** Acceleration without gravity, and gravity: TotalAcceleration is their sum. */
export const TOTAL_PARTS = ["Accelerometer", "Gravity"];
/** Sensors that show which way is up, the best one first. */
export const GRAVITY_SENSORS = ["Gravity", "TotalAcceleration", "AccelerometerUncalibrated"];

/** Return the sensor that a channel belongs to. */
export const sensorOf = (channel) => channel.slice(0, channel.lastIndexOf("_"));

/**
 * Return the sensor and axis, or the two to add up, of each channel of a recording.
 *
 * If TotalAcceleration is absent, it is Accelerometer + Gravity, or else the uncalibrated
 * acceleration.
 */
export function channelParts(streams) {
  const parts = new Map();
  for (const [sensor, stream] of Object.entries(streams)) {
    for (const axis of SENSOR_AXES[sensor]) {
      if (stream.axes.includes(axis)) parts.set(`${sensor}_${axis}`, [[sensor, axis]]);
    }
  }
  if ("TotalAcceleration" in streams) return parts;
  const sources = [TOTAL_PARTS, ["AccelerometerUncalibrated"]];
  const source = sources.find((names) => names.every((name) => name in streams));
  for (const axis of source ? XYZ : []) {
    if (source.every((sensor) => streams[sensor].axes.includes(axis))) {
      parts.set(`TotalAcceleration_${axis}`, source.map((sensor) => [sensor, axis]));
    }
  }
  return parts;
}
