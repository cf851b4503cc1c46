// What this device does now: its own motion sensors, live.

import { sensorOf } from "../channels.js";
import { MotionSource } from "../motion/source.js";
import { clockTime, element } from "./dom.js";
import { inWords } from "./recording.js";

const SEND_MS = 250;
/** A recording that is shorter holds no set. */
const LEAST_MS = 5000;
const SHOWN_MS = 5000;
/** What browsers give; others of the model's sensors are in recordings only. */
const SENSORS = ["Accelerometer", "Gravity", "TotalAcceleration", "Gyroscope"];
const NO_SET = "No set";
const NOTHING = { set: null, window: null, over: [] };

const byId = (id) => document.getElementById(id);

/** Set the text of an element; what stays the same is not read aloud again. */
function write(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

/**
 * Asks for the sensors, sends their samples to the worker, and shows its answers.
 *
 * Each recording has a number of `newId()`. `begin(id, name)` is called first, then
 * `send(id, samples)`, and at last `end(id, name, doubts)`, or `drop(id)` if it was short.
 * `nameOf(set)` is what a set is called, null if it was not recognized.
 */
export class LiveView {
  #samples = [];
  #shown = [];
  #timer = null;
  /** The recording that goes on: its number, name, first and last time, and doubts. */
  #recording = null;
  #said = "";

  constructor({ newId, begin, send, end, drop, nameOf }) {
    Object.assign(this, { newId, begin, send, end, drop, nameOf });
    this.source = new MotionSource({
      onSamples: (samples) => samples.forEach((sample) => this.#take(sample)),
      onBreak: () => this.#endRecording(),
    });
    byId("live-start").addEventListener("click", () => this.#start());
    byId("live-stop").addEventListener("click", () => this.#stop());
    byId("live-aloud").parentElement.hidden = !("speechSynthesis" in window);
    byId("live-aloud").addEventListener("change", () => this.#say("Counting"));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.source.isOn) this.#keepAwake();
    });
    addEventListener("beforeunload", (event) => {
      if (this.source.isOn) event.preventDefault();
    });
  }

  /** Let the user start, if a browser has the sensors that a model needs. */
  offer(model) {
    const missing = [...new Set(model.settings.channels.map(sensorOf))]
      .filter((sensor) => !SENSORS.includes(sensor));
    byId("live-start").disabled = missing.length > 0;
    if (missing.length) {
      this.#warn(`The model needs ${missing.join(" and ")}, which browsers do not have: this `
        + "page recognizes recordings only.");
    }
  }

  /** Show what was found in a recording, if it is the one that goes on. */
  show(id, { found, message }) {
    if (id !== this.#recording?.id) return;
    this.#warn(message ?? "");
    if (found) this.#showFound(found);
  }

  #showFound({ set, window, over }) {
    const sure = (one) => (one.probability === null ? "" : ` (${one.probability.toFixed(2)})`);
    const count = set?.repetitions?.length ?? 0, nSets = over.length + (set ? 1 : 0);
    write("live-exercise", set ? this.nameOf(set) ?? "Not recognized" : NO_SET);
    write("live-count", String(count));
    write("live-of-count", count === 1 ? "repetition" : "repetitions");
    write("live-sets", String(nSets));
    write("live-of-sets", nSets === 1 ? "set" : "sets");
    write("live-window", set?.error ?? (window
      ? `The last window is most like ${window.exercise}${sure(window)}.` : ""));
    byId("live-over").hidden = !over.length;
    byId("live-over").replaceChildren(...over.map((one) => element(
      "li", {},
      `${this.nameOf(one) ?? "not recognized"}${one.error ? "" : sure(one)}, `
      + `${one.repetitions?.length ?? "?"} repetitions, ${clockTime(one.startS, 0)} to `
      + clockTime(one.endS, 0))));
    if (count) this.#say(String(count));
    else this.#said = "";
  }

  async #start() {
    // A phone's browser speaks later only if it has spoken in the moment of a tap.
    this.#say("");
    byId("live-start").disabled = true;
    const trouble = await this.source.permit(
      "Open this page at an https address: put its folder on a web server with https, or "
      + "start sk-imu serve with --https.");
    byId("live-start").disabled = false;
    this.#warn(trouble);
    if (trouble) return;
    this.#shown = [];
    this.#showFound(NOTHING);
    this.source.start();
    this.#keepAwake();
    this.#toggle(true);
    this.#timer = setInterval(() => this.#tick(), SEND_MS);
  }

  #stop() {
    clearInterval(this.#timer);
    this.source.stop();
    this.#endRecording();
    this.#toggle(false);
  }

  #toggle(isOn) {
    byId("live-start").hidden = isOn;
    for (const id of ["live-stop", "live-now"]) byId(id).hidden = !isOn;
  }

  async #keepAwake() {
    const isKept = await this.source.keepAwake();
    write("live-screen", isKept ? ""
      : " The screen may go dark: switch that off in the settings, or touch it now and then.");
  }

  #take(sample) {
    // What one recording holds was converted in one way.
    if (this.#recording && sample.session !== this.#recording.session) this.#endRecording();
    if (!this.#recording) this.#beginRecording(sample);
    this.#samples.push(sample);
    if (sample.sensors.totalacceleration ?? sample.sensors.gyroscope) this.#shown.push(sample);
    this.#recording.endMs = sample.timeMs;
    // Those of now: what ends a recording may change them.
    this.#recording.doubts = this.source.doubts;
  }

  #beginRecording({ timeMs, session }) {
    const id = this.newId(), name = `Live, ${new Date(timeMs).toTimeString().slice(0, 8)}`;
    this.#recording = { id, name, session, startMs: timeMs };
    this.#shown = [];
    this.begin(id, name);
    this.#showFound(NOTHING);
  }

  #endRecording() {
    if (!this.#recording) return;
    this.#send();
    const { id, name, startMs, endMs, doubts } = this.#recording;
    if (endMs - startMs >= LEAST_MS) this.end(id, name, doubts);
    else this.drop(id);
    this.#recording = null;
  }

  #send() {
    if (!this.#recording || !this.#samples.length) return;
    this.send(this.#recording.id, this.#samples);
    this.#samples = [];
  }

  #tick() {
    this.#send();
    const { isSilent, rateHz, doubts, reader: { rotation, had } } = this.source;
    if (isSilent) {
      this.#warn("No motion arrives. Laptops have no motion sensors; on a phone, allow them in "
        + "the settings of the browser.");
    }
    write("live-rate", rateHz ? `${rateHz.toFixed(0)} samples a second. ` : "");
    const isOpen = !rotation.isDecided && had.rotation && had.moving;
    byId("live-hint").hidden = !isOpen;
    // The turn that is asked for may end this one.
    this.#showDoubts(doubts.filter((doubt) =>
      !(isOpen && doubt.includes("axes of the rotation rate"))));
    this.#draw();
  }

  #showDoubts(doubts) {
    const key = doubts.join("\n"), list = byId("live-doubts");
    if (list.dataset.key === key) return;
    list.dataset.key = key;
    list.replaceChildren(...doubts.map((doubt) =>
      element("p", { class: "warn" }, ...inWords(doubt))));
  }

  #draw() {
    const last = this.#shown[this.#shown.length - 1]?.timeMs;
    if (last === undefined) return;
    while (last - this.#shown[0].timeMs > SHOWN_MS) this.#shown.shift();
    ["x", "y", "z"].forEach((axis, i) => {
      const points = this.#shown.map(({ timeMs, sensors }) => {
        const most = sensors.totalacceleration ? 20 : 10;
        const value = (sensors.totalacceleration ?? sensors.gyroscope)[i] / most;
        const height = 40 * (1 - Math.max(-1, Math.min(1, value)));
        return `${(300 * (1 - (last - timeMs) / SHOWN_MS)).toFixed(1)},${height.toFixed(1)}`;
      });
      byId("live-trace").querySelector(`.${axis}`).setAttribute("points", points.join(" "));
    });
  }

  #warn(text) {
    write("live-trouble", text);
    byId("live-trouble").hidden = !text;
  }

  #say(text) {
    if (!byId("live-aloud").checked || (text && text === this.#said)) return;
    this.#said = text;
    speechSynthesis.cancel(); // a number that is late is wrong
    speechSynthesis.speak(new SpeechSynthesisUtterance(text));
  }
}
