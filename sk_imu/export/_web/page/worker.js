// Reads and recognizes recordings beside the page, which stays responsive meanwhile.

import { readRecording, recognize } from "./analysis.js";
import { InputError } from "./errors.js";
import { loadModel } from "./model.js";

const loading = loadModel(new URL("./", import.meta.url));
loading.then(
  ({ session, ...description }) => postMessage({ kind: "model", description }),
  (error) => postMessage({ kind: "broken", message: error.message }));

addEventListener("message", async ({ data: { id, name, files, options } }) => {
  try {
    const model = await loading;
    const recording = await readRecording(name, files, options);
    postMessage({ kind: "done", id, result: await recognize(recording, model, options) });
  } catch (error) {
    const known = error instanceof InputError;
    if (!known) console.error(error);
    const message = known ? error.message
      : `${name}: this page failed (${error.message}). Please report it with the recording.`;
    postMessage({ kind: "failed", id, message });
  }
});
