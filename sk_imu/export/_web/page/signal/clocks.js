// The clock of one stream: its usual interval, its gaps, and the repair of bursts.
//
// As in sk_imu/recording/_clocks.py. All times are Float64Arrays in seconds.

/** An interval longer than this many usual ones is a gap. */
export const GAP = 3.5;
const BURST = 0.1;
const SPACING = 0.9;
const TOGETHER = 50;
const FURTHEST_S = 1.0;

/** Return the (upper) median of numbers, NaN of none. */
export function upperMedian(values) {
  return values.length ? Float64Array.from(values).sort()[values.length >> 1] : NaN;
}

/** Return the median of numbers, NaN of none. */
export function median(values) {
  if (!values.length) return NaN;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Return the least and the largest of numbers, in any order. */
export function extremes(values) {
  let least = Infinity, most = -Infinity;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

/** Return the interval between samples, gaps and bursts aside; NaN for fewer than two. */
export function usualInterval(timesS) {
  const n = timesS.length;
  if (n < 2) return NaN;
  const step = Math.min(TOGETHER, Math.max(n >> 2, 1));
  const spansS = new Float64Array(n - step);
  for (let i = 0; i < spansS.length; i++) spansS[i] = timesS[i + step] - timesS[i];
  return upperMedian(spansS) / step;
}

/** Return the smallest and the largest interval between neighbors. */
export function extremeIntervals(timesS) {
  let least = Infinity, most = -Infinity;
  for (let i = 1; i < timesS.length; i++) {
    const stepS = timesS[i] - timesS[i - 1];
    if (stepS < least) least = stepS;
    if (stepS > most) most = stepS;
  }
  return [least, most];
}

/** Return [start, end] of each interval that is longer than a limit. */
export function findGaps(timesS, longerThanS) {
  const gaps = [];
  for (let i = 1; i < timesS.length; i++) {
    if (timesS[i] - timesS[i - 1] > longerThanS) gaps.push([timesS[i - 1], timesS[i]]);
  }
  return gaps;
}

/** Return the samples to keep, so that none comes a tenth of an interval before another. */
export function withoutNearRepeats(timesS) {
  const n = timesS.length;
  const leastS = BURST * usualInterval(timesS);
  const kept = [];
  let nextS = Infinity;
  // Backwards: what comes late gets a time close to that of the next, which is right.
  for (let i = n - 1; i > 0; i--) {
    if (nextS - timesS[i] < leastS || timesS[i] - timesS[0] < leastS) continue;
    kept.push(i);
    nextS = timesS[i];
  }
  kept.push(0);
  return kept.reverse();
}

/** Return the order that sorts numbers; equal ones stay in their order. */
export function stableOrder(values) {
  return Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
}

/**
 * Spread samples delivered in bursts over the time in which they were taken.
 *
 * Returns the order of the samples, their new times, and how many times or places changed.
 */
export function mendClock(timesS) {
  const order = stableOrder(timesS);
  const stampsS = Float64Array.from(order, (i) => timesS[i]);
  const intervalS = usualInterval(stampsS);
  if (intervalS <= 0) throw new Error("the clock stands still: most timestamps are repeated");
  let mendedS = stampsS;
  if (stampsS.length > 1 && extremeIntervals(stampsS)[0] < BURST * intervalS) {
    // A timestamp may be too late, but never too early: samples only move back.
    mendedS = new Float64Array(stampsS.length);
    let latestS = Infinity, furthestS = 0;
    for (let i = stampsS.length - 1; i >= 0; i--) {
      const lineS = i * SPACING * intervalS;
      latestS = Math.min(latestS, stampsS[i] - lineS);
      mendedS[i] = lineS + latestS;
      furthestS = Math.max(furthestS, stampsS[i] - mendedS[i]);
    }
    if (furthestS > FURTHEST_S) {
      throw new Error(
        `mending the clock would move a sample by ${furthestS.toPrecision(3)} s: the `
        + "sampling rate changes, or a timestamp is far off");
    }
  }
  let nMended = 0;
  for (let i = 0; i < mendedS.length; i++) nMended += mendedS[i] !== timesS[i];
  return { order, mendedS, nMended };
}

/** Return the index of the last time not after another one, at most that of the last but one. */
export function leftOf(timesS, atS) {
  let low = 0, high = timesS.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timesS[middle] <= atS) low = middle + 1;
    else high = middle;
  }
  return Math.min(Math.max(low - 1, 0), timesS.length - 2);
}

/** Interpolate between samples whose times do not decrease. */
export function valueAt(times, values, time) {
  const left = leftOf(times, time);
  const step = times[left + 1] - times[left];
  if (step === 0 || time >= times[left + 1]) return values[left + 1];
  return values[left] + ((time - times[left]) / step) * (values[left + 1] - values[left]);
}
