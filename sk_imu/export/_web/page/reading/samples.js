// The samples of a file, cleaned of faulty rows that real files are known to hold.
//
// As in sk_imu/readers/_timestamps.py. Samples have `place`, `axes`, `columns` (an array of
// values for each axis), `rows` (the place of each in its file), `rowWord`, `timesNs` and
// `startsNs` (the recording's start according to each row, or null). Times are numbers of
// nanoseconds since the recording's `epochNs`, a BigInt: nanoseconds since 1970 exceed what
// a number holds, and such differences do not.

import { InputError, shown } from "../errors.js";
import { QUATERNION_AXES } from "../channels.js";
import { median } from "../signal/clocks.js";

const STRAY_S = 3600;
const ZERO_AT_REST = new Set(["Accelerometer", "Gyroscope", "GyroscopeUncalibrated"]);
const START_UP_ROWS = 10;
const LATE_ROWS = 10, LATE_S = 1;
const MIXED_S = 60;
const CLOCK_SET = "It was set while recording, or two recordings are joined: cut the file in "
  + "two there, or correct the time.";
const FIRST_YEAR = 2000, LAST_YEAR = 2100;

export const whereIs = (samples, i) => `${samples.place}, ${samples.rowWord} ${samples.rows[i]}`;

/** Return the samples for which a function of their index is true. */
export function filter(samples, isKept) {
  const kept = [];
  for (let i = 0; i < samples.timesNs.length; i++) if (isKept(i)) kept.push(i);
  if (kept.length === samples.timesNs.length) return samples;
  const pick = (values) => values && Float64Array.from(kept, (i) => values[i]);
  return {
    ...samples,
    timesNs: pick(samples.timesNs),
    columns: samples.columns.map(pick),
    rows: kept.map((i) => samples.rows[i]),
    startsNs: pick(samples.startsNs),
  };
}

/**
 * Return the samples without faulty rows, and add a note on each kind of fault.
 *
 * Left out: rows of zeros before a sensor's first value, a few rows stamped more than an
 * hour from all others, rows that repeat the one before. Refused: a clock that was set,
 * impossible years, sensors of different recordings.
 */
export function cleanSamples(sensors, epochNs, source, notes, nothing) {
  const cleaned = {};
  for (let [sensor, samples] of Object.entries(withoutStrays(sensors, notes))) {
    samples = withoutLeadingZeros(sensor, samples, notes);
    samples = withoutRepeatedRows(sensor, samples, notes);
    if (!samples.timesNs.length) {
      notes.push(`${sensor}: no sample is left, ignored.`);
      continue;
    }
    checkYears(samples, epochNs);
    checkOrder(sensor, samples, notes);
    const missing = samples.rows.filter((_, i) =>
      samples.columns.some((column) => Number.isNaN(column[i]))).length;
    if (missing) notes.push(`${sensor}: ${missing} rows with empty cells, kept as NaN.`);
    cleaned[sensor] = samples;
  }
  if (!Object.keys(cleaned).length) throw new InputError(`${source}: ${nothing}`);
  checkOneRecording(cleaned, source, notes);
  return cleaned;
}

function withoutStrays(sensors, notes) {
  const filled = Object.entries(sensors).filter(([, { timesNs }]) => timesNs.length);
  const all = new Set();
  for (const [, { timesNs }] of filled) for (const time of timesNs) all.add(time);
  const times = Float64Array.from(all).sort();
  const clusters = [];
  times.forEach((time, i) => {
    if (i === 0 || time - times[i - 1] > STRAY_S * 1e9) clusters.push({ first: time, count: 0 });
    Object.assign(clusters[clusters.length - 1], { last: time });
    clusters[clusters.length - 1].count++;
  });
  const largest = Math.max(...clusters.map(({ count }) => count));
  const few = Math.max(3, Math.floor(largest / 100));
  const main = clusters.filter(({ count }) => count > few || count === largest);
  return Object.fromEntries(filled.map(([sensor, samples]) => {
    const inside = (i) => main.some(({ first, last }) =>
      samples.timesNs[i] >= first && samples.timesNs[i] <= last);
    const kept = filter(samples, inside);
    const nOut = samples.timesNs.length - kept.timesNs.length;
    if (nOut) {
      const first = samples.rows.findIndex((_, i) => !inside(i));
      const seconds = (samples.timesNs[first] - main[0].first) / 1e9;
      const hours = (Math.abs(seconds) / 3600).toFixed(1);
      notes.push(
        `${sensor}: left out ${nOut} row(s) stamped far from all others, the first ${hours} h `
        + `${seconds < 0 ? "before" : "after"} the start (${whereIs(samples, first)}).`);
    }
    return [sensor, kept];
  }));
}

function withoutLeadingZeros(sensor, samples, notes) {
  // Angles may truly be zero, but a quaternion never is.
  const parts = [...samples.axes.keys()].filter((i) => QUATERNION_AXES.includes(samples.axes[i]));
  const columns = parts.length ? parts.map((i) => samples.columns[i]) : samples.columns;
  const zero = samples.rows.map((_, i) => columns.every((column) => column[i] === 0));
  const count = zero.filter(Boolean).length, n = zero.length;
  if (!count) return samples;
  const leading = count === n ? n : zero.indexOf(false);
  if (count === n && ZERO_AT_REST.has(sensor) && n > 1) {
    notes.push(`${sensor}: all ${n} rows are zero, kept.`);
    return samples;
  }
  if (leading > START_UP_ROWS && ZERO_AT_REST.has(sensor)) {
    notes.push(
      `${sensor}: begins with ${leading} rows of zeros, kept: it may be at rest.`);
    return samples;
  }
  if (leading) {
    notes.push(
      `${sensor}: left out ${leading} row(s) of zeros before the first value `
      + `(${whereIs(samples, 0)}).`);
  }
  const later = count - leading;
  if (later) notes.push(`${sensor}: ${later} row(s) of zeros among the others, kept.`);
  return filter(samples, (i) => i >= leading);
}

function withoutRepeatedRows(sensor, samples, notes) {
  const { timesNs, columns } = samples;
  const repeats = (i) => i > 0 && timesNs[i] === timesNs[i - 1]
    && columns.every((column) => Object.is(column[i] + 0, column[i - 1] + 0));
  const first = samples.rows.findIndex((_, i) => repeats(i));
  if (first < 0) return samples;
  const kept = filter(samples, (i) => !repeats(i));
  notes.push(
    `${sensor}: left out ${timesNs.length - kept.timesNs.length} row(s) that repeat the row `
    + `before in time and values (first: ${whereIs(samples, first)}).`);
  return kept;
}

function checkOrder(sensor, samples, notes) {
  const times = samples.timesNs;
  const steps = Float64Array.from({ length: Math.max(times.length - 1, 0) }, (_, i) =>
    times[i + 1] - times[i]);
  const repeats = steps.filter((step) => step === 0).length;
  if (repeats) {
    notes.push(
      `${sensor}: ${repeats} timestamp(s) repeat with other values, kept (first: `
      + `${whereIs(samples, steps.indexOf(0) + 1)}).`);
  }
  if (!steps.length) return;
  let longest = 0;
  steps.forEach((step, i) => { if (step > steps[longest]) longest = i; });
  const forwardS = steps[longest] / 1e9;
  // If most steps are as long, the unit of time is wrong, which the rate shows.
  if (forwardS > Math.max(STRAY_S, (10 * median(steps)) / 1e9)) {
    throw new InputError(
      `${whereIs(samples, longest + 1)}: the clock of ${sensor} jumps forward by `
      + `${shown(forwardS)} s. ${CLOCK_SET}`);
  }
  checkLate(sensor, samples, notes);
}

function checkLate(sensor, samples, notes) {
  const times = samples.timesNs;
  let latest = -Infinity, count = 0, first = -1;
  let run = { start: -1, behindS: 0 };
  for (let i = 0; i <= times.length; i++) {
    if (i < times.length && times[i] < latest) {
      if (run.start < 0) run = { start: i, behindS: 0 };
      run.behindS = Math.max(run.behindS, (latest - times[i]) / 1e9);
      first = first < 0 ? i : first;
      count++;
      continue;
    }
    if (run.start >= 0 && (i - run.start > LATE_ROWS || run.behindS > LATE_S)) {
      throw new InputError(
        `${whereIs(samples, run.start)}: the clock of ${sensor} runs back by `
        + `${shown(run.behindS)} s for ${i - run.start} row(s). ${CLOCK_SET}`);
    }
    run = { start: -1, behindS: 0 };
    latest = times[i];
  }
  if (!count) return;
  notes.push(
    `${sensor}: ${count} row(s) out of order, kept in the file's order (first: `
    + `${whereIs(samples, first)}).`);
}

function checkYears(samples, epochNs) {
  const [low, high] = [FIRST_YEAR, LAST_YEAR].map((year) =>
    Number(BigInt(Date.UTC(year, 0)) * 1_000_000n - epochNs));
  const row = samples.timesNs.findIndex((time) => time < low || time >= high);
  if (row < 0) return;
  throw new InputError(
    `${whereIs(samples, row)}, column 'time': ${epochNs + BigInt(samples.timesNs[row])} is not a `
    + `Unix time in nanoseconds between the years ${FIRST_YEAR} and ${LAST_YEAR}. Correct the `
    + "clock, or read the table with the package's read_table.");
}

/** Refuse sensors that cannot belong to one recording. */
function checkOneRecording(sensors, source, notes) {
  const all = Object.entries(sensors);
  const ends = (times) => times.reduce(
    ([low, high], time) => [Math.min(low, time), Math.max(high, time)], [Infinity, -Infinity]);
  const [main, mainSamples] = all.reduce((a, b) =>
    (b[1].timesNs.length > a[1].timesNs.length ? b : a));
  const [low, high] = ends(mainSamples.timesNs);
  for (const [sensor, samples] of all) {
    const [first, last] = ends(samples.timesNs);
    const gapS = Math.max(first - high, low - last) / 1e9;
    if (gapS > MIXED_S) {
      throw new InputError(
        `${source}: several recordings are mixed: ${sensor} (${whereIs(samples, 0)}) and ${main} `
        + `(${whereIs(mainSamples, 0)}) are ${gapS.toFixed(0)} s apart. Give each recording a `
        + "folder of its own.");
    }
  }
  const starts = [];
  for (const [sensor, samples] of all) {
    const known = samples.startsNs?.filter((start) => !Number.isNaN(start)) ?? [];
    if (!known.length) continue;
    const start = median(known);
    starts.push([start, samples.place]);
    let furthest = 0;
    samples.startsNs.forEach((one, i) => {
      if (Math.abs(one - start) > Math.abs(samples.startsNs[furthest] - start)) furthest = i;
    });
    const offS = Math.abs(samples.startsNs[furthest] - start) / 1e9;
    if (offS > LATE_S) {
      notes.push(
        `${sensor}: time and seconds_elapsed differ by up to ${shown(offS)} s `
        + `(${whereIs(samples, furthest)}); time is used.`);
    }
  }
  starts.sort(([a], [b]) => a - b);
  const [first, last] = [starts[0], starts[starts.length - 1]];
  if (starts.length && (last[0] - first[0]) / 1e9 > MIXED_S) {
    throw new InputError(
      `${source}: several recordings are mixed: by time and seconds_elapsed, ${first[1]} began `
      + `${((last[0] - first[0]) / 1e9).toFixed(0)} s before ${last[1]}. Give each recording a `
      + "folder of its own.");
  }
}
