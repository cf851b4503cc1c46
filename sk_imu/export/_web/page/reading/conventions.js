// One physical convention for all phones: that of Android, whatever the file was written in.
//
// As in sk_imu/readers/_conventions.py, which explains it. A phone lying on its back reads
// z = +9.81 m/s² in Gravity and TotalAcceleration.

import {
  EULER_AXES, GRAVITY_SENSORS, QUATERNION_AXES, SENSOR_AXES, SENSOR_UNITS, STANDARD_GRAVITY,
  TOTAL_PARTS,
} from "../channels.js";
import { stableOrder, valueAt } from "../signal/clocks.js";
import { medianNorm } from "./plausibility.js";
import { filter } from "./samples.js";

/** Axes with the opposite sign on iOS, unless the app standardises them. */
const FLIPPED = Object.fromEntries(
  Object.keys(SENSOR_AXES)
    .filter((sensor) => SENSOR_UNITS[sensor] === "m/s²")
    .map((sensor) => [sensor, SENSOR_AXES[sensor]]));
FLIPPED.Orientation = ["pitch", "yaw"];
const IN_G = [0.7, 1.5], IN_SI = [6, 15];
/** The app's first version that standardises the files of a watch, too. */
const STANDARD_WATCH = [1, 63];

/** Return a sensor's samples in the package's convention. */
export function applyConvention({ apple, inG }, sensor, samples) {
  const columns = samples.columns.map((column, i) => {
    const flips = apple && (FLIPPED[sensor] ?? []).includes(samples.axes[i]);
    const unit = inG.includes(sensor) ? STANDARD_GRAVITY : 1;
    return column.map((value) => value * (flips ? -1 : 1) * unit);
  });
  return { ...samples, columns };
}

/**
 * Decide how signs and units are written: by the user, the data or the Metadata.
 *
 * A claim has `platform` ("ios", "android" or null), `standardised`, `version`, `namedBy`,
 * `given` (whether the user named the platform) and `watch`. Returns the convention, and
 * notes on how it was decided.
 */
export function decideConvention(sensors, claim, orientationHeader) {
  const isWritten = Object.keys(FLIPPED).some((sensor) => sensor in sensors);
  if (claim.platform === null && !isWritten) return [{ apple: null, inG: [] }, []];
  const votes = evidence(sensors, claim.watch);
  if (claim.platform === null) return byData(sensors, claim, votes, orientationHeader);
  let apple = claim.platform === "ios" && !claim.standardised;
  // An Android phone does not write g: the unit is wrong, but its signs stay.
  const decisive = votes.some((vote) => claim.platform === "ios" || !vote.byUnit);
  const overruled = votes.length > 0 && decisive && votes.every((vote) => vote.apple !== apple);
  if (overruled && !(claim.given && apple === (claim.platform === "ios"))) {
    const names = votes.map((vote) => vote.name).join(", ");
    return [convention(!apple, claim, votes), [
      `CONTRADICTION: signs and units are ${nameOf(!apple)} according to the data (${names}), `
      + `and ${nameOf(apple)} according to ${claim.namedBy}. The data decide${what(!apple)}; `
      + "give platform= to overrule them.",
    ]];
  }
  if (isDoubtful(claim) && !votes.length) {
    if (!claim.given) {
      return [convention(apple, claim, votes), [
        `UNDECIDED: ${claim.namedBy} names signs and units that this version of the app does `
        + "not give to a watch, and no value shows them. They stay as recorded; give "
        + "platform='ios' if acceleration is in g.",
      ]];
    }
    apple = true;
  }
  const how = `signs and units: ${nameOf(apple)} according to ${claim.namedBy}`;
  return [convention(apple, claim, votes), [`${how}${what(apple)}.`]];
}

/** Return whether a claim says what versions of the app say wrongly of a watch. */
function isDoubtful(claim) {
  const version = (claim.version.match(/\d{1,4}/g) ?? []).slice(0, 2).map(Number);
  const [major = -1, minor = -1] = version;
  const isOld = major < STANDARD_WATCH[0]
    || (major === STANDARD_WATCH[0] && minor < STANDARD_WATCH[1]);
  return claim.watch && claim.standardised && claim.platform === "ios" && isOld;
}

function byData(sensors, claim, votes, header) {
  const names = votes.map((vote) => vote.name).join(", ");
  const verdicts = new Set(votes.map((vote) => vote.apple));
  if (verdicts.size === 1) {
    const [apple] = verdicts;
    return [convention(apple, claim, votes), [
      `no platform is named; signs and units: ${nameOf(apple)} according to the data `
      + `(${names})${what(apple)}.`,
    ]];
  }
  if (verdicts.size) {
    return [convention(null, claim, votes), [
      "CONTRADICTION: no platform is named, and the data indicate both iOS and Android "
      + `(${names}). Signs stay as recorded; give platform='ios' or platform='android'.`,
    ]];
  }
  return [convention(null, claim, votes), [
    `UNDECIDED: no platform is named and no value indicates it${hints(sensors, header)}. Signs `
    + "and units stay as recorded, which is right for Android; for iOS give platform='ios', "
    + "for Android platform='android'.",
  ]];
}

/** Return the convention, with the unit by the norm of gravity where that shows it. */
function convention(apple, claim, votes) {
  // Without any sign of its platform, a watch is an Apple Watch.
  let inG = claim.watch ? apple !== false : Boolean(apple);
  const byUnit = votes.find((vote) => vote.byUnit);
  if (claim.platform !== "android" && byUnit) inG = byUnit.apple;
  const sensors = claim.watch ? TOTAL_PARTS : ["AccelerometerUncalibrated"];
  return { apple, inG: inG ? sensors : [] };
}

const nameOf = (apple) => (apple ? "those of iOS" : "those of Android");

const what = (apple) =>
  (apple ? "; acceleration, yaw and pitch negated, g to m/s²" : "; nothing to convert");

/** Compare converted sensors with each other; return a note for each contradiction. */
export function checkConventions(sensors) {
  const notes = [];
  for (const sensor of GRAVITY_SENSORS.filter((name) => name in sensors)) {
    const cosine = meanCosine(sensors[sensor], up(sensors));
    if (cosine < -0.5) {
      notes.push(
        `CONTRADICTION: ${sensor} points against the up of Orientation (mean cosine `
        + `${cosine.toFixed(2)}): its sign, or that of the orientation, is wrong. Both stay as `
        + "they are.");
    } else if (sensor === "Gravity" && cosine < 0.9) {
      notes.push(
        `CONTRADICTION: Gravity and Orientation disagree (mean cosine ${cosine.toFixed(2)}). `
        + "Both stay as they are.");
    }
    if (sensor !== "Gravity" && meanCosine(sensors[sensor], sensors.Gravity) < -0.5) {
      notes.push(
        `CONTRADICTION: ${sensor} and Gravity point in opposite directions. Both stay as they `
        + "are.");
    }
  }
  const cosines = eulerCosines(sensors.Orientation, 1);
  for (const [axis, cosine] of Object.entries(cosines)) {
    if (cosine < 0.9) {
      notes.push(
        `CONTRADICTION: ${axis} of Orientation is not that of its quaternion (mean cosine of `
        + `the difference ${cosine.toFixed(2)}). It stays as it is.`);
    }
  }
  return notes;
}

/** Return what indicates the convention. */
function evidence(sensors, watch) {
  const votes = [];
  for (const sensor of GRAVITY_SENSORS) {
    const cosine = meanCosine(sensors[sensor], up(sensors));
    // Gravity alone must follow the attitude closely; the others hold movement, too.
    if (Math.abs(cosine) > (sensor === "Gravity" ? 0.9 : 0.5)) {
      votes.push({ apple: cosine < 0, name: `${sensor} against Orientation`, byUnit: false });
    }
  }
  // Only these are in g on iOS, and their norm shows it.
  const sensor = watch ? "Gravity" : "AccelerometerUncalibrated";
  const norm = sensor in sensors ? medianNorm(sensors[sensor]) : NaN;
  if (IN_G[0] < norm && norm < IN_G[1]) {
    votes.push({ apple: true, name: `${sensor} in g`, byUnit: true });
  } else if (IN_SI[0] < norm && norm < IN_SI[1]) {
    votes.push({ apple: false, name: `${sensor} in m/s²`, byUnit: true });
  }
  for (const [sign, apple] of [[1, false], [-1, true]]) {
    // Angles near zero fit both signs: one must fit well and the other badly.
    const cosines = Object.values(eulerCosines(sensors.Orientation, sign));
    const other = Object.values(eulerCosines(sensors.Orientation, -sign));
    if (cosines.length && Math.min(...cosines) > 0.99 && Math.min(...other) < 0.9) {
      votes.push({ apple, name: "yaw and pitch against the quaternion", byUnit: false });
    }
  }
  return votes;
}

function hints(sensors, header) {
  const found = "TotalAcceleration" in sensors ? ["TotalAcceleration hints at Android"] : [];
  const axes = header.filter((name) => [...EULER_AXES, ...QUATERNION_AXES].includes(name));
  const first = axes.slice(0, 3).join(" ");
  if (first === "yaw qx qz") found.push("the order of Orientation's columns hints at iOS");
  else if (first === "qz qy qx") {
    found.push("the order of Orientation's columns hints at Android");
  }
  return found.length ? ` (${found.join("; ")})` : "";
}

/** Return the fit of each angle to the quaternion; iOS has the sign -1. */
function eulerCosines(orientation, sign) {
  const axes = [...QUATERNION_AXES, ...EULER_AXES];
  if (!orientation || !axes.every((axis) => orientation.axes.includes(axis))) return {};
  const column = (axis) => orientation.columns[orientation.axes.indexOf(axis)];
  const sums = { yaw: [0, 0], pitch: [0, 0], roll: [0, 0] };
  let isClear = false;
  for (const [i, [x, y, z, w]] of rotations(orientation)) {
    const angles = {
      yaw: -sign * Math.atan2(2 * (w * z - x * y), 1 - 2 * (x * x + z * z)),
      pitch: -sign * Math.asin(Math.min(Math.max(2 * (w * x + y * z), -1), 1)),
      roll: Math.atan2(2 * (w * y - x * z), 1 - 2 * (x * x + y * y)),
    };
    // Near pitch = ±π/2, yaw and roll are undefined.
    if (!(Math.abs(angles.pitch) < 1.4)) continue;
    isClear = true;
    for (const axis of Object.keys(sums)) {
      // By the cosine of the difference, because angles wrap.
      const cosine = Math.cos(column(axis)[i] - angles[axis]);
      if (Number.isNaN(cosine)) continue;
      sums[axis][0] += cosine;
      sums[axis][1]++;
    }
  }
  if (!isClear) return {};
  return Object.fromEntries(Object.entries(sums).map(([axis, [sum, n]]) => [axis, sum / n]));
}

/** Yield the index and the unit quaternion of each row that has one. */
function* rotations(orientation) {
  const columns = QUATERNION_AXES.map((axis) =>
    orientation.columns[orientation.axes.indexOf(axis)]);
  for (let i = 0; i < orientation.timesNs.length; i++) {
    const parts = columns.map((column) => column[i]);
    const norm = Math.hypot(...parts);
    // Zeros stand for a rotation that is missing.
    if (norm > 0.5) yield [i, parts.map((part) => part / norm)];
  }
}

/** Return the world's up in the phone's axes, according to the quaternion. */
function up(sensors) {
  const orientation = sensors.Orientation;
  if (!QUATERNION_AXES.every((axis) => orientation?.axes.includes(axis))) return null;
  const found = [...rotations(orientation)];
  const kept = new Set(found.map(([i]) => i));
  // The last row of the rotation matrix.
  const rows = found.map(([, [x, y, z, w]]) =>
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]);
  return {
    ...filter(orientation, (i) => kept.has(i)),
    axes: ["x", "y", "z"],
    columns: [0, 1, 2].map((axis) => Float64Array.from(rows, (row) => row[axis])),
  };
}

/** Return the mean cosine of the angle between two vectors, NaN if one is missing. */
function meanCosine(one, other) {
  if (!one || !other || one.timesNs.length < 2 || other.timesNs.length < 2) return NaN;
  const order = stableOrder(other.timesNs);
  const times = Float64Array.from(order, (i) => other.timesNs[i]);
  const columns = other.columns.map((column) => Float64Array.from(order, (i) => column[i]));
  let sum = 0, n = 0, inside = 0;
  one.timesNs.forEach((time, i) => {
    if (!(time >= times[0] && time <= times[times.length - 1])) return;
    inside++;
    const vector = one.columns.map((column) => column[i]);
    const reference = columns.map((column) => valueAt(times, column, time));
    const norms = Math.hypot(...vector) * Math.hypot(...reference);
    if (!(norms > 1e-9)) return;
    sum += vector.reduce((dot, value, k) => dot + value * reference[k], 0) / norms;
    n++;
  });
  return inside >= 2 && n ? sum / n : NaN;
}
