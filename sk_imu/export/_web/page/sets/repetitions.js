// Find the repetitions in a set, without any training data.
//
// As in sk_imu/segmentation/_repetitions.py.

import { Matcher, N_PHASES } from "./matching.js";
import { MOTION_RATE_HZ } from "./motion.js";

const NEARLY = 0.8;
const LEAST_AUTOCORRELATION = 0.25;
const MIN_CONFIDENCE = 0.4;
const N_AXES = 3;

/** Convert located repetitions to seconds, in a movement that begins at a time. */
export function asRepetitions(found, startS, nTimesteps) {
  return found.map(([begin, end, confidence]) => ({
    startS: startS + Math.max(begin, 0) / MOTION_RATE_HZ,
    endS: startS + Math.min(end, nTimesteps - 1) / MOTION_RATE_HZ,
    confidence,
  }));
}

/**
 * Return begin and end, in timesteps, and resemblance of each repetition, and how sure their
 * number is.
 *
 * The period, from `shortest` to `longest` timesteps, and the usual posture are taken from
 * `first` to `stop`; repetitions may lie outside. Without a `usual` period, which holds where
 * no better one is found, the movement is one set cut out.
 */
export function locateRepetitions(motion, first, stop, { shortest, longest, usual = null }) {
  const rows = motion.map((row) => {
    const core = row.subarray(first, stop);
    const center = core.reduce((sum, value) => sum + value, 0) / core.length;
    return row.map((value) => value - center);
  });
  // Sensors count equally, however much each moves in this exercise.
  for (let from = 0; from < rows.length; from += N_AXES) {
    const sensor = rows.slice(from, from + N_AXES);
    let square = 0;
    for (const row of sensor) for (let i = first; i < stop; i++) square += row[i] ** 2;
    const size = Math.max(Math.sqrt(square / (stop - first)), 1e-6);
    for (const row of sensor) row.forEach((value, i) => { row[i] = value / size; });
  }
  const cores = rows.map((row) => row.subarray(first, stop));
  const period = findPeriod(cores, shortest, Math.min(longest, 0.6 * (stop - first))) ?? usual;
  if (period === null) return { found: [], agreement: 0 };
  // With time in units of the period, fast and slow exercises cost the same.
  const step = period / N_PHASES;
  const n = Math.ceil((rows[0].length - 1) / step);
  const scaled = rows.map((row) =>
    Float64Array.from({ length: n }, (_, i) => valueAtPosition(row, i * step)));
  const { found, agreement } =
    new Matcher(scaled, MIN_CONFIDENCE, { isCut: usual === null })
      .search(first / step, stop / step);
  return {
    found: found.map(([begin, end, confidence]) => [begin * step, end * step, confidence]),
    agreement,
  };
}

function valueAtPosition(row, position) {
  const left = Math.min(Math.trunc(position), Math.max(row.length - 2, 0));
  const right = Math.min(left + 1, row.length - 1), weight = position - left;
  return row[left] * (1 - weight) + row[right] * weight;
}

/** Return the lag in timesteps after which a movement repeats itself, or null. */
export function findPeriod(motion, shortest, longest) {
  const n = motion[0].length;
  const nLags = Math.trunc(longest) + 2; // a peak at the longest lag needs a neighbor
  if (nLags <= shortest || n <= nLags) return null;
  const energy = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    energy[i + 1] = energy[i] + motion.reduce((sum, row) => sum + row[i] ** 2, 0);
  }
  const autocorrelation = Float64Array.from({ length: nLags }, (_, lag) => {
    let product = 0;
    for (const row of motion) for (let i = lag; i < n; i++) product += row[i] * row[i - lag];
    const both = energy[n - lag] + energy[n] - energy[lag];
    return (2 * product) / Math.max(both, 1e-12);
  });
  const peaks = peaksOf(autocorrelation).filter((lag) =>
    lag >= shortest && autocorrelation[lag] > LEAST_AUTOCORRELATION);
  const best = Math.max(...peaks.map((lag) => autocorrelation[lag]));
  return peaks.find((lag) => autocorrelation[lag] >= NEARLY * best) ?? null;
}

/** Return the indices of the maxima; of a flat one, the middle. */
function peaksOf(values) {
  const peaks = [];
  for (let i = 1; i < values.length - 1; i++) {
    if (!(values[i - 1] < values[i])) continue;
    let end = i;
    while (end < values.length - 1 && values[end + 1] === values[i]) end++;
    if (end < values.length - 1 && values[end + 1] < values[i]) peaks.push((i + end) >> 1);
    i = end;
  }
  return peaks;
}
