// A recording that grows: what is being done now, and the sets that are over.
//
// Free of the page, as analysis.js is.

import { between, DEFAULTS, recognizeSet, settingsFor } from "./analysis.js";
import { SENSOR_AXES } from "./channels.js";
import { InputError } from "./errors.js";
import { findBouts } from "./sets/bouts.js";
import { mirrored } from "./sets/sides.js";
import { median } from "./signal/clocks.js";
import { overlap, resample } from "./signal/resampler.js";

/** A window is resampled with so much before and after it, as the package's streams do. */
const BEFORE_S = 2, AFTER_S = 1;
/** The window of a model that takes whole sets. */
const WHOLE_S = 4;
/** A set that ended so long ago is over: two of the longest periods, and rounding. */
const OVER_S = 21;
/** A set goes on until so many times its usual period have passed, and so many seconds. */
const PAUSE = 1.5, LEAST_PAUSE_S = 3;
/** What is searched for sets with the last one that is over, and where none was found. */
const BEFORE_SET_S = 12;
const SEARCHED_S = 60;
const LEAST_S = 5;

const NAMES = new Map(Object.keys(SENSOR_AXES).map((name) => [name.toLowerCase(), name]));

/** Samples of a device, and what is recognized in them as they arrive. */
export class LiveRecording {
  #startMs = null;
  #streams = {};
  #searchedFromS = -Infinity;
  #over = [];
  #originS = null;

  /**
   * @param {string} name - how messages name it.
   * @param {Model} model
   * @param {object} options - as DEFAULTS of analysis.js.
   */
  constructor(name, model, options = DEFAULTS) {
    Object.assign(this, { name, model, options });
  }

  /** Take samples in the order of time: `{timeMs, sensors: {accelerometer: [x, y, z]}}`. */
  push(samples) {
    for (const { timeMs, sensors } of samples) {
      this.#startMs ??= timeMs;
      const timeS = (timeMs - this.#startMs) / 1000;
      for (const [name, values] of Object.entries(sensors)) {
        const sensor = NAMES.get(name);
        this.#streams[sensor] ??= { times: [], columns: [[], [], []] };
        const { times, columns } = this.#streams[sensor];
        if (timeS <= times[times.length - 1]) continue; // the same event again
        times.push(timeS);
        columns.forEach((column, axis) => column.push(values[axis]));
      }
    }
  }

  /** The last second that all sensors have; -Infinity without any. */
  get nowS() {
    const all = Object.values(this.#streams);
    return all.length ? Math.min(...all.map(({ times }) => times[times.length - 1])) : -Infinity;
  }

  /**
   * Recognize what is new.
   *
   * @returns {Promise<object>} `nowS`; `window`, the answer to the last window; `set`, the set
   *   that is being done; and `over`, the sets before it. Each of the first two is null where
   *   there is none.
   */
  async look() {
    const { nowS, model, options } = this;
    const settings = settingsFor(model, options);
    const found = { nowS, window: null, set: null, over: this.#over };
    if (nowS < LEAST_S) return found;
    found.window = await this.#window(settings);
    const recent = this.#since(this.#searchedFromS);
    const open = [];
    this.#originS ??= overlap(recent.streams)[0];
    for (const bout of findBouts(recent, { clock: settings.clock, originS: this.#originS })) {
      const before = this.#over[this.#over.length - 1];
      if (bout.startS + bout.endS < 2 * (before?.endS ?? 0)) continue; // known already
      const set = await recognizeSet(recent, bout, model, settings, options);
      if (nowS - bout.endS <= OVER_S) open.push(set);
      else {
        this.#over.push(set);
        // With the set itself, whose end is where the next one may begin.
        this.#searchedFromS = bout.startS - BEFORE_SET_S;
      }
    }
    if (!open.length) this.#searchedFromS = Math.max(this.#searchedFromS, nowS - SEARCHED_S);
    const last = open[open.length - 1];
    const usualS = median((last?.repetitions ?? []).map(({ startS, endS }) => endS - startS));
    const isOn = last && nowS - last.endS <= Math.max(PAUSE * usualS, LEAST_PAUSE_S);
    return {
      ...found, set: isOn ? last : null,
      over: [...this.#over, ...(isOn ? open.slice(0, -1) : open)],
    };
  }

  /** Return all samples so far as a recording, as readRecording does. */
  all(doubts = []) {
    return { ...this.#since(-Infinity), startMs: this.#startMs, doubts, notes: doubts };
  }

  /** Return the answer to the last window, null where samples are missing. */
  async #window(settings) {
    const { model, nowS } = this;
    const rateHz = settings.samplingRateHz;
    const n = model.window?.timesteps ?? Math.round(WHOLE_S * rateHz);
    const endS = nowS - AFTER_S, startS = endS - n / rateHz - BEFORE_S;
    if (startS < 0) return null;
    try {
      const piece = between(this.#since(startS), startS, nowS, model);
      const streams = mirrored(piece.streams, this.options.side, model.side);
      const uniform = resample({ ...piece, streams }, settings);
      const stop = Math.floor((endS - uniform.startS) * rateHz) + 1;
      if (stop < n) return null;
      const channels = uniform.channels.map((row) => row.slice(stop - n, stop));
      return { ...await model.recognize(channels), startS: endS - n / rateHz, endS };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return null;
    }
  }

  #since(startS) {
    const streams = Object.fromEntries(Object.entries(this.#streams).map(([sensor, one]) => {
      const first = firstFrom(one.times, startS);
      const timesS = Float64Array.from(one.times.slice(first));
      return [sensor, {
        place: sensor, rowWord: "sample", axes: SENSOR_AXES[sensor], timesS,
        columns: one.columns.map((column) => Float64Array.from(column.slice(first))),
        rows: Int32Array.from(timesS, (_, i) => first + i + 1),
      }];
    }));
    return { name: this.name, streams, annotations: [], notes: [], doubts: [] };
  }
}

/** Return the index of the first time that is not before another one. */
function firstFrom(times, startS) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < startS) low = middle + 1;
    else high = middle;
  }
  return low;
}
