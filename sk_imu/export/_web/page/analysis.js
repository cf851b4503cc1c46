// One recording from its files to its sets and their exercises.
//
// Free of the page, so that other pages can use it: give it files and a model.

import { channelParts, QUATERNION_AXES, SENSOR_UNITS, sensorOf } from "./channels.js";
import { InputError } from "./errors.js";
import { isReadable, readSensorLogger } from "./reading/sensor_logger.js";
import { isZip, unzip } from "./reading/zip.js";
import { findBouts, findRepetitions } from "./sets/bouts.js";
import { mirrored } from "./sets/sides.js";
import { usualInterval } from "./signal/clocks.js";
import { keep, overlap, resample } from "./signal/resampler.js";

/** The rate at which signals are drawn. */
const DRAWN_HZ = 25;

/** The page's options and their defaults, which are those of the package. */
export const DEFAULTS = {
  platform: null, device: "phone", side: null, segment: true,
  clock: null, gaps: null, missing: null,
};

/**
 * Read a recording.
 *
 * @param {string} name - how messages name it.
 * @param {[string, Blob][]} files - path and content of each of its files, or one zip.
 */
export async function readRecording(name, files, options = DEFAULTS) {
  let contents = new Map();
  for (const [path, blob] of files) {
    const bytes = await contentOf(name, path, blob);
    if (isZip(path, bytes)) contents = await unzip(name, bytes, isReadable);
    else contents.set(path, bytes);
  }
  return readSensorLogger(name, contents, options);
}

async function contentOf(name, path, blob) {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch { // moved, changed or removed since it was chosen
    throw new InputError(`${name}: ${path} cannot be read any more. Choose it again.`);
  }
}

/** Return how recordings are resampled: as the options say, or else as the model does. */
export function settingsFor(model, options) {
  const given = ["clock", "gaps", "missing"].filter((name) => options[name]);
  return { ...model.settings, ...Object.fromEntries(given.map((name) => [name, options[name]])) };
}

/**
 * Find the sets in a recording and recognize the exercise of each, as the package does.
 *
 * @param {object} recording - of readRecording.
 * @param {Model} model
 * @param {object} options - as DEFAULTS.
 */
export async function recognize(recording, model, options = DEFAULTS) {
  const settings = settingsFor(model, options);
  const [startS, endS] = overlap(recording.streams);
  const bouts = options.segment ? findBouts(recording, settings) : [];
  const pieces = bouts.length ? bouts : [{ startS: -Infinity, endS: Infinity, confidence: null }];
  const sets = [];
  for (const bout of pieces) {
    sets.push(await recognizeSet(recording, bout, model, settings, options));
  }
  return {
    name: recording.name,
    startS,
    endS,
    sensors: Object.entries(recording.streams).map(([sensor, { timesS }]) =>
      [sensor, 1 / usualInterval(timesS)]),
    isCut: bouts.length > 0,
    wasSearched: options.segment,
    annotations: recording.annotations,
    doubts: recording.doubts,
    notes: recording.notes,
    lanes: lanesOf(recording, model),
    sets,
  };
}

/** Return what a bout of findBouts is, or why that cannot be said. */
export async function recognizeSet(recording, bout, model, settings, options) {
  const piece = between(recording, bout.startS, bout.endS, model);
  const [startS, endS] = overlap(piece.streams);
  const found = { startS, endS, confidence: bout.confidence, within: bout.within ?? 1 };
  try {
    found.repetitions = bout.repetitions ?? findRepetitions(piece, settings);
  } catch (error) {
    // Repetitions are no part of what the model needs.
    if (!(error instanceof InputError)) throw error;
    found.repetitions = null;
  }
  try {
    const streams = mirrored(piece.streams, options.side, model.side);
    const uniform = resample({ ...piece, streams }, settings);
    const answer = await model.recognize(uniform.channels);
    const windows = answer.windows.map(({ startS: from, endS: to, ...rest }) =>
      ({ startS: uniform.startS + from, endS: uniform.startS + to, ...rest }));
    return { ...found, ...answer, windows, warnings: uniform.warnings };
  } catch (error) {
    // The other sets can still be recognized.
    if (!(error instanceof InputError)) throw error;
    return { ...found, error: error.message, windows: [], warnings: [] };
  }
}

/** Return the piece of a recording between two times, both included. */
export function between(recording, startS, endS, model) {
  const needed = new Set();
  const parts = channelParts(recording.streams);
  for (const name of model.settings.channels) {
    for (const [sensor] of parts.get(name) ?? []) needed.add(sensor);
  }
  const streams = {};
  for (const [sensor, stream] of Object.entries(recording.streams)) {
    const kept = [];
    stream.timesS.forEach((time, i) => { if (time >= startS && time <= endS) kept.push(i); });
    if (kept.length) streams[sensor] = keep(stream, kept);
    else if (needed.has(sensor)) {
      throw new InputError(
        `${recording.name}: ${sensor} has no sample between ${startS.toFixed(1)} and `
        + `${endS.toFixed(1)} s.`);
    }
  }
  return { ...recording, streams };
}

/** Return the signals to draw: the sensors that the model looks at. */
function lanesOf(recording, model) {
  const parts = channelParts(recording.streams);
  const settings = {
    samplingRateHz: DRAWN_HZ, clock: "mend", missing: "interpolate", gaps: "mark",
    maxGapSeconds: "auto",
  };
  const lanes = [];
  for (const sensor of new Set(model.settings.channels.map(sensorOf))) {
    const channels = [...parts.keys()].filter((name) => sensorOf(name) === sensor
      && !QUATERNION_AXES.some((axis) => name.endsWith(`_${axis}`)));
    try {
      const { startS, channels: rows } = resample(recording, { ...settings, channels });
      lanes.push({
        sensor, unit: SENSOR_UNITS[sensor], startS, rateHz: DRAWN_HZ,
        axes: channels.map((name) => name.slice(sensor.length + 1)),
        rows: rows.map((row) => Float32Array.from(row)),
      });
    } catch (error) {
      // A picture is missing, and the reason is said where the model is asked.
      if (!(error instanceof InputError)) throw error;
    }
  }
  return lanes;
}
