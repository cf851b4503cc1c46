// The streams of a recording to one uniform rate, with what was wrong with them.
//
// As in sk_imu/preprocessing/_resampler.py, for recordings. A recording has `name` and
// `streams` by sensor; a stream has `timesS`, `axes`, a column of values for each axis, and
// the place of each sample in its file.

import { channelParts, QUATERNION_AXES } from "../channels.js";
import { InputError, shown } from "../errors.js";
import {
  extremes, findGaps, GAP, mendClock, usualInterval, withoutNearRepeats,
} from "./clocks.js";
import { resampleStream, ROUNDING } from "./resampling.js";

const LONGEST_S = 1.0;
/** Share of the time that streams may not share without a warning. */
const MOST_UNSHARED = 0.1;

/**
 * Return the channels of a recording at one rate, and warnings.
 *
 * @param {object} recording - its streams hold the channels.
 * @param {object} settings - `samplingRateHz`, `channels` and the other parameters of the
 *   package's Resampler, and perhaps a `grid` of `originS` and `stepS`, in seconds, for the
 *   first timestep, which is else the first time that all have.
 * @returns {{startS: number, channels: Float64Array[], warnings: string[]}}
 */
export function resample(recording, settings) {
  const rateHz = settings.samplingRateHz;
  const parts = channelParts(recording.streams);
  checkChannels(recording, settings.channels, parts);
  const axesOf = new Map();
  for (const [sensor, axis] of settings.channels.flatMap((name) => parts.get(name))) {
    axesOf.set(sensor, (axesOf.get(sensor) ?? new Set()).add(axis));
  }
  const faults = { missing: 0, mended: 0, nearRepeats: 0, outside: 0, gaps: 0 };
  const streams = {};
  for (const [sensor, axes] of axesOf) {
    const stream = chooseAxes(recording, sensor, [...axes]);
    streams[sensor] = checkedStream(stream, settings, faults, recording, sensor);
  }
  const [firstS, endS] = overlap(streams);
  const startS = settings.grid ? onGrid(firstS, settings.grid) : firstS;
  checkOverlap(recording, streams, startS, endS, settings, faults);
  for (const [sensor, stream] of Object.entries(streams)) {
    const gaps = longGaps(stream.timesS, settings.maxGapSeconds ?? null, startS, endS);
    if (gaps.length && settings.gaps === "error") throw gapError(recording, sensor, gaps);
    faults.gaps += gaps.length;
  }
  const n = Math.floor((endS - startS) * rateHz + ROUNDING) + 1;
  const values = {};
  for (const [sensor, stream] of Object.entries(streams)) {
    const timesS = stream.timesS.map((time) => time - startS);
    const uniform = resampleStream(timesS, stream.columns, stream.axes, n, rateHz, settings);
    if (settings.gaps === "mark") markGaps(uniform, timesS, n, settings);
    stream.axes.forEach((axis, i) => { values[`${sensor}_${axis}`] = uniform[i]; });
  }
  const channels = settings.channels.map((name) => {
    const sum = new Float64Array(n);
    for (const [sensor, axis] of parts.get(name)) {
      values[`${sensor}_${axis}`].forEach((value, i) => { sum[i] += value; });
    }
    return sum;
  });
  return { startS, channels, warnings: warningsOf(faults, settings) };
}

/** Return the first time of a grid that is not before another one. */
function onGrid(firstS, { originS, stepS }) {
  return originS + Math.ceil((firstS - originS) / stepS - ROUNDING) * stepS;
}

/** Return the first and last second of the time that streams share. */
export function overlap(streams) {
  const all = Object.values(streams);
  return [
    Math.max(...all.map((stream) => extremes(stream.timesS)[0])),
    Math.min(...all.map((stream) => extremes(stream.timesS)[1])),
  ];
}

function checkChannels(recording, names, parts) {
  const missing = names.filter((name) => !parts.has(name));
  if (!missing.length) return;
  throw new InputError(
    `${recording.name}: the model needs ${missing.join(", ")}, which the recording does not `
    + `have. It has the sensors ${Object.keys(recording.streams).join(", ")}. Record again `
    + "with the sensors on that the model needs.");
}

function chooseAxes(recording, sensor, wanted) {
  const stream = recording.streams[sensor];
  if (wanted.some((axis) => QUATERNION_AXES.includes(axis))) {
    if (!QUATERNION_AXES.every((axis) => stream.axes.includes(axis))) {
      throw new InputError(
        `${stream.place}: a quaternion needs all of ${QUATERNION_AXES.join(", ")}, but the `
        + `file has only ${stream.axes.join(", ")}.`);
    }
    // The four can only be interpolated together.
    wanted.push(...QUATERNION_AXES.filter((axis) => !wanted.includes(axis)));
  }
  const columns = wanted.map((axis) => stream.columns[stream.axes.indexOf(axis)]);
  return { ...stream, axes: wanted, columns };
}

/** Return a stream that can be interpolated; count what was wrong with it. */
function checkedStream(stream, settings, faults, recording, sensor) {
  if (settings.clock === "mend") stream = mended(stream, faults, sensor);
  checkLength(stream, sensor, recording);
  checkClock(stream, sensor);
  const kept = [];
  const quaternion = QUATERNION_AXES.map((axis) => stream.axes.indexOf(axis));
  const turns = !quaternion.includes(-1);
  for (let i = 0; i < stream.timesS.length; i++) {
    const isZero = turns && quaternion.every((c) => stream.columns[c][i] === 0);
    if (!isZero && stream.columns.every((column) => !Number.isNaN(column[i]))) kept.push(i);
    else if (settings.missing !== "interpolate") {
      throw new InputError(
        `${where(stream, i)}: ${sensor} has ${isZero ? "a quaternion of zeros" : "an empty cell"}`
        + `, in ${recording.name}. Choose “fill them in” for missing values under Reading `
        + "options, or record again.");
    }
  }
  const nMissing = stream.timesS.length - kept.length;
  if (nMissing) {
    faults.missing += nMissing;
    stream = keep(stream, kept);
    checkLength(stream, sensor, recording);
  }
  const apart = withoutNearRepeats(stream.timesS);
  faults.nearRepeats += stream.timesS.length - apart.length;
  return apart.length < stream.timesS.length ? keep(stream, apart) : stream;
}

/** Return the samples of a stream with these indices. */
export function keep(stream, kept) {
  return {
    ...stream,
    timesS: Float64Array.from(kept, (i) => stream.timesS[i]),
    columns: stream.columns.map((column) => Float64Array.from(kept, (i) => column[i])),
    rows: Int32Array.from(kept, (i) => stream.rows[i]),
  };
}

const where = (stream, i) => `${stream.place}, ${stream.rowWord} ${stream.rows[i]}`;

function mended(stream, faults, sensor) {
  try {
    const { order, mendedS, nMended } = mendClock(stream.timesS);
    faults.mended += nMended;
    return { ...keep(stream, order), timesS: mendedS };
  } catch (error) {
    throw new InputError(`${stream.place}: ${sensor}: ${error.message}. Record again.`);
  }
}

function checkLength(stream, sensor, recording) {
  if (stream.timesS.length >= 2) return;
  throw new InputError(
    `${recording.name}: ${sensor} has ${stream.timesS.length} sample(s), but at least 2 are `
    + `needed (${stream.place}).`);
}

function checkClock(stream, sensor) {
  const { timesS } = stream;
  for (let i = 1; i < timesS.length; i++) {
    if (timesS[i] > timesS[i - 1]) continue;
    const fault = timesS[i] === timesS[i - 1] ? "repeats a timestamp" : "runs backwards";
    throw new InputError(
      `${where(stream, i)}: the clock of ${sensor} ${fault}, ${shown(timesS[i], 9)} s after `
      + `${shown(timesS[i - 1], 9)} s. Choose “mend them” for clocks under Reading options, `
      + "or record again.");
  }
}

function checkOverlap(recording, streams, startS, endS, settings, faults) {
  const rateHz = settings.samplingRateHz;
  const times = () => Object.entries(streams).map(([sensor, { timesS }]) =>
    `${sensor} from ${timesS[0].toFixed(3)} to ${timesS[timesS.length - 1].toFixed(3)} s`);
  if (!((endS - startS) * rateHz >= 1 - ROUNDING)) {
    const fault = endS < startS ? "don't overlap in time"
      : `share only ${shown(endS - startS)} s, less than one timestep at ${rateHz} Hz`;
    throw new InputError(
      `${recording.name}: the sensors that the model needs ${fault}: ${times().join(", ")}. `
      + "Record again with all of them on.");
  }
  if ((endS - startS) * rateHz >= (settings.maxTimesteps ?? Infinity)) {
    throw new InputError(
      `${recording.name}: lasts ${shown(endS - startS, 6)} s, more than this page takes. A `
      + "clock may be wrong, or cut the recording.");
  }
  const firsts = Object.values(streams).map(({ timesS }) => timesS[0]);
  const lasts = Object.values(streams).map(({ timesS }) => timesS[timesS.length - 1]);
  const wholeS = Math.max(...lasts) - Math.min(...firsts);
  if (wholeS <= 0 || 1 - (endS - startS) / wholeS <= MOST_UNSHARED) return;
  for (const { timesS } of Object.values(streams)) {
    faults.outside += timesS.filter((time) => time < startS || time > endS).length;
  }
}

function longGaps(timesS, maxGapSeconds, startS, endS) {
  if (maxGapSeconds === null) return [];
  const limitS = maxGapSeconds === "auto"
    ? Math.max(LONGEST_S, GAP * usualInterval(timesS)) : maxGapSeconds;
  return findGaps(timesS, limitS * (1 + ROUNDING))
    .filter(([first, next]) => first < endS && next > startS);
}

function gapError(recording, sensor, gaps) {
  const [[firstS, nextS]] = gaps;
  return new InputError(
    `${recording.name}: ${sensor} has a gap of ${shown(nextS - firstS)} s from `
    + `${firstS.toFixed(3)} s on, the first of ${gaps.length}. Choose “fill them in” for gaps `
    + "under Reading options, or record again.");
}

function markGaps(uniform, timesS, n, settings) {
  const rateHz = settings.samplingRateHz;
  for (const [first, next] of longGaps(timesS, settings.maxGapSeconds, 0, (n - 1) / rateHz)) {
    const from = Math.max(Math.floor(first * rateHz + ROUNDING) + 1, 0);
    const to = Math.max(Math.ceil(next * rateHz - ROUNDING), 0);
    for (const column of uniform) column.fill(NaN, from, to);
  }
}

function warningsOf(faults, settings) {
  const filled = settings.gaps === "mark" ? "left out" : "interpolated over";
  const lines = {
    missing: `interpolated over or left out ${faults.missing} samples with missing values`,
    mended: `changed the time of ${faults.mended} samples of clocks with bursts or steps back`,
    nearRepeats: `left out ${faults.nearRepeats} samples less than a tenth of an interval `
      + "before the next",
    outside: `left out ${faults.outside} samples outside the time that all needed sensors share`,
    gaps: `${filled} ${faults.gaps} long gaps`,
  };
  return Object.keys(lines).filter((kind) => faults[kind]).map((kind) => lines[kind]);
}
