// Reads and recognizes recordings beside the page, which stays responsive meanwhile.

import { readRecording, recognize } from "./analysis.js";
import { InputError } from "./errors.js";
import { LiveRecording } from "./live.js";
import { loadModel } from "./model.js";
import { asSensorLogger } from "./reading/writing.js";

/** Seconds of samples between two looks at a recording that grows. */
const LOOK_S = 1;

let model = null;
const loading = loadModel(new URL("./", import.meta.url));
loading.then(
  (loaded) => {
    model = loaded;
    const { session, ...description } = model;
    postMessage({ kind: "model", description });
  },
  (error) => postMessage({ kind: "broken", message: error.message }));

/** The last request for each recording on the page: earlier ones are not answered. */
const latest = new Map();
/** Recordings of this device by their number on the page, and how far each was looked at. */
const live = new Map();
// One after the other, because recordings take memory.
let queue = Promise.resolve();

const TAKERS = {
  recognize(data) {
    latest.set(data.id, data.request);
    inTurn(() => answer(data));
  },
  begin({ id, name }) {
    live.set(id, { recording: new LiveRecording(name, model), lookedS: -Infinity });
  },
  samples({ id, samples, options }) {
    const one = live.get(id);
    one.recording.options = options;
    one.recording.push(samples);
    if (one.recording.nowS - one.lookedS < LOOK_S) return;
    // Until this look is over, samples only pile up: a slow phone looks less often.
    one.lookedS = Infinity;
    inTurn(() => look(id, one));
  },
  save({ id, doubts }) {
    const { recording } = live.get(id);
    const file = asSensorLogger(recording.all(doubts));
    postMessage({ kind: "file", name: recording.name, file });
  },
  remove({ id }) {
    live.delete(id);
    latest.delete(id);
  },
};

addEventListener("message", ({ data }) => TAKERS[data.kind](data));

function inTurn(task) {
  queue = queue.then(task).catch((error) => {
    console.error(error);
    postMessage({ kind: "broken", message: error.message });
  });
}

async function answer({ id, request, name, files, doubts, options }) {
  if (latest.get(id) !== request) return;
  try {
    await loading;
    const recording = live.get(id)?.recording.all(doubts)
      ?? await readRecording(name, files, options);
    const result = await recognize(recording, model, options);
    postMessage({ kind: "done", id, request, result });
  } catch (error) {
    postMessage({ kind: "failed", id, request, message: messageOf(error, name) });
  }
}

async function look(id, one) {
  const { nowS } = one.recording;
  try {
    postMessage({ kind: "live", id, found: await one.recording.look() });
  } catch (error) {
    postMessage({ kind: "live", id, message: messageOf(error, one.recording.name) });
  }
  one.lookedS = nowS;
}

function messageOf(error, name) {
  if (error instanceof InputError) return error.message;
  console.error(error);
  return `${name}: this page failed (${error.message}). Please report it with the recording.`;
}
