// One stream from its own clock to a uniform one.
//
// As in sk_imu/preprocessing/_interpolation.py: quintic splines, a zero-phase low-pass for
// streams that are faster than the output, rotations on the sphere.

import { GAP, extremeIntervals, findGaps, leftOf, usualInterval } from "./clocks.js";
import { cubicSpline, monotoneCurve, quinticSpline } from "./splines.js";

const PASSBAND_END = 0.8;
const ATTENUATION_DB = 80;
/** Half the length of the low-pass, in timesteps of the output. */
const HALF_LENGTH = Math.ceil(
  Math.ceil((ATTENUATION_DB - 7.95) / 2.285 / (Math.PI * (1 - PASSBAND_END)) + 1) / 2);
const KAISER_BETA = 0.1102 * (ATTENUATION_DB - 8.7);
const TOLERANCE = 0.01;
/** What clocks may be off by rounding, in timesteps. */
export const ROUNDING = 1e-6;
const TOO_SHORT = 0.02;
const MOST_ADDED = 1000;
const NEIGHBORS = 8, OVERSHOOT = 0.5;
const EVEN = 1.1;
const QUATERNION = ["qx", "qy", "qz", "qw"];
const ANGLES = ["roll", "pitch", "yaw"];

/**
 * Return a stream's values at the times 0, 1 / rateHz, 2 / rateHz and so on.
 *
 * `timesS` must reach from 0 to the last time. `columns` holds an array for each of `axes`.
 */
export function resampleStream(timesS, columns, axes, nTimesteps, rateHz, options = {}) {
  const { interpolation = "quintic", antiAlias = true } = options;
  const isWhole = QUATERNION.every((axis) => axes.includes(axis));
  const quaternion = isWhole ? QUATERNION.map((axis) => axes.indexOf(axis)) : [];
  const angles = [...axes.keys()].filter((i) => ANGLES.includes(axes[i]));
  columns = columns.slice();
  for (const i of angles) columns[i] = unwrapped(columns[i]);
  if (isWhole) oneHemisphere(columns, quaternion);

  const n = timesS.length;
  const meanS = (timesS[n - 1] - timesS[0]) / (n - 1);
  const intervalS = Math.max(usualInterval(timesS), meanS / 10);
  const factor = antiAlias ? Math.max(1, Math.ceil(1 / intervalS / rateHz - TOLERANCE)) : 1;
  const stepS = 1 / (rateHz * factor), margin = factor > 1 ? HALF_LENGTH * factor : 0;
  const stop = (nTimesteps - 1) * factor;
  const before = Math.min(margin, Math.floor(-timesS[0] / stepS + ROUNDING));
  const beyond = Math.max(timesS[n - 1] / stepS - stop, 0);
  const after = Math.min(margin, Math.floor(beyond + ROUNDING));
  const fineS = Float64Array.from({ length: before + stop + after + 1 }, (_, i) =>
    Math.min(Math.max((i - before) * stepS, timesS[0]), timesS[n - 1]));
  let fine = interpolate(timesS, columns, fineS, interpolation, quaternion, intervalS);
  if (factor > 1) {
    const taps = decimationTaps(factor);
    fine = fine.map((column) =>
      decimate(column, factor, margin - before, margin - after, taps));
  }
  if (isWhole) normalize(fine, quaternion);
  for (const i of angles) {
    fine[i] = fine[i].map((angle) => Math.PI - modulo(Math.PI - angle, 2 * Math.PI));
  }
  return fine;
}

/** Return the remainder with the sign of the divisor, which is positive. */
const modulo = (a, b) => (a % b < 0 ? (a % b) + b : a % b);

function unwrapped(angles) {
  const result = Float64Array.from(angles);
  let turn = 0;
  for (let i = 1; i < result.length; i++) {
    const change = angles[i] - angles[i - 1];
    let least = modulo(change + Math.PI, 2 * Math.PI) - Math.PI;
    if (least === -Math.PI && change > 0) least = Math.PI;
    if (Math.abs(change) >= Math.PI) turn += least - change;
    result[i] = angles[i] + turn;
  }
  return result;
}

/** Give neighboring quaternions the same sign: q and -q are the same rotation. */
function oneHemisphere(columns, quaternion) {
  const q = quaternion.map((i) => Float64Array.from(columns[i]));
  let sign = 1;
  const old = [0, 0, 0, 0];
  for (let k = 0; k < q[0].length; k++) {
    const now = q.map((part) => part[k]);
    const dot = now.reduce((sum, part, i) => sum + part * old[i], 0);
    if (k === 0 ? now[3] < 0 : dot < 0) sign = -sign;
    const norm = Math.sqrt(now.reduce((sum, part) => sum + part * part, 0));
    now.forEach((part, i) => {
      old[i] = part;
      q[i][k] = (sign * part) / norm;
    });
  }
  quaternion.forEach((i, part) => { columns[i] = q[part]; });
}

function normalize(columns, quaternion) {
  for (let k = 0; k < columns[quaternion[0]].length; k++) {
    const norm = Math.sqrt(quaternion.reduce((sum, i) => sum + columns[i][k] ** 2, 0));
    for (const i of quaternion) columns[i][k] /= norm;
  }
}

function interpolate(timesS, columns, atS, interpolation, quaternion, intervalS) {
  if (isSameClock(timesS, atS)) return columns.map((column) => Float64Array.from(column));
  const isPlain = interpolation !== "linear";
  const result = isPlain ? curve(timesS, columns, atS, interpolation, intervalS) : [];
  if (isPlain && !quaternion.length) return result;
  const left = Int32Array.from(atS, (time) => leftOf(timesS, time));
  const fraction = Float64Array.from(atS, (time, k) =>
    (time - timesS[left[k]]) / (timesS[left[k] + 1] - timesS[left[k]]));
  if (!isPlain) {
    for (const values of columns) {
      result.push(Float64Array.from(left, (i, k) =>
        values[i] + fraction[k] * (values[i + 1] - values[i])));
    }
  }
  if (quaternion.length) slerp(columns, quaternion, left, fraction, result);
  return result;
}

/** Return whether the times asked for are those of the samples, but for rounding. */
function isSameClock(timesS, atS) {
  if (timesS.length !== atS.length) return false;
  const least = ROUNDING * (atS[1] - atS[0]);
  return timesS.every((time, i) => Math.abs(time - atS[i]) <= least);
}

/** Return the values of a spline, and of a monotone curve where it swings. */
function curve(timesS, columns, atS, interpolation, intervalS) {
  const [shortest, longest] = extremeIntervals(timesS);
  [timesS, columns] = bridgeGaps(timesS, columns, intervalS);
  const n = timesS.length;
  const shortestS = TOO_SHORT * (timesS[n - 1] - timesS[0]) / (n - 1);
  const isEven = n > 5 && extremeIntervals(timesS)[0] > shortestS;
  const spline = interpolation === "quintic" && isEven ? quinticSpline : cubicSpline;
  const result = spline(timesS, columns)(atS);
  if (longest <= EVEN * shortest) return result;
  const left = Int32Array.from(atS, (time) => leftOf(timesS, time));
  let calm = null;
  columns.forEach((values, c) => {
    const swings = new Uint8Array(n);
    let any = false;
    for (let k = 0; k < atS.length; k++) {
      const [low, high] = rangeAround(values, left[k]);
      const most = OVERSHOOT * (high - low);
      if (result[c][k] < low - most || result[c][k] > high + most) {
        swings[left[k]] = 1;
        any = true;
      }
    }
    if (!any) return;
    calm ??= monotoneCurve(timesS, columns)(atS);
    // The whole interval between two samples, so that the curve has no step in it.
    result[c] = result[c].map((value, k) => (swings[left[k]] ? calm[c][k] : value));
  });
  return result;
}

/** Return the range of eight samples up to one, and of eight after it. */
function rangeAround(values, left) {
  let low = Infinity, high = -Infinity;
  const last = Math.min(left + NEIGHBORS, values.length - 1);
  for (let i = Math.max(left - NEIGHBORS + 1, 0); i <= last; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return [low, high];
}

/** Put samples into gaps, between the values at their ends, so that splines stay calm. */
function bridgeGaps(timesS, columns, intervalS) {
  const added = [];
  for (const [startS, endS] of findGaps(timesS, GAP * intervalS)) {
    const n = Math.trunc(Math.min((endS - startS) / intervalS, MOST_ADDED) + 1);
    const step = (endS - startS) / (n - 1);
    for (let i = 1; i < n - 1; i++) added.push(startS + i * step);
  }
  if (!added.length) return [timesS, columns];
  const between = monotoneCurve(timesS, columns)(Float64Array.from(added));
  const merged = new Float64Array(timesS.length + added.length);
  const results = columns.map(() => new Float64Array(merged.length));
  for (let i = 0, a = 0, k = 0; k < merged.length; k++) {
    const isAdded = a < added.length && (i === timesS.length || added[a] <= timesS[i]);
    merged[k] = isAdded ? added[a] : timesS[i];
    results.forEach((result, c) => { result[k] = isAdded ? between[c][a] : columns[c][i]; });
    if (isAdded) a++;
    else i++;
  }
  return [merged, results];
}

/** Put rotations at a fraction of the way between pairs of unit quaternions into `result`. */
function slerp(columns, quaternion, left, fraction, result) {
  const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
  for (const i of quaternion) result[i] = new Float64Array(left.length);
  left.forEach((at, k) => {
    const chord = Math.sqrt(quaternion.reduce(
      (sum, i) => sum + (columns[i][at + 1] - columns[i][at]) ** 2, 0));
    const angle = (2 * Math.asin(Math.min(chord / 2, 1))) / Math.PI;
    const f = fraction[k];
    const before = (1 - f) * sinc((1 - f) * angle), after = f * sinc(f * angle);
    for (const i of quaternion) {
      result[i][k] = (before * columns[i][at] + after * columns[i][at + 1]) / sinc(angle);
    }
  });
}

/** Low-pass and keep every `factor`-th value, where margins are lacking at the ends. */
function decimate(values, factor, nBefore, nAfter, taps) {
  const n = values.length, last = n - 1;
  // Point reflection goes on with a trend, and so keeps constants and ramps as they are.
  const at = (i) => {
    let shift = 0, sign = 1;
    while (i < 0 || i > last) {
      const edge = i < 0 ? 0 : last;
      shift += sign * 2 * values[edge];
      sign = -sign;
      i = 2 * edge - i;
    }
    return shift + sign * values[i];
  };
  const padded = Float64Array.from({ length: nBefore + n + nAfter }, (_, i) =>
    (last ? at(i - nBefore) : values[0]));
  const kept = new Float64Array(Math.floor((padded.length - taps.length) / factor) + 1);
  for (let k = 0; k < kept.length; k++) {
    let sum = 0;
    for (let j = 0, i = k * factor; j < taps.length; j++, i++) sum += taps[j] * padded[i];
    kept[k] = sum;
  }
  return kept;
}

/** Return the low-pass for a clock `factor` times finer than the output's. */
export function decimationTaps(factor) {
  const half = HALF_LENGTH * factor, cutoff = (1 + PASSBAND_END) / 2 / factor;
  const taps = Float64Array.from({ length: 2 * half + 1 }, (_, i) => {
    const x = Math.PI * cutoff * (i - half);
    const window = besselI0(KAISER_BETA * Math.sqrt(1 - ((i - half) / half) ** 2));
    return cutoff * (x === 0 ? 1 : Math.sin(x) / x) * (window / besselI0(KAISER_BETA));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}

/** Return the modified Bessel function of order 0. */
function besselI0(x) {
  let term = 1, sum = 1;
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
