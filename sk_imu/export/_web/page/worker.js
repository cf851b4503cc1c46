// Reads and recognizes recordings beside the page, which stays responsive meanwhile.

import { readRecording, recognize } from "./analysis.js";
import { InputError } from "./errors.js";
import { loadModel } from "./model.js";

const loading = loadModel(new URL("./", import.meta.url));
loading.then(
  ({ session, ...description }) => postMessage({ kind: "model", description }),
  (error) => postMessage({ kind: "broken", message: error.message }));

/** The last request for each recording on the page: earlier ones are not answered. */
const latest = new Map();
// One after the other, because recordings take memory.
let queue = Promise.resolve();

addEventListener("message", ({ data }) => {
  latest.set(data.id, data.request);
  queue = queue.then(() => answer(data));
});

async function answer({ id, request, name, files, options }) {
  if (latest.get(id) !== request) return;
  try {
    const model = await loading;
    const recording = await readRecording(name, files, options);
    const result = await recognize(recording, model, options);
    postMessage({ kind: "done", id, request, result });
  } catch (error) {
    const known = error instanceof InputError;
    if (!known) console.error(error);
    const message = known ? error.message
      : `${name}: this page failed (${error.message}). Please report it with the recording.`;
    postMessage({ kind: "failed", id, request, message });
  }
}
