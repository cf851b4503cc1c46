// The motion sensors of this browser: permission, events, their clock, a screen that stays on.

import { MotionReader, platformOf } from "./reader.js";

/** The clock of the page may differ from that of the phone by so much more than at first. */
const CLOCK_MS = 1000;
const SILENT_MS = 3000;
/** The rate is that of the last events, over this time. */
const RATE_MS = 2000;

/**
 * Gives the samples of the sensors to a function, in the package's convention.
 *
 * `onSamples` gets those of one event. `onBreak` is called before the first samples after an
 * interruption: the clock of the page stood still, as while a phone sleeps.
 */
export class MotionSource {
  #onMotion = (event) => this.#takeMotion(event);
  #onOrientation = (event) => this.reader.takeOrientation(event, this.#timeOf(event));
  #originMs = 0;
  #startedMs = null;
  #arrivals = [];
  #clockDoubt = "";
  #lock = null;

  constructor({ onSamples, onBreak }) {
    Object.assign(this, { onSamples, onBreak });
    this.platform = platformOf(navigator);
    this.reader = new MotionReader(this.platform);
  }

  get isOn() {
    return this.#startedMs !== null;
  }

  /** Whether nothing arrives from the sensors, as on a laptop, which has none. */
  get isSilent() {
    return this.isOn && performance.now() - this.#startedMs > SILENT_MS
      && !this.#lastArrivals().length;
  }

  /** Events in a second; 0 until that is known. */
  get rateHz() {
    const seconds = Math.min(RATE_MS, performance.now() - (this.#startedMs ?? Infinity)) / 1000;
    return seconds > 0.5 ? this.#lastArrivals().length / seconds : 0;
  }

  get doubts() {
    return this.#clockDoubt ? [...this.reader.doubts, this.#clockDoubt] : this.reader.doubts;
  }

  /** Ask for permission, which iOS gives only to a tap. Return what is in the way, or "". */
  async permit(howToServe) {
    if (!isSecureContext) {
      return `Browsers give motion sensors to https pages only. ${howToServe}`;
    }
    if (!("DeviceMotionEvent" in window)) return "This browser has no motion sensors.";
    try {
      // Both at once: Safari asks one question, and only in the moment of the tap.
      const asked = [DeviceMotionEvent, window.DeviceOrientationEvent]
        .filter((kind) => typeof kind?.requestPermission === "function")
        .map((kind) => kind.requestPermission());
      const given = await Promise.all(asked);
      if (given.every((answer) => answer === "granted")) return "";
    } catch (error) {
      return `The browser did not ask for permission: ${error.message}. Tap Start again.`;
    }
    return "The motion sensors were not permitted. Reload the page and tap Allow; Safari asks "
      + "again once its website data are removed.";
  }

  start() {
    this.#startedMs = performance.now();
    this.#arrivals = [];
    this.#originMs = Date.now() - performance.now();
    addEventListener("devicemotion", this.#onMotion);
    addEventListener("deviceorientation", this.#onOrientation);
  }

  stop() {
    removeEventListener("devicemotion", this.#onMotion);
    removeEventListener("deviceorientation", this.#onOrientation);
    this.#startedMs = null;
    this.reader.forgetWaiting();
    this.#lock?.release();
    this.#lock = null;
  }

  /** Keep the screen on; return whether the browser does. */
  async keepAwake() {
    let lock = null;
    try {
      lock = await navigator.wakeLock?.request("screen") ?? null;
    } catch {
      // A phone that saves power refuses.
    }
    if (!this.isOn) { // stopped meanwhile
      lock?.release();
      return false;
    }
    this.#lock?.release();
    this.#lock = lock;
    return lock !== null;
  }

  #lastArrivals() {
    const now = performance.now();
    this.#arrivals = this.#arrivals.filter((ms) => now - ms < RATE_MS);
    return this.#arrivals;
  }

  #takeMotion(event) {
    this.#checkClock();
    const samples = this.reader.takeMotion(event, this.#timeOf(event));
    const { had } = this.reader;
    if (!had.total && !had.rotation) return;
    this.#arrivals.push(performance.now());
    if (samples.length) this.onSamples(samples);
  }

  #checkClock() {
    const nowMs = Date.now() - performance.now();
    if (Math.abs(nowMs - this.#originMs) < CLOCK_MS) return;
    this.#originMs = nowMs;
    this.reader.forgetWaiting();
    this.onBreak();
  }

  /** The time of an event in milliseconds since 1970. */
  #timeOf(event) {
    // Events are stamped on the clock of `performance`; some old browsers have another one.
    const isOther = Math.abs(performance.now() - event.timeStamp) > 5000;
    if (isOther) {
      this.#clockDoubt = "UNDECIDED: events are stamped by an unknown clock; times are those of "
        + "their arrival.";
    }
    return this.#originMs + (isOther ? performance.now() : event.timeStamp);
  }
}
