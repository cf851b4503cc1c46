// The page: sends what the sensors of this phone measure, and shows that it does.

import { makeId, Sender } from "./sending.js";
import { MotionSource } from "./source.js";

const MESSAGE_MS = 250;
const SHOWN_MS = 5000;
const find = (id) => document.getElementById(id);

const source = new MotionSource({ onSamples: take, onBreak: beginSession });
const sender = new Sender({ post, deviceId: deviceId(), about });
const shown = [];
let motion = {};
let timer = null;

/** The name of this device, kept between visits where the browser allows it. */
function deviceId() {
  const made = `${source.platform || "browser"}-${makeId().slice(0, 6)}`;
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

/** What the server has to know about the samples: how those before the next ones were read. */
function about() {
  // Whatever the phone is, its samples now have the signs and units of Android.
  return { platform: "android", motion };
}

function take(samples) {
  for (const sample of samples) {
    sender.add(sample);
    if (sample.sensors.totalacceleration) shown.push(sample);
  }
  motion = { ...source.reader.convention, doubts: source.doubts };
}

function beginSession() {
  sender.close();
  sender.begin();
}

async function start() {
  find("start").disabled = true;
  const trouble = await source.permit(
    "Start the server with --https, and open the address that it prints.");
  find("start").disabled = false;
  announce(trouble);
  if (trouble) return;
  beginSession();
  clearInterval(timer);
  source.start();
  find("start").hidden = true;
  for (const id of ["stop", "live", "check"]) find(id).hidden = false;
  find("device").textContent = sender.deviceId;
  await keepAwake();
  timer = setInterval(tick, MESSAGE_MS);
  tick();
}

function stop() {
  source.stop();
  find("start").hidden = false;
  find("stop").hidden = true;
  // What waits is sent all the same: the timer goes on until nothing does.
}

async function keepAwake() {
  find("screen").textContent = await source.keepAwake() ? "stays on"
    : "may go dark: switch that off in the settings, or touch it now and then";
}

function tick() {
  sender.close();
  sender.send();
  show();
  if (!source.isOn && !sender.waiting.length) {
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
  const rate = source.rateHz;
  const { isSilent } = source;
  const state = isSilent ? "silent" : !source.isOn && !sender.waiting.length ? "ready" : sender.state;
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
    return "No motion arrives. Laptops have no motion sensors; on a phone, allow them in the settings of the browser.";
  }
  if (sender.nDropped) return `${sender.nDropped} messages were dropped, the oldest first, because too many waited.`;
  return ["denied", "refused"].includes(sender.state) ? `${WORDS[sender.state]}: ${sender.problem}.` : "";
}

function sensorNames() {
  const { had } = source.reader;
  return [had.total && "acceleration", had.rotation && "rotation"].filter(Boolean).join(" and ");
}

function showDoubts() {
  const found = source.doubts;
  const { rotation, had } = source.reader;
  const isOpen = !rotation.isDecided && had.rotation && had.moving;
  find("checked").textContent = isOpen
    ? "Turn the phone over slowly, once about each of its three axes, so that its axes can be checked."
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
  if (document.visibilityState === "visible" && source.isOn) keepAwake();
});
