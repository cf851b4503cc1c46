// Find the sets in the recording of a workout, without any training data.
//
// As find_bouts of the package (sk_imu/segmentation/_bouts.py), with its default thresholds.

import { MOTION_RATE_HZ, motionOf } from "./motion.js";
import { HOP, periodicStretches } from "./periods.js";
import { asRepetitions, locateRepetitions } from "./repetitions.js";

const MIN_PERIODICITY = 0.35, MIN_INTENSITY = 0.1;
const MIN_REPETITIONS = 2, MIN_DURATION_S = 5, MAX_PAUSE_S = 4;
const MIN_PERIOD_S = 0.8, MAX_PERIOD_S = 10;
const MARGIN = 1.5;
const UNCERTAINTY = 1.5;
const SURE = 0.9;

/**
 * Return the sets in a recording, in the order of time.
 *
 * Pieces of one recording with the same `originS` give the same sets, because their frames
 * fall on the same times.
 *
 * @returns {{startS: number, endS: number, confidence: number, repetitions: object[],
 *   within: number}[]}
 */
export function findBouts(recording, { clock, originS } = {}) {
  const grid = originS === undefined ? null : { originS, stepS: HOP / MOTION_RATE_HZ };
  const { startS, motion } = motionOf(recording, { clock, grid });
  const n = motion[0].length;
  const stretches = periodicStretches(motion, {
    shortest: MIN_PERIOD_S * MOTION_RATE_HZ,
    longest: MAX_PERIOD_S * MOTION_RATE_HZ,
    minPeriodicity: MIN_PERIODICITY,
    minIntensity: MIN_INTENSITY,
    maxPause: MAX_PAUSE_S * MOTION_RATE_HZ,
  });
  const sets = [];
  let done = 0;
  for (const [begin, stop, usual] of stretches) {
    // The first and last repetitions may be less periodic than the stretch.
    const first = Math.max(begin, done), margin = Math.trunc(MARGIN * usual);
    if (stop - first < usual) continue; // the set before reaches over it
    const low = Math.max(first - margin, done), high = Math.min(stop + margin, n);
    const piece = motion.map((row) => row.subarray(low, high));
    const { found, agreement } = locateRepetitions(piece, first - low, stop - low, {
      shortest: usual / UNCERTAINTY, longest: usual * UNCERTAINTY, usual,
    });
    if (!lasts(found)) continue;
    const repetitions = asRepetitions(found, startS + low / MOTION_RATE_HZ, high - low);
    sets.push({ repetitions, agreement });
    done = low + Math.ceil(found[found.length - 1][1]);
  }
  return sets.map(({ repetitions, agreement }) => ({
    startS: repetitions[0].startS,
    endS: repetitions[repetitions.length - 1].endS,
    confidence: mean(repetitions.map((one) => one.confidence)),
    repetitions,
    within: agreement < SURE ? 1 : 0,
  }));
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Return the repetitions in a recording that is one set, as find_repetitions does. */
export function findRepetitions(recording, options = {}) {
  const { startS, motion } = motionOf(recording, options);
  const n = motion[0].length;
  const { found } = locateRepetitions(motion, 0, n, {
    shortest: MIN_PERIOD_S * MOTION_RATE_HZ, longest: MAX_PERIOD_S * MOTION_RATE_HZ,
  });
  return asRepetitions(found, startS, n);
}

function lasts(found) {
  return found.length >= MIN_REPETITIONS
    && found[found.length - 1][1] - found[0][0] >= MIN_DURATION_S * MOTION_RATE_HZ;
}
