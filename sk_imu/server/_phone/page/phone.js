// The page: permission, events, what is shown.

import { MotionReader, platformOf } from "./motion.js";
import { makeId, Sender } from "./sending.js";

const MESSAGE_MS = 250;
const SILENT_MS = 3000;
const SHOWN_MS = 5000;
/** The clock of the page may differ from that of the phone by so much more than at first. */
const CLOCK_MS = 1000;
const find = (id) => document.getElementById(id);

const platform = platformOf(navigator);
const reader = new MotionReader(platform);
const sender = new Sender({ post, deviceId: deviceId(), about });
const shown = [];
let arrivals = [];
let startedMs = null;
let timer = null;
let lock = null;
let clockDoubt = "";
let originMs = Date.now() - performance.now();

/** The name of this device, kept between visits where the browser allows it. */
function deviceId() {
  const made = `${platform || "browser"}-${makeId().slice(0, 6)}`;
  try {
    const kept = localStorage.getItem("sk-imu device") ?? made;
    localStorage.setItem("sk-imu device", kept);
    return kept;
  } catch {
    return made;
  }
}

function post(body, signal) {
  // The cookie that the server set when the page was opened has the token.
  const headers = { "Content-Type": "application/json" };
  return fetch("data", { method: "POST", headers, body, signal, redirect: "error" });
}

/** What the server has to know about the samples. */
function about() {
  // Whatever the phone is, its samples now have the signs and units of Android.
  return { platform: "android", motion: { ...reader.convention, doubts: doubts() } };
}

function doubts() {
  return clockDoubt ? [...reader.doubts, clockDoubt] : reader.doubts;
}

/** The time of an event in milliseconds since 1970. */
function timeOf(event) {
  // Events are stamped on the clock of `performance`; some old browsers have another one.
  const isOther = Math.abs(performance.now() - event.timeStamp) > 5000;
  if (isOther) clockDoubt = "UNDECIDED: events are stamped by an unknown clock; times are those of their arrival.";
  return originMs + (isOther ? performance.now() : event.timeStamp);
}

/** Begin another session where the clock of the page stood still, as while a phone sleeps. */
function checkClock() {
  const nowMs = Date.now() - performance.now();
  if (Math.abs(nowMs - originMs) < CLOCK_MS) return;
  originMs = nowMs;
  sender.close();
  sender.begin();
}

function onMotion(event) {
  checkClock();
  const timeMs = timeOf(event);
  const samples = reader.takeMotion(event, timeMs);
  if (!reader.had.total && !reader.had.rotation) return;
  arrivals.push(performance.now());
  for (const sample of samples) {
    sender.add(sample);
    if (sample.sensors.totalacceleration) shown.push(sample);
  }
}

function onOrientation(event) {
  reader.takeOrientation(event, timeOf(event));
}

/** Ask for permission, which iOS gives only to a tap. Return what is in the way, or "". */
async function permit() {
  if (!isSecureContext) {
    return "Browsers give motion sensors to https pages only. Start the server with --https, and open the address that it prints.";
  }
  if (!("DeviceMotionEvent" in window)) return "This browser has no motion sensors.";
  try {
    // Both at once: Safari asks one question, and only in the moment of the tap.
    const asked = [DeviceMotionEvent, window.DeviceOrientationEvent]
      .filter((kind) => typeof kind?.requestPermission === "function")
      .map((kind) => kind.requestPermission());
    const given = await Promise.all(asked);
    if (given.every((answer) => answer === "granted")) return "";
  } catch (error) {
    return `The browser did not ask for permission: ${error.message}. Tap Start again.`;
  }
  return "The motion sensors were not permitted. Reload the page and tap Allow; Safari asks again after its website data were removed.";
}

async function start() {
  find("start").disabled = true;
  const trouble = await permit();
  find("start").disabled = false;
  announce(trouble);
  if (trouble) return;
  sender.close();
  sender.begin();
  clearInterval(timer);
  startedMs = performance.now();
  arrivals = [];
  addEventListener("devicemotion", onMotion);
  addEventListener("deviceorientation", onOrientation);
  find("start").hidden = true;
  for (const id of ["stop", "live", "check"]) find(id).hidden = false;
  find("device").textContent = sender.deviceId;
  await keepAwake();
  timer = setInterval(tick, MESSAGE_MS);
  tick();
}

function stop() {
  removeEventListener("devicemotion", onMotion);
  removeEventListener("deviceorientation", onOrientation);
  startedMs = null;
  find("start").hidden = false;
  find("stop").hidden = true;
  lock?.release();
  // What waits is sent all the same: the timer goes on until nothing does.
}

async function keepAwake() {
  let text = "may go dark: switch that off in the settings, or touch it now and then";
  try {
    lock = await navigator.wakeLock?.request("screen") ?? null;
    if (lock) text = "stays on";
  } catch {
    // A phone that saves power refuses.
  }
  find("screen").textContent = text;
}

function tick() {
  sender.close();
  sender.send();
  show();
  if (startedMs === null && !sender.waiting.length) {
    clearInterval(timer);
    show();
  }
}

function announce(text) {
  // What stays the same is not read aloud again.
  if (find("trouble").textContent !== text) find("trouble").textContent = text;
  find("trouble").hidden = !text;
}

const WORDS = {
  idle: "Starting …", sending: "Sending", offline: "No connection", busy: "The server is busy",
  denied: "The server refuses the token", refused: "The server refuses messages",
};

function show() {
  const now = performance.now();
  arrivals = arrivals.filter((ms) => now - ms < 2000);
  const seconds = Math.min(2, (now - (startedMs ?? now)) / 1000);
  const rate = seconds > 0.5 ? arrivals.length / seconds : 0;
  const isSilent = startedMs !== null && now - startedMs > SILENT_MS && !arrivals.length;
  const state = isSilent ? "silent" : startedMs === null && !sender.waiting.length ? "ready" : sender.state;
  const words = isSilent ? "No motion arrives" : state === "ready" ? "Stopped" : WORDS[state];
  find("state").dataset.state = state;
  if (find("heard").textContent !== words) find("heard").textContent = words;
  find("state-text").textContent = state === "sending" ? `${words}, ${rate.toFixed(0)} Hz` : words;
  find("rate").textContent = rate ? `${rate.toFixed(0)} Hz of ${sensorNames()}` : "none";
  const lost = sender.nDropped + sender.nRefused;
  find("sent").textContent = `${sender.nSent} sent${lost ? `, ${lost} lost` : ""}`;
  // One or two are on their way.
  find("waiting").textContent = sender.waiting.length > 2
    ? `${sender.waiting.length} messages, ${(sender.waiting.length * MESSAGE_MS / 1000).toFixed(0)} s`
    : "none";
  announce(troubleOf(isSilent));
  showDoubts();
  draw();
}

function troubleOf(isSilent) {
  if (isSilent) {
    return "This device sends no motion. A laptop has no such sensors; on a phone, allow motion sensors in the settings of the browser.";
  }
  if (sender.nDropped) return `${sender.nDropped} messages were dropped, the oldest first, because too many waited.`;
  return ["denied", "refused"].includes(sender.state) ? `${WORDS[sender.state]}: ${sender.problem}.` : "";
}

function sensorNames() {
  const { had } = reader;
  return [had.total && "acceleration", had.rotation && "rotation"].filter(Boolean).join(" and ");
}

function showDoubts() {
  const found = doubts();
  const isOpen = !reader.rotation.isDecided && reader.had.rotation && reader.had.moving;
  find("checked").textContent = isOpen
    ? "Turn the phone slowly, once around each of its sides, so that its axes can be checked."
    : found.length ? "Recordings from this phone are marked with:" : "Checked: signs and axes agree with gravity.";
  const list = find("doubts");
  const texts = [...list.children].map((item) => item.textContent);
  if (texts.join("\n") === found.join("\n")) return;
  list.replaceChildren(...found.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
}

function draw() {
  const last = shown.at(-1)?.timeMs;
  if (last === undefined) return;
  while (last - shown[0].timeMs > SHOWN_MS) shown.shift();
  ["x", "y", "z"].forEach((axis, i) => {
    const points = shown.map(({ timeMs, sensors }) => {
      const value = Math.max(-20, Math.min(20, sensors.totalacceleration[i]));
      return `${(300 * (1 - (last - timeMs) / SHOWN_MS)).toFixed(1)},${(40 - value * 2).toFixed(1)}`;
    });
    find("trace").querySelector(`.${axis}`).setAttribute("points", points.join(" "));
  });
}

find("start").addEventListener("click", start);
find("stop").addEventListener("click", stop);
addEventListener("online", () => sender.retry());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && startedMs !== null) keepAwake();
});
