// A browser's motion events in the package's convention. No page in it.
//
// The convention is that of Android: x to the right of the screen, y up, z out of it. A
// device on its back reads z = +9.81 m/s². Browsers differ in two things:
// - Safari on iOS has the opposite sign of both accelerations. The angles of
//   `deviceorientation` show where up is, and decide.
// - `rotationRate` is in degrees per second. The standard had `beta`, `gamma` and `alpha` as
//   the rates about x, y and z; Chromium, Safari and Firefox have `alpha`, `beta` and `gamma`
//   (https://github.com/w3c/deviceorientation/issues/44). When the device is turned, gravity
//   turns against it in its axes, by dg/dt = g × ω, whatever the sign of g. That decides.

import { dot, norm, RotationEvidence } from "./evidence.js";

const G = 9.80665;
const RADIANS = Math.PI / 180;
/** Samples wait so long for the evidence of their sign, in milliseconds. */
const MOST_WAIT_MS = 1500;
/** So many vectors of gravity decide its sign, if the cosine with up is beyond this. */
const ENOUGH_UPS = 20;
const LEAST_COSINE = 0.5;
/** An orientation is of the same moment as a motion if it is not older than this. */
const FRESH_MS = 250;

/** The platform that a browser names: "ios", "android" or "". */
export function platformOf({ userAgent = "", platform = "", maxTouchPoints = 0 }) {
  if (/Android/i.test(userAgent)) return "android";
  // An iPad names itself a Mac, which has no touch screen.
  const isIpad = /^Mac/i.test(platform) && maxTouchPoints > 1;
  return /iPhone|iPad|iPod/i.test(userAgent) || isIpad ? "ios" : "";
}

/** Up in the device's axes, from the angles of `deviceorientation` in degrees. */
export function upOf({ beta, gamma }) {
  const [b, c] = [beta * RADIANS, gamma * RADIANS];
  return [-Math.cos(b) * Math.sin(c), Math.sin(b), Math.cos(b) * Math.cos(c)];
}

const vector = (value) => {
  if (!value) return null;
  const xyz = [value.x, value.y, value.z];
  return xyz.every((v) => Number.isFinite(v)) ? xyz : null;
};
const times = (xyz, factor) => xyz.map((v) => v * factor);

/**
 * Takes the events of one device and returns samples: `{timeMs, sensors}`, where
 * `sensors` holds x, y and z by the names that Sensor Logger has for them.
 *
 * `session` increases when the data show that samples before were converted in another way:
 * what has one number has one convention.
 */
export class MotionReader {
  constructor(platform) {
    this.platform = platform;
    this.session = 0;
    this.sign = null;
    this.signBy = "";
    this.rotation = new RotationEvidence();
    this.waiting = [];
    this.up = null;
    this.ups = { n: 0, cosines: 0 };
    this.lengths = { n: 0, sum: 0, minus: 0, minusSquares: 0, plus: 0, plusSquares: 0 };
    this.had = { total: false, moving: false, rotation: false, angles: false };
  }

  /** Take an event of `deviceorientation`. */
  takeOrientation({ beta, gamma }, timeMs) {
    if (!Number.isFinite(beta) || !Number.isFinite(gamma)) return;
    this.had.angles = true;
    this.up = { timeMs, xyz: upOf({ beta, gamma }) };
  }

  /** Take an event of `devicemotion`; return the samples that can be converted now. */
  takeMotion(event, timeMs) {
    const total = vector(event.accelerationIncludingGravity);
    const moving = vector(event.acceleration);
    const { alpha, beta, gamma } = event.rotationRate ?? {};
    const turning = [alpha, beta, gamma].every((v) => Number.isFinite(v));
    const rates = turning ? [alpha, beta, gamma] : null;
    // A desktop's browser sends one event without any value.
    if (!total && !moving && !rates) return [];
    this.had.total ||= total !== null;
    this.had.moving ||= moving !== null;
    this.had.rotation ||= rates !== null;
    if (total) this.#takeGravity(total, moving, timeMs);
    const gravity = total && moving ? total.map((v, i) => v - moving[i]) : null;
    if (gravity && rates && this.rotation.take(gravity, rates, timeMs)) this.session += 1;
    this.waiting.push({ timeMs, total, moving, gravity, rates, session: this.session });
    return this.#ready(timeMs);
  }

  /** Forget what waits for the evidence of its sign: what follows does not go on with it. */
  forgetWaiting() {
    this.waiting = [];
  }

  /** What was decided, and by what: goes with every message. */
  get convention() {
    return {
      platform: this.platform || "unknown",
      sign: this.sign ?? 1,
      signBy: this.signBy,
      rotation: this.rotation.axes,
      rotationUnit: this.rotation.unit,
      rotationBy: this.rotation.isDecided ? "the data" : "nothing",
    };
  }

  /** What could not be decided or is not plausible, in the words of the package's readers. */
  get doubts() {
    if (!this.had.total && !this.had.rotation) return [];
    const doubts = [];
    if (!this.had.total) {
      doubts.push("IMPLAUSIBLE: this browser gives no acceleration with gravity.");
    } else if (this.sign !== null) doubts.push(...this.#signDoubts());
    doubts.push(...this.#lengthDoubts());
    if (!this.had.rotation) {
      doubts.push("IMPLAUSIBLE: this device or browser gives no rotation rate.");
    } else doubts.push(...this.rotation.doubts(this.had.moving));
    return doubts;
  }

  #takeGravity(total, moving, timeMs) {
    const { lengths } = this;
    // Old values are forgotten, so that a doubt goes when its reason does.
    const kept = 1 - 1 / Math.min(lengths.n + 1, 600);
    lengths.n += 1;
    const mean = (name, value) => { lengths[name] = lengths[name] * kept + value * (1 - kept); };
    if (moving) {
      const minus = norm(total.map((v, i) => v - moving[i]));
      const plus = norm(total.map((v, i) => v + moving[i]));
      mean("minus", minus);
      mean("minusSquares", (minus - G) ** 2);
      mean("plusSquares", (plus - G) ** 2);
    }
    mean("sum", norm(total));
    const gravity = moving ? total.map((v, i) => v - moving[i]) : total;
    const length = norm(gravity);
    if (this.up === null || timeMs - this.up.timeMs > FRESH_MS || !(length > 1)) return;
    const { ups } = this;
    ups.n += 1;
    ups.cosines += dot(gravity, this.up.xyz) / length;
    if (ups.n < ENOUGH_UPS) return;
    const cosine = ups.cosines / ups.n;
    if (Math.abs(cosine) > LEAST_COSINE) this.#decideSign(cosine > 0 ? 1 : -1, "orientation");
    this.ups = { n: 0, cosines: 0 };
  }

  #decideSign(sign, by) {
    if (by === "orientation" || this.sign === null) this.signBy = by;
    if (this.sign !== null && this.sign !== sign) this.session += 1;
    this.sign = sign;
  }

  /** Return converted samples, unless they have to wait for the evidence of their sign. */
  #ready(timeMs) {
    if (this.sign === null && timeMs - this.waiting[0].timeMs > MOST_WAIT_MS) {
      this.#decideSign(this.platform === "ios" ? -1 : 1, this.platform ? "platform" : "");
    }
    // Without acceleration, nothing has a sign that could be wrong.
    if (this.sign === null && this.had.total) return [];
    const samples = this.waiting.map((one) => this.#convert(one));
    this.waiting = [];
    return samples;
  }

  #convert({ timeMs, total, moving, gravity, rates, session }) {
    const sensors = {};
    const sign = this.sign ?? 1;
    if (moving) sensors.accelerometer = times(moving, sign);
    if (gravity) sensors.gravity = times(gravity, sign);
    if (total) sensors.totalacceleration = times(total, sign);
    if (rates) sensors.gyroscope = this.rotation.convert(rates);
    return { timeMs, sensors, session };
  }

  #signDoubts() {
    const expected = this.platform === "" ? null : this.platform === "ios" ? -1 : 1;
    const name = { ios: "iOS", android: "Android" }[this.platform];
    if (this.signBy === "orientation") {
      return expected === null || expected === this.sign ? [] : [
        `CONTRADICTION: the acceleration does not have the sign of ${name} according to ` +
        "the orientation. The orientation decides.",
      ];
    }
    if (this.signBy === "platform") {
      return [`UNDECIDED: no orientation shows the acceleration's sign. That of ${name} is taken.`];
    }
    return [
      "UNDECIDED: neither the browser nor an orientation shows the acceleration's sign. " +
      "That of Android is taken.",
    ];
  }

  #lengthDoubts() {
    const { n, sum, minus, minusSquares, plusSquares } = this.lengths;
    if (n < 60) return [];
    const length = this.had.moving ? minus : sum;
    if (length < 0.7 * G || length > 1.5 * G) {
      return [
        `IMPLAUSIBLE: gravity has ${length.toFixed(2)} m/s² and not 9.81: wrong unit or sensor.`,
      ];
    }
    // The difference of both is gravity, which keeps its length; their sum does not.
    if (this.had.moving && minusSquares > 4 && plusSquares < minusSquares / 4) {
      return [
        "CONTRADICTION: acceleration without gravity moves against that with gravity. " +
        "Both stay as they are.",
      ];
    }
    return [];
  }
}
