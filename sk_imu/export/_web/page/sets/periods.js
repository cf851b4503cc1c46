// Follow the period of a movement over time, where it has one.
//
// As in sk_imu/segmentation/_periods.py, where the constants are explained.

import { median } from "../signal/clocks.js";
import { MOTION_RATE_HZ } from "./motion.js";

const LAG_STEP = 1.06;
/** Timesteps from one frame of the search to the next. */
export const HOP = 4;
const SHORT = 0.4;
const CHANGE = 0.05, JUMP = 0.4;
const ENTER = 1;
const LONGEST_STRETCH = 600 * MOTION_RATE_HZ;

/**
 * Return first timestep, end (exclusive) and usual lag of each stretch of time in which a
 * movement repeats itself.
 *
 * Of the settings, `shortest`, `longest` and `maxPause` are in timesteps.
 */
export function periodicStretches(motion, settings) {
  const n = motion[0].length;
  const lags = lagsBetween(settings.shortest, settings.longest).filter((lag) => 2 * lag < n);
  if (!lags.length) return [];
  const sums = motion.map((row) => ({
    plain: runningSums(n, (i) => row[i]), squares: runningSums(n, (i) => row[i] ** 2),
  }));
  const reward = lags.map((lag) => {
    const weight = (HOP / MOTION_RATE_HZ) * (lag / MOTION_RATE_HZ) ** -SHORT;
    return similarityAt(motion, sums, lag, settings.minIntensity)
      .map((value) => (Math.max(value, 0) - settings.minPeriodicity) * weight);
  });
  return joined(bestPath(reward), lags, settings.maxPause)
    .map(({ first, stop, followed }) => {
      const usual = Math.trunc(median(followed)), half = Math.floor(usual / 2);
      return [Math.max(first - half, 0), Math.min(stop + half, n), usual];
    });
}

/** Return lags that are evenly spaced on a logarithmic scale. */
function lagsBetween(shortest, longest) {
  const ratio = longest / shortest;
  const n = Math.ceil(Math.log(ratio) / Math.log(LAG_STEP)) + 1;
  const all = Array.from({ length: n }, (_, i) => Math.round(shortest * ratio ** (i / (n - 1))));
  return [...new Set(all)];
}

/**
 * Return how similar the lag before each frame is to the lag after it.
 *
 * `sums` are the running sums of each row and of its squares. The similarity is -1 where one
 * of the two lags is not in the recording.
 */
function similarityAt(motion, sums, lag, minIntensity) {
  const n = motion[0].length, nPairs = n - 2 * lag + 1;
  const nFrames = Math.ceil(n / HOP), firstFrame = Math.ceil(lag / HOP);
  const cross = new Float64Array(nFrames), power = new Float64Array(nFrames);
  motion.forEach((row, axis) => {
    const { plain, squares } = sums[axis];
    const products = runningSums(n - lag, (i) => row[i] * row[i + lag]);
    for (let frame = firstFrame, i = HOP * frame - lag; i < nPairs; frame++, i += HOP) {
      const meanA = (plain[i + lag] - plain[i]) / lag;
      const meanB = (plain[i + 2 * lag] - plain[i + lag]) / lag;
      const middle = (meanA + meanB) / 2;
      cross[frame] += (products[i + lag] - products[i]) / lag - middle ** 2;
      power[frame] += (squares[i + 2 * lag] - squares[i]) / (2 * lag) - middle ** 2;
    }
  });
  return cross.map((product, frame) => {
    const i = HOP * frame - lag;
    // At rest, the correlation is that of the sensor's noise.
    if (i < 0 || i >= nPairs || power[frame] < minIntensity ** 2) return -1;
    return product / Math.max(power[frame], 1e-12);
  });
}

/** Return the sums of the first 0 to n values. */
function runningSums(n, valueAt) {
  const sums = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) sums[i + 1] = sums[i] + valueAt(i);
  return sums;
}

/**
 * Return the lag's index of each frame, or -1 for rest, with the greatest reward.
 *
 * This is Viterbi's algorithm: the best path to each lag of each frame, then back.
 */
function bestPath(reward) {
  const nLags = reward.length, nFrames = reward[0].length;
  const cameFrom = Array.from({ length: nFrames }, () => new Int32Array(nLags));
  const restedFrom = new Int32Array(nFrames);
  let score = new Float64Array(nLags).fill(-Infinity), rest = 0;
  for (let frame = 0; frame < nFrames; frame++) {
    const entered = rest - ENTER;
    const next = new Float64Array(nLags);
    for (let to = 0; to < nLags; to++) {
      let best = 0, kept = -Infinity;
      for (let from = 0; from < nLags; from++) {
        const changed = score[from] - Math.min(CHANGE * Math.abs(to - from), JUMP);
        if (changed > kept) [best, kept] = [from, changed];
      }
      cameFrom[frame][to] = kept >= entered ? best : -1;
      next[to] = Math.max(kept, entered) + reward[to][frame];
    }
    const top = largest(score);
    restedFrom[frame] = score[top] > rest ? top : -1;
    rest = Math.max(rest, score[top]);
    score = next;
  }
  const path = new Int32Array(nFrames);
  const top = largest(score);
  let state = score[top] > rest ? top : -1;
  for (let frame = nFrames - 1; frame >= 0; frame--) {
    path[frame] = state;
    state = state >= 0 ? cameFrom[frame][state] : restedFrom[frame];
  }
  return path;
}

/** Return the index of the largest value. */
function largest(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** Return the parts of a path that have a lag, as one where the rest between is short. */
function joined(path, lags, maxPause) {
  const found = [];
  for (let start = 0, end = 0; start < path.length; start = end + 1) {
    end = start;
    while (end < path.length && path[end] >= 0) end++;
    if (end === start) continue;
    for (let begin = start; begin < end; begin += LONGEST_STRETCH / HOP) {
      const stop = Math.min(begin + LONGEST_STRETCH / HOP, end);
      join(found, {
        first: HOP * begin,
        stop: HOP * stop,
        followed: Array.from(path.subarray(begin, stop), (i) => lags[i]),
      }, maxPause);
    }
  }
  return found;
}

/** Append a stretch to others, or join it to the last one. */
function join(found, stretch, maxPause) {
  const last = found[found.length - 1];
  if (
    last && stretch.stop - last.first < LONGEST_STRETCH &&
    // A lag of the rest between two stretches belongs to their outer repetitions.
    stretch.first - last.stop <= maxPause + median(last.followed)
  ) {
    last.stop = stretch.stop;
    last.followed.push(...stretch.followed);
  } else {
    found.push(stretch);
  }
}

