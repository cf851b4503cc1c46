// The page of the live service: it shows what the server says of a session.

import { Signal } from "./signal.js";

const SILENT_S = 4;
/** How long a page waits that the server has refused, such as one too many. */
const RETRY_MS = 5000;

const $ = (id) => document.getElementById(id);
const signal = new Signal($("signal"));
let session = null; // the number of the session that is shown
let sets = [];
let source = null;
let retry = 0;

/** Return an element with text or elements in it. */
function made(tag, properties, ...content) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...content);
  return element;
}

const inWords = (label) => label.replaceAll("_", " ");
const rounded = (probability) => probability.toFixed(2);

/** Set a text only where it changes, so that it is read aloud once. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// ------------------------------------------------------------------- what goes on

function connect() {
  source?.close();
  clearTimeout(retry);
  const chosen = $("sessions").value;
  source = new EventSource(chosen ? `/api/events?session=${chosen}` : "/api/events");
  source.onmessage = ({ data }) => show(JSON.parse(data));
  source.onerror = () => {
    showConnection("no connection to the server, trying again", "lost");
    // A browser tries again by itself only where the server does not answer at all.
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(connect, RETRY_MS);
  };
}

function show(state) {
  if (state.session !== session) {
    session = state.session;
    sets = null; // they come with this state
    signal.clear();
    listSessions();
  }
  const isNew = state.sets !== undefined;
  if (isNew) hear(state.sets);
  if (isNew || state.set?.number !== undefined || $("sets").querySelector(".open")) {
    showSets(state);
  }
  signal.add(state.signal);
  showNow(state);
  showState(state);
}

function showNow({ state, set, answer }) {
  // A set is certain only after some repetitions; until then, the last window is shown.
  const isMoving = state === "live" && answer && !signal.isStill();
  const quiet = { live: "rest", deciding: "wait" }[state] ?? "–";
  $("label").setAttribute("aria-live", set ? "polite" : "off");
  $("label").classList.toggle("resting", !set);
  write($("label"), set ? inWords(set.label) : isMoving ? inWords(answer.label) : quiet);
  write($("repetitions"), String(set?.repetitions ?? "–"));
  write($("repetitions-title"), set?.within ? `repetitions, ±${set.within}` : "repetitions");
  write($("set"), String(set?.number ?? (sets.length || "–")));
  write($("set-title"), set ? "set" : "sets done");
  write($("seconds"), set ? String(Math.max(Math.round(set.end_s - set.start_s), 0)) : "–");
  // A model without probabilities gives the share of the set's windows.
  const sure = answer?.best ? `probability ${rounded(set?.probability ?? 0)}`
    : `${Math.round(100 * (set?.probability ?? 0))} % of the windows`;
  const first = answer?.best ? `probability ${rounded(answer.best[0][1])}, ` : "";
  write($("answer"), set ? sure : isMoving ? `${first}no set yet` : "");
  const rows = (answer?.best ?? []).map(([name, probability]) => made("div",
    { className: "row" },
    made("span", {}, inWords(name)),
    made("meter", { min: 0, max: 1, value: probability, ariaLabel: inWords(name) }),
    made("span", {}, rounded(probability))));
  $("windows").replaceChildren(...rows);
}

function showState({ state, silent_s: silentS, messages, late, unanswered, doubts = [] }) {
  if (state === "none") {
    showConnection("connected, no phone yet", "");
  } else if (state === "ended") {
    showConnection("this session has ended", "");
  } else if (silentS > SILENT_S) {
    showConnection(`the phone is silent for ${Math.round(silentS)} s`, "lost");
  } else if (state === "deciding") {
    showConnection("the phone sends", "");
  } else {
    showConnection("live", "good");
  }
  $("start").hidden = state !== "none";
  $("now").hidden = state === "none";
  $("live").hidden = state !== "live" && state !== "deciding";
  $("save").hidden = $("remove").hidden = session === null;
  if (session !== null) $("save").href = `/api/sessions/${session}/recording.zip`;
  const parts = messages ? [`${messages} messages`] : [];
  if (late) parts.push(`${late} samples came too late`);
  if (unanswered) parts.push(`${unanswered} windows had gaps`);
  write($("counts"), parts.join(", "));
  const shown = [...$("doubts").children].map((one) => one.textContent);
  if (shown.join("\n") !== doubts.join("\n")) {
    $("doubts").replaceChildren(...doubts.map((text) => made("p", { className: "warn" }, text)));
  }
}

function showConnection(text, kind) {
  write($("connection"), text);
  $("connection").className = `pill ${kind}`;
}

// ------------------------------------------------------------------- sets

/** Say which set has ended, for those who do not see the page. */
function hear(now) {
  const last = now.at(-1);
  if (sets !== null && now.length === sets.length + 1) {
    const counted = last.repetitions === null ? ""
      : `, ${last.within ? "about " : ""}${last.repetitions} repetitions`;
    write($("said"), `Set ${last.number}: ${inWords(last.label)}${counted}`);
  }
  sets = now;
}

function showSets({ set, epoch_s: epochS }) {
  const rows = sets.map((one) => row(one, epochS, ""));
  if (set) rows.push(row(set, epochS, "open"));
  $("sets").replaceChildren(...rows.reverse());
  $("no-sets").hidden = rows.length > 0;
}

/** The number of repetitions, and by how much it may be off. */
const counted = ({ repetitions, within }) =>
  `${repetitions ?? "–"}${within ? ` ±${within}` : ""}`;

function row(set, epochS, className) {
  const cell = (text, kind = "number") => made("td", { className: kind }, String(text));
  const begin = new Date((epochS + set.start_s) * 1000).toLocaleTimeString();
  return made("tr", { className },
    cell(set.number), cell(inWords(set.label), "exercise"), cell(counted(set)),
    cell(begin, "wide"), cell((set.end_s - set.start_s).toFixed(0)),
    cell(rounded(set.probability), "number wide"));
}

// ------------------------------------------------------------------- sessions and model

async function asked(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

async function listSessions() {
  const chosen = $("sessions").value;
  const found = await asked("/api/sessions");
  const options = found.map((one) => {
    const begin = new Date(one.start_s * 1000).toLocaleString();
    const minutes = Math.max(Math.round(one.lasted_s / 60), 1);
    const text = `${one.session}: ${begin}, ${minutes} min, ${one.sets} sets`;
    return made("option", { value: String(one.session) }, text);
  });
  $("sessions").replaceChildren(made("option", { value: "" }, "the newest one"), ...options);
  $("sessions").value = found.some((one) => String(one.session) === chosen) ? chosen : "";
}

async function removeSession() {
  if (!confirm("Delete this session with its samples and sets?")) return;
  await asked(`/api/sessions/${session}`, { method: "DELETE" });
  $("sessions").value = "";
  await listSessions();
  connect();
}

async function showModel() {
  const model = await asked("/api/model");
  const facts = { exercises: model.classes.map(inWords).join(", "), ...model.about };
  facts.exercises = inWords(facts.exercises);
  const items = Object.entries(facts)
    .flatMap(([name, text]) => [made("dt", {}, name), made("dd", {}, text)]);
  $("facts").replaceChildren(...items);
  $("card").hidden = !model.has_card;
  write($("sensors"), model.sensors.join(", "));
  write($("push-url"), `${location.origin}/data?token=…`);
}

// ------------------------------------------------------------------- large figures

function setLarge(isLarge) {
  document.body.classList.toggle("large", isLarge);
  $("large").setAttribute("aria-pressed", String(isLarge));
  if (isLarge) navigator.wakeLock?.request("screen").catch(() => {});
}

$("large").addEventListener("click", () => {
  setLarge(!document.body.classList.contains("large"));
});
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") setLarge(false);
});
$("sessions").addEventListener("change", connect);
$("sessions").addEventListener("focus", () => listSessions().catch(() => {}));
$("remove").addEventListener("click", removeSession);
showModel();
listSessions();
connect();
