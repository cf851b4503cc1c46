// The slow movement in a recording, for any sensors and sampling rates.
//
// As in sk_imu/segmentation/_motion.py.

import { TOTAL_PARTS } from "../channels.js";
import { InputError } from "../errors.js";
import { resample } from "../signal/resampler.js";

export const MOTION_RATE_HZ = 20;
const HIGHEST_HZ = 4;
const TYPICAL = { TotalAcceleration: 3, Accelerometer: 3, Gyroscope: 1 };
const N_PAD = 9;

/**
 * Return the start in seconds and the slow movement in a recording.
 *
 * The movement has a row for each axis of the acceleration and of the gyroscope, at
 * MOTION_RATE_HZ, in units of what is typical of the sensor.
 */
export function motionOf(recording, { clock = "error", grid } = {}) {
  const { streams } = recording;
  const sensors = [];
  // With gravity if the recording has it, because gravity shows posture.
  if ("TotalAcceleration" in streams || TOTAL_PARTS.every((part) => part in streams)) {
    sensors.push("TotalAcceleration");
  } else if ("Accelerometer" in streams) sensors.push("Accelerometer");
  if ("Gyroscope" in streams) sensors.push("Gyroscope");
  if (!sensors.length) {
    throw new InputError(
      `${recording.name}: finding sets needs an acceleration or a Gyroscope, but the `
      + `recording has only ${Object.keys(streams).join(", ")}. Choose “the whole recording `
      + "is one set” under Reading options.");
  }
  const channels = sensors.flatMap((sensor) => ["x", "y", "z"].map((axis) => `${sensor}_${axis}`));
  const settings = {
    samplingRateHz: MOTION_RATE_HZ, grid, channels, clock, missing: "interpolate",
    gaps: "interpolate", maxGapSeconds: "auto",
  };
  const { startS, channels: values } = resample(recording, settings);
  const motion = values.map((row, i) => {
    const typical = TYPICAL[sensors[Math.floor(i / 3)]];
    return lowPassed(row).map((value) => value / typical);
  });
  return { startS, motion };
}

/** Low-pass a row forward and backward: a Butterworth filter of order 2, without delay. */
export function lowPassed(row) {
  const k = Math.tan((Math.PI * HIGHEST_HZ) / MOTION_RATE_HZ);
  const norm = 1 + Math.SQRT2 * k + k * k;
  const b = [(k * k) / norm, (2 * k * k) / norm, (k * k) / norm];
  const a = [1, (2 * (k * k - 1)) / norm, (1 - Math.SQRT2 * k + k * k) / norm];
  // The state that a constant of 1 leaves.
  const first = (b[1] - a[1] * b[0] + b[2] - a[2] * b[0]) / (1 + a[1] + a[2]);
  const state = [first, (1 + a[1]) * first - (b[1] - a[1] * b[0])];
  const n = row.length, nPad = Math.min(N_PAD, n - 1);
  const padded = new Float64Array(n + 2 * nPad);
  padded.set(row, nPad);
  for (let i = 1; i <= nPad; i++) {
    padded[nPad - i] = 2 * row[0] - row[i];
    padded[nPad + n - 1 + i] = 2 * row[n - 1] - row[n - 1 - i];
  }
  const once = filtered(padded, b, a, state).reverse();
  return filtered(once, b, a, state).reverse().slice(nPad, nPad + n);
}

function filtered(x, b, a, state) {
  const y = new Float64Array(x.length);
  let [z0, z1] = state.map((value) => value * x[0]);
  for (let i = 0; i < x.length; i++) {
    y[i] = b[0] * x[i] + z0;
    z0 = b[1] * x[i] - a[1] * y[i] + z1;
    z1 = b[2] * x[i] - a[2] * y[i];
  }
  return y;
}
