// The exported model, run by ONNX Runtime Web on one thread.

import * as ort from "./onnxruntime/ort.wasm.bundle.min.mjs";

import { InputError } from "./errors.js";

// One thread needs no shared memory, and so no special headers of the server.
ort.env.wasm.numThreads = 1;
// Of the file beside it only: its loader is in the bundle.
ort.env.wasm.wasmPaths = {
  wasm: new URL("./onnxruntime/ort-wasm-simd-threaded.wasm", import.meta.url).href,
};

/** Return the model in a folder, described by its model.json. */
export async function loadModel(folder) {
  const load = async (name) => {
    // Not from the HTTP cache, which may have the model of another export.
    const answer = await fetch(new URL(name, folder), { cache: "no-cache" });
    if (!answer.ok) throw new Error(`${name} is missing beside this page (${answer.status}).`);
    return answer;
  };
  const [description, graph] = await Promise.all([
    load("model.json").then((answer) => answer.json()),
    load("model.onnx").then((answer) => answer.arrayBuffer()),
  ]);
  const session = await ort.InferenceSession.create(graph, { executionProviders: ["wasm"] });
  return new Model(description, session);
}

export class Model {
  constructor(description, session) {
    Object.assign(this, description);
    this.session = session;
  }

  /**
   * Recognize one set.
   *
   * @param {Float64Array[]} channels - its channels at the model's rate.
   * @returns {Promise<object>} `exercise`, `probability` (null of a model without), `scores` of
   *   all classes, and `windows` with the same of each, in seconds from the set's start.
   */
  async recognize(channels) {
    const n = channels[0].length;
    const input = new Float32Array(channels.length * n);
    channels.forEach((channel, i) => input.set(channel, i * n));
    if (input.some((value) => !Number.isFinite(value))) {
      throw new InputError(
        "The set has timesteps without a value. Choose “fill them in” for gaps under Reading "
        + "options.");
    }
    const outputs = await this.session.run({
      X: new ort.Tensor("float32", input, [1, channels.length, n]),
    });
    const scores = Array.from(outputs.probabilities.data);
    const spans = this.spans(n);
    const ofWindows = outputs.window_scores?.data ?? outputs.probabilities.data;
    const windows = spans.map(([startS, endS], i) => {
      const first = i * this.classes.length;
      const own = Array.from(ofWindows.slice(first, first + this.classes.length));
      return { startS, endS, ...this.best(own), scores: own };
    });
    return { ...this.best(scores), scores, windows };
  }

  best(scores) {
    const i = scores.indexOf(Math.max(...scores));
    return { exercise: this.classes[i], probability: this.hasProbabilities ? scores[i] : null };
  }

  /** Return start and end of each window in seconds. */
  spans(n) {
    const rateHz = this.settings.samplingRateHz;
    if (!this.window) return [[0, (n - 1) / rateHz]];
    const { timesteps, step } = this.window;
    const last = Math.max(n - timesteps, 0);
    const starts = [];
    for (let start = 0; start <= last; start += step) starts.push(start);
    if (starts[starts.length - 1] !== last) starts.push(last);
    return starts.map((start) => [start / rateHz, Math.min(start + timesteps, n) / rateHz]);
  }
}
