// The page: takes recordings, lets the worker recognize them, and shows the answers.

import { sensorOf } from "./channels.js";
import { asCsv } from "./view/csv.js";
import { element, save } from "./view/dom.js";
import { chosenFiles, droppedFiles, recordingsIn } from "./view/dropping.js";
import { LiveView } from "./view/live.js";
import { nameOf, RecordingView } from "./view/recording.js";

const byId = (id) => document.getElementById(id);
const form = byId("reading");
const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
/** The recordings on the page by their number: view, name and files. */
const shown = new Map();
/** What a sensor can be computed from, for those who switch them on. */
const SOURCES = { TotalAcceleration: "TotalAcceleration (or Accelerometer with Gravity)" };
let model = null, lastId = 0, lastRequest = 0;

byId("unserved").hidden = true;

function options() {
  const values = Object.fromEntries(new FormData(form));
  for (const name of ["platform", "side", "clock", "gaps", "missing"]) values[name] ||= null;
  return { ...values, segment: values.segment === "true" };
}

function unknownBelow() {
  return Number(form.elements.unknownBelow.value) || 0;
}

/** Put recordings onto the page, and let them be recognized. */
function add(files) {
  const found = recordingsIn(files);
  if (!found.length) {
    const names = files.slice(0, 5).map(([path]) => path).join(", ");
    say(`No recording in ${names || "it"}: this page reads zip, CSV and JSON files.`);
    return;
  }
  for (const { name, files: members } of found) place(++lastId, { name, files: members });
}

/** Put a recording onto the page: its files, or what the worker has of this device. */
function place(id, { onSave, ...one }) {
  const view = new RecordingView(one.name, { onRemove: () => remove(id), onSave });
  shown.set(id, { view, ...one });
  byId("results").append(view.node);
  ask(id);
  progress();
}

const live = new LiveView({
  newId: () => ++lastId,
  begin(id, name) {
    worker.postMessage({ kind: "begin", id, name });
  },
  send(id, samples) {
    worker.postMessage({ kind: "samples", id, samples, options: options() });
  },
  end(id, name, doubts) {
    place(id, { name, doubts, onSave: () => worker.postMessage({ kind: "save", id, doubts }) });
  },
  drop(id) {
    worker.postMessage({ kind: "remove", id });
  },
  nameOf: (set) => nameOf(set, unknownBelow()),
});

function ask(id) {
  const one = shown.get(id);
  one.isWaiting = true;
  one.request = ++lastRequest;
  one.view.wait();
  const { request, name, files, doubts } = one;
  worker.postMessage({ kind: "recognize", id, request, name, files, doubts, options: options() });
}

function remove(id) {
  shown.get(id).view.node.remove();
  shown.delete(id);
  worker.postMessage({ kind: "remove", id });
  progress();
}

function say(text) {
  byId("status").textContent = text;
}

function progress() {
  const all = [...shown.values()];
  const nWaiting = all.filter((one) => one.isWaiting).length;
  const sets = all.flatMap(({ view }) => view.result?.sets ?? []);
  byId("all").hidden = !all.length;
  byId("side-doubt").hidden = !(model?.side && !options().side);
  byId("save").disabled = !sets.length;
  const count = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
  if (!all.length) say("");
  else if (nWaiting) say(`Reading: ${nWaiting} of ${count(all.length, "recording")} to go …`);
  else say(`Done: ${count(sets.length, "set")} in ${count(all.length, "recording")}.`);
}

worker.addEventListener("message", ({ data }) => {
  if (data.kind === "model") return describe(data.description);
  if (data.kind === "broken") return broken(data.message);
  if (data.kind === "live") return live.show(data.id, data);
  if (data.kind === "file") return save(data.file, `${data.name.replaceAll(":", ".")}.json`);
  const one = shown.get(data.id);
  // Removed, or asked for again, meanwhile.
  if (one?.request !== data.request) return undefined;
  one.isWaiting = false;
  if (data.kind === "done") one.view.show(data.result, model, unknownBelow());
  else one.view.fail(data.message);
  return progress();
});

worker.addEventListener("error", (event) => {
  broken(event.message ?? "its worker could not be started");
});

function broken(message) {
  byId("about").replaceChildren(
    element("span", { class: "fail", role: "alert" },
      `${model ? "This page failed" : "The model cannot be loaded"}: ${message}`));
}

function describe(description) {
  model = description;
  const sensors = new Set(model.settings.channels.map(sensorOf));
  byId("about").textContent =
    `Recognizes ${model.classes.length} exercises: ${model.classes.join(", ")}. `
    + `Needs ${[...sensors].map((sensor) => SOURCES[sensor] ?? sensor).join(" and ")}.`;
  byId("side").hidden = !model.side;
  progress();
  byId("side-doubt").replaceChildren(
    element("strong", {}, "Not decided: "),
    `The side of the body is not chosen, so recordings are taken as of the ${model.side?.onto} `
    + "side. The model mirrors those of the other side.");
  const terms = Object.entries(model.facts).flatMap(([term, text]) =>
    [element("dt", {}, term), element("dd", {}, text)]);
  byId("facts").replaceChildren(...terms);
  live.offer(model);
  // Where that fails, as with a certificate that browsers do not trust, the page is not kept.
  const keeper = new URL(`offline.js?${model.digest}`, import.meta.url);
  navigator.serviceWorker?.register(keeper).catch(() => {});
  document.documentElement.dataset.ready = "true"; // for tests
}

byId("files").addEventListener("change", ({ target }) => {
  add(chosenFiles(target.files));
  target.value = ""; // so that the same file can be chosen again
});
byId("folder").addEventListener("change", ({ target }) => {
  add(chosenFiles(target.files));
  target.value = "";
});

const drop = byId("drop");
for (const kind of ["dragover", "drop"]) {
  // Beside the field, too: else the browser would leave the page for the file.
  addEventListener(kind, (event) => event.preventDefault());
}
addEventListener("dragenter", () => drop.classList.add("over"));
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("over");
});
addEventListener("drop", async ({ dataTransfer }) => {
  drop.classList.remove("over");
  add(await droppedFiles(dataTransfer));
});

form.addEventListener("submit", (event) => event.preventDefault());
// At the document, because a field of the form stands outside of it.
addEventListener("change", ({ target }) => {
  if (target.form !== form) return;
  if (target.name === "unknownBelow") {
    for (const { view } of shown.values()) view.label(unknownBelow());
    return;
  }
  for (const id of shown.keys()) ask(id);
  progress();
});
byId("save").addEventListener("click", () => {
  const results = [...shown.values()].map(({ view }) => view.result).filter(Boolean);
  save(new Blob([asCsv(results)], { type: "text/csv" }), "sets.csv");
});
byId("clear").addEventListener("click", () => {
  for (const id of [...shown.keys()]) remove(id);
});
new ResizeObserver(() => {
  for (const { view } of shown.values()) view.draw();
}).observe(document.body);
