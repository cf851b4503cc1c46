// What sensors of phones and watches may measure.
//
// As in sk_imu/readers/_plausibility.py and _movement.py: what no sensor can measure is
// refused; what hardly one does is a doubt, which names the unit that fits.

import {
  EULER_AXES, GRAVITY_SENSORS, QUATERNION_AXES, SENSOR_UNITS, STANDARD_GRAVITY,
} from "../channels.js";
import { InputError, shown } from "../errors.js";
import { extremes, median, stableOrder, usualInterval, valueAt } from "../signal/clocks.js";
import { filter, whereIs } from "./samples.js";

/** Units that files have in place of the package's, and their factors. */
const UNITS = {
  "m/s²": { g: STANDARD_GRAVITY, mg: STANDARD_GRAVITY / 1000 },
  "rad/s": { "deg/s": Math.PI / 180, "mdeg/s": Math.PI / 180_000, "mrad/s": 1e-3 },
  rad: { deg: Math.PI / 180 },
  "µT": { mT: 1000, nT: 1e-3, T: 1e6, gauss: 100, mgauss: 0.1 },
};
const RATES_HZ = [2, 2000];
const SLOW_S = 0.5, LEAST_CORRELATION = 0.6, OTHER_SCALE = 3, LEAST_SAMPLES = 50;

const UPRIGHT = {
  norms: [0.8 * STANDARD_GRAVITY, 1.2 * STANDARD_GRAVITY], peak: Infinity, limit: 4000,
  what: "about 9.81",
};
const TURNING = { norms: [0, 12], peak: 36, limit: 200, what: "at most 12, or 36 at its peak" };
const TABLE = {
  Gravity: UPRIGHT,
  TotalAcceleration: UPRIGHT,
  AccelerometerUncalibrated: UPRIGHT,
  Accelerometer: { norms: [0, 100], peak: Infinity, limit: 4000, what: "at most 100" },
  Gyroscope: TURNING,
  GyroscopeUncalibrated: TURNING,
  Magnetometer: { norms: [2, 2000], peak: Infinity, limit: 1e5, what: "25 to 65" },
  MagnetometerUncalibrated: { norms: [2, 2e4], peak: Infinity, limit: 1e5, what: "25 to 2000" },
};

/** Refuse impossible values; return notes on implausible ones. */
export function checkPlausible(sensors) {
  const notes = [];
  for (const [sensor, samples] of Object.entries(sensors)) {
    if (sensor === "Orientation") notes.push(...checkOrientation(samples));
    else {
      checkLimit(sensor, samples);
      notes.push(...checkValues(sensor, samples));
    }
  }
  return [...notes, ...checkClock(sensors)];
}

/** Return the median length of the vector, NaN without any complete one. */
export const medianNorm = (samples) => median(norms(samples));

function norms({ columns, timesNs }) {
  const all = new Float64Array(timesNs.length);
  for (const column of columns) column.forEach((value, i) => { all[i] += value * value; });
  return all.map(Math.sqrt).filter((norm) => !Number.isNaN(norm));
}

const peakOf = ({ columns }) => columns.reduce((peak, column) =>
  column.reduce((most, value) => (Math.abs(value) > most ? Math.abs(value) : most), peak), 0);

function fits(sensor, samples, factor = 1) {
  const [low, high] = TABLE[sensor].norms, norm = factor * medianNorm(samples);
  return low <= norm && norm <= high;
}

function checkLimit(sensor, samples) {
  const { limit } = TABLE[sensor];
  const row = samples.rows.findIndex((_, i) =>
    samples.columns.some((column) => Math.abs(column[i]) > limit));
  if (row < 0) return;
  const axis = samples.columns.findIndex((column) => Math.abs(column[row]) > limit);
  const most = `${shown(limit, 6)} ${SENSOR_UNITS[sensor]}`;
  throw beyond(sensor, samples, row, axis, most, fitting(sensor, samples));
}

function beyond(sensor, samples, row, axis, most, unit) {
  return new InputError(
    `${whereIs(samples, row)}, ${sensor} ${samples.axes[axis]}: `
    + `${shown(samples.columns[axis][row], 6)} is beyond what any phone measures (${most}). The `
    + `number or its unit is damaged${unit}: correct it, or export the recording again.`);
}

/** Return a doubt if values are not of the sensor and unit that they are said to be. */
function checkValues(sensor, samples) {
  const row = TABLE[sensor], unit = SENSOR_UNITS[sensor];
  const lengths = norms(samples);
  if (!lengths.length) return [];
  const middle = median(lengths), peak = peakOf(samples), [low, high] = row.norms;
  const held = sensor === "Accelerometer" ? heldGravity(samples, lengths) : "";
  if (held) {
    return [
      `IMPLAUSIBLE: Accelerometer has a steady length of ${shown(middle)} m/s², as if it held `
      + `gravity${held}. Movement alone does not: check the columns and, if so, read them as `
      + "TotalAcceleration.",
    ];
  }
  if (low <= middle && middle <= high && peak <= row.peak) return [];
  const found = peak <= row.peak
    ? `median norm of ${shown(middle)}` : `peak of ${shown(peak)}`;
  return [
    `IMPLAUSIBLE: ${sensor} has a ${found} ${unit} instead of ${row.what}: wrong unit`
    + `${fitting(sensor, samples)}, hard movement, or no physical sensor.`,
  ];
}

/** Return which units the values would fit, the best one first, in words or nothing. */
function fitting(sensor, samples) {
  const row = TABLE[sensor], peak = peakOf(samples);
  // The geometric middle, because units differ by factors; 1 without a least norm.
  const middle = Math.sqrt(row.norms[0] * row.norms[1]) || 1;
  const away = (factor) => Math.abs(Math.log((factor * medianNorm(samples)) / middle));
  const named = Object.entries(UNITS[SENSOR_UNITS[sensor]]).filter(([, factor]) => {
    // Without a least norm, the smallest unit would always fit.
    const usual = (row.norms[0] > 0 || factor * peak > 1) && factor * peak <= row.peak;
    return usual && fits(sensor, samples, factor);
  });
  if (!named.length) return "";
  const best = named.sort(([, a], [, b]) => away(a) - away(b)).slice(0, 2);
  return ` (it would fit ${best.map(([unit]) => unit).join(" or ")})`;
}

/** Return the unit of gravity that movement alone seems to hold, or nothing. */
function heldGravity(samples, lengths) {
  if (lengths.length < 10) return "";
  const sorted = lengths.slice().sort();
  const at = (share) => {
    const place = share * (sorted.length - 1), i = Math.floor(place);
    return sorted[i] + (place - i) * ((sorted[i + 1] ?? sorted[i]) - sorted[i]);
  };
  const [low, middle, high] = [at(0.25), at(0.5), at(0.75)];
  const mean = Math.hypot(...samples.columns.map((column) => {
    const known = column.filter((value) => !Number.isNaN(value));
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  }));
  // Movement changes in length all the time and averages to nothing.
  const spread = middle > 0 ? (high - low) / middle : Infinity;
  for (const [unit, gravity] of [[" in m/s²", STANDARD_GRAVITY], [" in g", 1]]) {
    const near = Math.abs(middle / gravity - 1);
    if (near < 0.15 && spread < 0.15) return unit;
    if (gravity !== 1 && near < 0.3 && mean > 0.6 * gravity) return unit;
  }
  return "";
}

function checkOrientation(samples) {
  const { axes, columns } = samples;
  const angles = [...axes.keys()].filter((i) => EULER_AXES.includes(axes[i]));
  const isWhole = QUATERNION_AXES.every((axis) => axes.includes(axis));
  const quaternion = isWhole ? QUATERNION_AXES.map((axis) => axes.indexOf(axis)) : [];
  const wrongAxis = (i) => {
    const norm = Math.hypot(...quaternion.map((c) => columns[c][i]));
    // All zeros is a missing rotation.
    const isOff = isWhole && Math.abs(norm - 1) > 0.05 && norm > 0;
    const wrong = angles.filter((c) => Math.abs(columns[c][i]) > 2 * Math.PI + 0.01);
    return Math.min(...wrong, isOff ? quaternion[0] : Infinity);
  };
  const wrong = [...samples.rows.keys()].filter((i) => wrongAxis(i) < Infinity);
  const n = samples.rows.length;
  if (wrong.length > Math.floor(n / 2)) { // another unit or meaning rather than damage
    return [
      `IMPLAUSIBLE: ${wrong.length} of ${n} rows of Orientation do not hold a unit quaternion, `
      + "or hold angles beyond 2π rad (are they in deg?). They stay so.",
    ];
  }
  if (wrong.length) {
    const most = "1 for a quaternion's length, or 2π rad for an angle";
    throw beyond("Orientation", samples, wrong[0], wrongAxis(wrong[0]), most, "");
  }
  return [];
}

/** Return a doubt on clocks that run at no rate of a sensor. */
function checkClock(sensors) {
  const found = [];
  for (const [sensor, { timesNs }] of Object.entries(sensors)) {
    if (timesNs.length < 3) continue;
    const sorted = timesNs.slice().sort();
    const intervalS = usualInterval(sorted.map((time) => (time - sorted[0]) / 1e9));
    const rateHz = intervalS > 0 ? 1 / intervalS : Infinity;
    if (!(RATES_HZ[0] <= rateHz && rateHz <= RATES_HZ[1])) found.push([sensor, rateHz]);
  }
  if (!found.length) return [];
  return [
    `IMPLAUSIBLE: the clock of ${found.map(([sensor]) => sensor).join(", ")} gives `
    + `${shown(found[0][1])} Hz; sensors of phones and watches give 5 to 1000 Hz. The times may `
    + "be in another unit, their commas may be thousands separators, or the app was set to that "
    + "rate.",
  ];
}

/** Return a doubt if the Accelerometer has another unit or sign than its peers. */
export function checkMovement(sensors) {
  const part = sensors.Accelerometer;
  for (const name of GRAVITY_SENSORS) {
    const whole = sensors[name];
    // Gravity alone does not move, and without its unit the whole shows nothing.
    if (name === "Gravity" || !part || !whole || !fits(name, whole)) continue;
    const scale = scaleOf(complete(part), complete(whole));
    if (scale < 0) {
      return [
        `CONTRADICTION: Accelerometer moves against ${name}: the sign of one of the two is `
        + "wrong. Both stay as they are.",
      ];
    }
    if (scale > OTHER_SCALE || scale < 1 / OTHER_SCALE) {
      const unit = Object.entries(UNITS["m/s²"]).find(([, factor]) =>
        1 / 1.5 < scale / factor && scale / factor < 1.5);
      return [
        `IMPLAUSIBLE: Accelerometer has ${shown(1 / scale, 2)} times the movement of ${name}: `
        + `wrong unit${unit ? ` (it would fit ${unit[0]})` : ""}. Both stay as they are.`,
      ];
    }
  }
  return [];
}

/** Return the rows without a missing value, in the order of time. */
function complete(samples) {
  const kept = filter(samples, (i) => samples.columns.every((column) => !Number.isNaN(column[i])));
  const order = stableOrder(kept.timesNs);
  const pick = (values) => Float64Array.from(order, (i) => values[i]);
  return { ...kept, timesNs: pick(kept.timesNs), columns: kept.columns.map(pick) };
}

/** Return how many times faster parts of the whole are larger; negative if opposite. */
function scaleOf(part, whole) {
  if (part.timesNs.length > whole.timesNs.length) return 1 / scaleOf(whole, part);
  if (whole.timesNs.length < 2) return NaN;
  const [first, last] = extremes(whole.timesNs);
  const inside = filter(part, (i) => part.timesNs[i] >= first && part.timesNs[i] <= last);
  if (inside.timesNs.length < LEAST_SAMPLES) return NaN;
  const timesS = inside.timesNs.map((time) => (time - part.timesNs[0]) / 1e9);
  const nSlow = Math.max(3, Math.round(SLOW_S / Math.max(usualInterval(timesS), 1e-3)));
  let here = 0, there = 0, both = 0;
  part.axes.forEach((axis, i) => {
    const other = whole.columns[whole.axes.indexOf(axis)];
    const fast = withoutSlow(inside.columns[i], nSlow);
    const same = inside.timesNs.map((time) => valueAt(whole.timesNs, other, time));
    withoutSlow(same, nSlow).forEach((value, k) => {
      here += fast[k] ** 2;
      there += value ** 2;
      both += fast[k] * value;
    });
  });
  if (!(here > 0 && there > 0)) return NaN;
  const correlation = both / Math.sqrt(here * there);
  if (Math.abs(correlation) < LEAST_CORRELATION) return NaN;
  return Math.sign(correlation) * Math.sqrt(there / here);
}

/** Subtract the mean of the samples around each one; beyond the ends, the order reverses. */
function withoutSlow(values, size) {
  const n = values.length, before = Math.floor(size / 2);
  const at = (i) => {
    const place = ((i % (2 * n)) + 2 * n) % (2 * n);
    return values[place < n ? place : 2 * n - 1 - place];
  };
  let sum = 0;
  for (let i = -before; i < size - before; i++) sum += at(i);
  return values.map((value, i) => {
    const mean = sum / size;
    sum += at(i + size - before) - at(i - before);
    return value - mean;
  });
}
