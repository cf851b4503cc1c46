// The page: what is asked of the server, and what happens when a button is pressed.

import { ask, load, subscribe } from "./asking.js";
import { Recorder } from "./recorder.js";
import { show, showReport, showReview } from "./views.js";

const POLL_MS = 1000;
const find = (id) => document.getElementById(id);
const form = find("form");
const fields = form.elements;
form.addEventListener("submit", (event) => event.preventDefault());
let chosen = null;
let device = null;
let nMissed = 0;
let take = null;

const recorder = new Recorder({
  onChange: showStage,
  onError: (error) => trouble(error.message),
  begin: async () => {
    take = await ask("POST", "collect/takes", {
      session: chosen,
      subject: fields.subject.value,
      exercise: fields.exercise.value,
      placement: fields.placement.value,
    });
    return take;
  },
  end: async (sinceS) => {
    const review = await ask("POST", `collect/takes/${take.id}/stop`, { cut_s: Number(fields.cut.value) + sinceS });
    showReview(review, take);
  },
});

function showStage({ state, text }) {
  const before = find("stage").dataset.state;
  // The seconds of a set are not read aloud: a sound says that it begins.
  find("clock").setAttribute("aria-live", state === "recording" ? "off" : "assertive");
  if (find("clock").textContent !== text) find("clock").textContent = text;
  if (state === before) return;
  find("stage").dataset.state = state;
  const isIdle = state === "idle";
  find("start").hidden = !isIdle;
  find("stop").hidden = !["countdown", "recording"].includes(state);
  find("stop").textContent = state === "countdown" ? "Cancel" : "Stop";
  find("review").hidden = state !== "review";
  for (const one of form.elements) one.disabled = !isIdle;
  find("stage").hidden = state === "review";
  // The button that had the keyboard may be gone.
  const next = { idle: "start", countdown: "stop", recording: "stop", review: "review-title" }[state];
  if (next) find(next).focus();
}

/** Run what a button does; say what went wrong. */
function act(id, action) {
  find(id).addEventListener("click", async () => {
    say("");
    find(id).disabled = true;
    try {
      await action();
    } catch (error) {
      trouble(error.message);
    } finally {
      find(id).disabled = false;
    }
  });
}

function trouble(text) {
  find("trouble").textContent = text;
  find("trouble").hidden = !text;
  if (text) find("trouble").scrollIntoView({ block: "nearest" });
}

function say(text) {
  find("said").textContent = text;
  trouble("");
}

act("start", async () => {
  if (chosen === null) throw new Error("No phone sends. Connect one first.");
  if (!form.reportValidity()) return;
  await recorder.start({
    countdownS: Number(fields.countdown.value), lengthS: Number(fields.stop_after.value),
    check: () => ask("POST", "collect/names", {
      subject: fields.subject.value, exercise: fields.exercise.value, placement: fields.placement.value,
    }),
  });
});
act("stop", () => recorder.stop());
act("keep", async () => {
  const kept = await ask("POST", `collect/takes/${take.id}/keep`);
  recorder.reset();
  say(`Kept as ${kept.path}.`);
  await refresh();
});
act("discard", async () => {
  await ask("DELETE", `collect/takes/${take.id}`);
  recorder.reset();
  say("Discarded.");
});
act("again", async () => showReview(await ask("GET", `collect/takes/${take.id}`), take));
act("train", async () => {
  await ask("POST", "collect/training", { model: find("model").value });
});
act("save-page", async () => {
  const before = find("saved").textContent;
  find("saved").textContent = "The page is being made, which takes up to a minute …";
  try {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await load("collect/page.zip"));
    link.download = "page.zip";
    link.click();
    // Not at once: the browser may not have begun to read it.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    find("saved").textContent = "Saved as page.zip. Unpack it, and put the folder on a web server with https.";
  } catch (error) {
    find("saved").textContent = before;
    throw error;
  }
});

find("last").addEventListener("click", async ({ target }) => {
  const { path } = target.dataset;
  if (!path || !confirm(`Remove ${path}? It is moved to the folder .removed.`)) return;
  try {
    await ask("POST", "collect/remove", { path });
    await refresh();
  } catch (error) {
    trouble(error.message);
  }
});

find("phones").addEventListener("change", ({ target }) => {
  chosen = Number(target.value);
  device = target.dataset.device;
});

async function refresh() {
  const state = await ask("GET", "collect/state");
  // The first phone that comes is taken, also in its next session; another one only where
  // that has gone, and not while a new model goes live, when none is there for a moment.
  const same = state.phones.find((one) => one.device === device);
  nMissed = same ? 0 : nMissed + 1;
  const phone = same ?? (device === null || nMissed > 3 ? state.phones[0] : undefined);
  chosen = phone?.session ?? null;
  device = phone?.device ?? device;
  show(state, chosen);
}

let isLost = false;
async function poll() {
  try {
    await refresh();
    if (isLost) trouble("");
    isLost = false;
  } catch (error) {
    isLost = true;
    if (find("trouble").textContent !== error.message) trouble(error.message);
  }
  setTimeout(poll, POLL_MS);
}

subscribe("collect/training", showReport);
showStage(recorder);
poll();
