// Find the sets in the recording of a workout, without any training data.
//
// As find_bouts of the package (sk_imu/segmentation/_bouts.py), with its default thresholds.

import { extremes, median } from "../signal/clocks.js";
import { MOTION_RATE_HZ, motionOf } from "./motion.js";
import { asRepetitions, locateRepetitions } from "./repetitions.js";

const MIN_PERIODICITY = 0.7, MIN_INTENSITY = 0.3;
const MIN_REPETITIONS = 3, MIN_DURATION_S = 8, MAX_PAUSE_S = 4;
const MIN_PERIOD_S = 0.8, MAX_PERIOD_S = 8;
const LAG_STEP = 1.06;
const HYSTERESIS = 0.15;

/**
 * Return the sets in a recording, in the order of time.
 *
 * @returns {{startS: number, endS: number, confidence: number, repetitions: object[]}[]}
 */
export function findBouts(recording, options = {}) {
  const { startS, motion } = motionOf(recording, options);
  const n = motion[0].length;
  const { best: periodicity, bestLag } = selfSimilarity(motion, lags());
  // A window that is compared may hold rest, which then counts as periodic with it.
  moves(motion).forEach((moving, i) => { if (!moving) periodicity[i] = -1; });
  const sets = [];
  let done = 0;
  for (const [first, stop, margin] of stretches(periodicity, bestLag)) {
    for (const [begin, end] of parts(motion, first, stop)) {
      const low = Math.max(begin - margin, done), high = Math.min(end + margin, n);
      if (low >= end) continue;
      const found = locate(motion, low, high, Math.max(begin - low, 0), end - low);
      if (!lasts(found)) continue;
      sets.push(asRepetitions(found, startS + low / MOTION_RATE_HZ, high - low));
      done = low + Math.ceil(found[found.length - 1][1]);
    }
  }
  return sets.map((repetitions) => ({
    startS: repetitions[0].startS,
    endS: repetitions[repetitions.length - 1].endS,
    confidence: mean(repetitions.map((one) => one.confidence)),
    repetitions,
  }));
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Return the repetitions in a recording that is one set, as find_repetitions does. */
export function findRepetitions(recording, options = {}) {
  const { startS, motion } = motionOf(recording, options);
  const n = motion[0].length;
  return asRepetitions(locateRepetitions(motion, 0, n, { isCut: true }), startS, n);
}

function locate(motion, low, high, first, stop) {
  const piece = motion.map((row) => row.subarray(low, high));
  return locateRepetitions(piece, first, stop, { isCut: false });
}

function lasts(found) {
  return found.length >= MIN_REPETITIONS
    && found[found.length - 1][1] - found[0][0] >= MIN_DURATION_S * MOTION_RATE_HZ;
}

/** Return the lags that are compared, evenly spaced on a logarithmic scale. */
function lags() {
  const ratio = MAX_PERIOD_S / MIN_PERIOD_S;
  const n = Math.ceil(Math.log(ratio) / Math.log(LAG_STEP)) + 1;
  const all = Array.from({ length: n }, (_, i) =>
    Math.round(MIN_PERIOD_S * ratio ** (i / (n - 1)) * MOTION_RATE_HZ));
  return [...new Set(all)];
}

/** Return how similar each timestep is to its repetition, and at which lag. */
function selfSimilarity(motion, lagsToTry) {
  const n = motion[0].length;
  const best = new Float64Array(n).fill(-1), bestLag = new Int32Array(n);
  for (const lag of lagsToTry) {
    if (2 * lag > n) break;
    const reached = trailingMaximum(similarityAt(motion, lag), 2 * lag, n);
    for (let i = 0; i < n; i++) {
      if (reached[i] > best[i]) {
        best[i] = reached[i];
        bestLag[i] = lag;
      }
    }
  }
  return { best, bestLag };
}

/** Return the intraclass correlation of each window of a lag's length with the next one. */
function similarityAt(motion, lag) {
  const nPairs = motion[0].length - 2 * lag + 1;
  const cross = new Float64Array(nPairs), power = new Float64Array(nPairs);
  for (const row of motion) {
    const a = row.subarray(0, row.length - lag), b = row.subarray(lag);
    const meanA = movingMean(a, lag), meanB = movingMean(b, lag);
    const product = movingMean(a.map((value, i) => value * b[i]), lag);
    const squareA = movingMean(a.map((value) => value * value), lag);
    const squareB = movingMean(b.map((value) => value * value), lag);
    for (let i = 0; i < nPairs; i++) {
      const middle = (meanA[i] + meanB[i]) / 2;
      cross[i] += product[i] - middle * (meanA[i] + meanB[i]) + middle ** 2;
      power[i] += (squareA[i] + squareB[i]) / 2 - middle ** 2;
    }
  }
  // At rest, the correlation is that of the sensor's noise.
  return cross.map((value, i) =>
    (power[i] < MIN_INTENSITY ** 2 ? -1 : value / Math.max(power[i], 1e-12)));
}

/** Return the maximum of the last `size` values up to each of `n` indices; beyond, -1. */
function trailingMaximum(values, size, n) {
  const result = new Float64Array(n);
  const queue = new Int32Array(n);
  let head = 0, tail = 0;
  for (let i = 0; i < n; i++) {
    if (i < values.length) {
      while (tail > head && values[queue[tail - 1]] <= values[i]) tail--;
      queue[tail++] = i;
    }
    while (tail > head && queue[head] <= i - size) head++;
    result[i] = tail > head ? Math.max(values[queue[head]], -1) : -1;
  }
  return result;
}

function movingMean(values, size) {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i] + values[i];
  const means = new Float64Array(values.length - size + 1);
  for (let i = 0; i < means.length; i++) means[i] = (sums[i + size] - sums[i]) / size;
  return means;
}

/** Return whether each timestep lies in movement, bridging rests up to the pause. */
function moves(motion) {
  const n = motion[0].length, half = Math.trunc(MOTION_RATE_HZ / 2), size = 2 * half + 1;
  const variance = new Float64Array(n);
  for (const row of motion) {
    const padded = new Float64Array(n + 2 * half);
    padded.fill(row[0], 0, half);
    padded.set(row, half);
    padded.fill(row[n - 1], n + half);
    const square = movingMean(padded.map((value) => value * value), size);
    movingMean(padded, size).forEach((value, i) => { variance[i] += square[i] - value ** 2; });
  }
  const moving = Array.from(variance, (value) => value >= MIN_INTENSITY ** 2);
  const longest = Math.max(Math.trunc(MAX_PAUSE_S * MOTION_RATE_HZ), 1);
  let last = -1;
  for (let i = 0; i < n; i++) {
    if (!moving[i]) continue;
    if (last >= 0 && i - last - 1 < longest) moving.fill(true, last, i);
    last = i;
  }
  return moving;
}

/** Return first timestep, end (exclusive) and usual lag of each periodic stretch. */
function stretches(periodicity, lag) {
  const found = [];
  const maxPause = Math.trunc(MAX_PAUSE_S * MOTION_RATE_HZ);
  for (let stop = 0, first = 0; first < periodicity.length; first = stop + 1) {
    stop = first;
    while (stop < periodicity.length && periodicity[stop] >= MIN_PERIODICITY - HYSTERESIS) stop++;
    if (stop === first) continue;
    if (extremes(periodicity.subarray(first, stop))[1] < MIN_PERIODICITY) continue;
    let usual = Math.trunc(median(lag.subarray(first, stop)));
    let start = first;
    if (found.length && first - found[found.length - 1][1] <= maxPause) {
      const [before, , usualBefore] = found.pop();
      // The lag is also the margin of the search, which must hold the longer one.
      usual = Math.max(usual, usualBefore);
      start = before;
    }
    found.push([start, stop, usual]);
  }
  return found;
}

/** Split a stretch where the rest between repetitions is longer than a repetition. */
function parts(motion, first, stop) {
  const found = locate(motion, first, stop, 0, stop - first);
  if (!found.length) return [];
  const usual = median(found.map(([begin, end]) => end - begin));
  const split = [];
  let begin = first;
  for (let i = 1; i < found.length; i++) {
    if (found[i][0] - found[i - 1][1] > usual) {
      split.push([begin, first + Math.trunc(found[i - 1][1])]);
      begin = first + Math.trunc(found[i][0]);
    }
  }
  return [...split, [begin, stop]];
}
