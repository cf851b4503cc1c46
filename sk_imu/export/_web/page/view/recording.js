// One recording on the page: its doubts, its picture and the table of its sets.

import { chart, colorOf } from "./chart.js";
import { clockTime, drawn, element } from "./dom.js";

const MARGIN = 0.1;
/** The kinds of doubt of the package, as the page names them. */
const KINDS = {
  UNDECIDED: "Not decided", CONTRADICTION: "Contradiction", IMPLAUSIBLE: "Implausible",
};
/** What stands above the table, in full and where the page is narrow. */
const HEADS = [
  ["Set"], ["Exercise"], ["Probability", "Prob."], ["Start"], ["End"], ["Repetitions", "Reps"],
];

/** A recording that is read, recognized, or refused. */
export class RecordingView {
  constructor(name, { onRemove, onSave }) {
    this.name = name;
    this.body = element("div");
    const remove = element(
      "button", { type: "button", class: "plain", click: onRemove, "aria-label": `Remove ${name}` },
      "Remove");
    const keep = onSave ? element(
      "button", { type: "button", class: "plain", click: onSave, "aria-label": `Save ${name}` },
      "Save as a file") : null;
    this.node = element(
      "section", { class: "recording", "aria-label": name },
      element("header", {}, element("h2", {}, name), keep, remove), this.body);
    this.wait();
  }

  wait() {
    this.result = null;
    this.body.replaceChildren(element("p", { class: "soft" }, "Reading …"));
  }

  fail(message) {
    this.result = null;
    this.body.replaceChildren(element("p", { class: "fail", role: "alert" }, message));
  }

  /** Show the result of the analysis. */
  show(result, model, unknownBelow) {
    this.result = result;
    this.model = model;
    this.span = [result.startS, result.endS];
    this.picture = element("div");
    this.caption = element("figcaption");
    this.table = element("div");
    this.body.replaceChildren(
      element("p", { class: "soft" }, summary(result)),
      ...refusalsOf(result).map((text) => element("p", { class: "fail" }, text)),
      ...warningsOf(result).map((warning) =>
        element("p", { class: "warn" }, ...emphasized(warning))),
      element("figure", {}, this.picture, this.caption),
      this.table,
      element(
        "details", {}, element("summary", {}, "What was read, and how"),
        element("ul", {}, ...result.notes.map((note) => element("li", {}, note)))));
    this.label(unknownBelow);
  }

  /** Name the sets: unknown where the probability is below a limit. */
  label(unknownBelow) {
    if (!this.result) return;
    for (const set of this.result.sets) set.shown = nameOf(set, unknownBelow);
    this.table.replaceChildren(setTable(this.result, (set) => this.zoom(set)));
    this.draw();
  }

  /** Draw the picture at the width that there is. */
  draw() {
    if (!this.result) return;
    const width = Math.max(Math.round(this.body.clientWidth), 280);
    const { classes } = this.model;
    this.picture.replaceChildren(
      chart(this.result, classes, width, this.span, (set) => this.zoom(set)));
    const shown = classes.filter((name) => this.result.sets.some((set) =>
      set.shown === name || set.windows.some(({ exercise }) => exercise === name)));
    const isWhole = this.span[0] === this.result.startS && this.span[1] === this.result.endS;
    const whole = isWhole ? null : element(
      "button", { type: "button", class: "plain", click: () => this.zoom(null) },
      "Show the whole recording");
    this.caption.replaceChildren(...shown.map((name) => key(name, classes)));
    if (whole) this.caption.append(whole);
  }

  /** Show a set, or the whole recording, in the picture. */
  zoom(set) {
    const { startS, endS } = this.result;
    const margin = set ? MARGIN * (set.endS - set.startS) : 0;
    this.span = set
      ? [Math.max(set.startS - margin, startS), Math.min(set.endS + margin, endS)]
      : [startS, endS];
    this.draw();
  }
}

/** Return what a set is called: unknown below a probability, null if not recognized. */
export function nameOf({ error, exercise, probability }, unknownBelow) {
  if (error) return null;
  return probability === null || probability >= unknownBelow ? exercise : "unknown";
}

function key(name, classes) {
  const swatch = drawn(
    "svg", { viewBox: "0 0 10 10", "aria-hidden": "true" },
    drawn("rect", { class: colorOf(name, classes), width: 10, height: 10, rx: 2 }));
  return element("span", { class: "key" }, swatch, name);
}

function summary({ startS, endS, sensors, sets, isCut }) {
  const rates = sensors.map(([sensor, rateHz]) =>
    `${sensor} ${Number.isFinite(rateHz) ? `${rateHz.toPrecision(3)} Hz` : ""}`.trim());
  const n = `${sets.length} set${sets.length === 1 ? "" : "s"}`;
  const found = isCut ? `${n} found` : "taken as one set";
  const seconds = Math.max(endS - startS, 0);
  const length = seconds < 60 ? `${seconds.toFixed(1)} s` : `${clockTime(seconds, 0)} min`;
  return `${length}, ${found}. ${rates.join(", ")}.`;
}

/** Return the kind of a doubt as the page names it, and its text. */
function parts(doubt) {
  const [, kind, text] = /^([A-Z]+): (.*)$/s.exec(doubt);
  const here = text.includes("platform=")
    ? " On this page: Platform, under Reading options." : "";
  return [KINDS[kind], text[0].toUpperCase() + text.slice(1) + here];
}

const emphasized = ([kind, text]) => [element("strong", {}, `${kind}: `), text];

/** Return a doubt as the page shows it. */
export const inWords = (doubt) => emphasized(parts(doubt));

/** Return everything about a recording that may make its answers wrong, with its kind. */
function warningsOf({ doubts, sets, isCut, wasSearched }) {
  const lines = doubts.map(parts);
  if (!isCut && wasSearched) {
    lines.push([
      "No set found",
      "No movement repeats itself long enough, so the whole recording is taken as one set.",
    ]);
  }
  const found = new Map();
  sets.forEach(({ warnings }, i) => {
    for (const warning of warnings) found.set(warning, [...(found.get(warning) ?? []), i + 1]);
  });
  for (const [warning, numbers] of found) {
    lines.push(["Mended", `Resampling ${warning} in set ${numbers.join(", ")}.`]);
  }
  return lines;
}

/** Return why sets were not recognized, each reason once. */
function refusalsOf({ sets }) {
  const numbers = new Map();
  sets.forEach(({ error }, i) => {
    if (error) numbers.set(error, [...(numbers.get(error) ?? []), i + 1]);
  });
  return [...numbers].map(([error, all]) => `Set ${all.join(", ")}: ${error}`);
}

function setTable({ name, sets }, onZoom) {
  const head = HEADS.map(([full, short], i) => element(
    "th", { scope: "col", class: i > 1 ? "number" : null },
    ...(short ? [element("span", { class: "full" }, full),
      element("abbr", { class: "short", title: full }, short)] : [full])));
  const rows = sets.map((set, i) => element("tr", {}, ...cells(set, i + 1, onZoom)));
  return element(
    "div", { class: "scroll", role: "region", tabindex: "0", "aria-label": `Sets of ${name}` },
    element(
      "table", {},
      element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)));
}

function cells(set, number, onZoom) {
  const show = element(
    "button", { type: "button", click: () => onZoom(set), "aria-label": `Show set ${number}` },
    String(number));
  const isUnknown = !set.error && set.shown === "unknown";
  const exercise = isUnknown ? `unknown (${set.exercise}?)` : set.shown ?? "not recognized";
  const repetitions = set.repetitions ? String(set.repetitions.length) : "–";
  return [
    element("td", {}, show),
    element("td", { class: "exercise" }, ...breakable(exercise)),
    element("td", { class: "number" }, ...share(set.probability ?? null)),
    ...[set.startS, set.endS].map((at) => element("td", { class: "number" }, clockTime(at))),
    element("td", { class: "number" }, repetitions),
  ];
}

/** Return a name that may go on in the next line after each underscore. */
function breakable(name) {
  return name.split(/(?<=_)/).flatMap((part, i) => (i ? [element("wbr"), part] : [part]));
}

function share(probability) {
  if (probability === null) return ["–"];
  const part = element("span");
  part.style.width = `${100 * probability}%`;
  return [probability.toFixed(3), element("span", { class: "bar", "aria-hidden": "true" }, part)];
}
