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

const byId = (id) => document.getElementById(id);

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
  #id = null;
  #session = null;
  #said = "";

  constructor({ newId, begin, send, end, drop, nameOf }) {
    Object.assign(this, { newId, begin, send, end, drop, nameOf });
    this.source = new MotionSource({
      onSamples: (samples) => this.#take(samples),
      onBreak: () => this.#endRecording(),
    });
    byId("live-start").addEventListener("click", () => this.#start());
    byId("live-stop").addEventListener("click", () => this.#stop());
    byId("live-aloud").addEventListener("change", () => this.#say("Counting"));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.source.isOn) this.source.keepAwake();
    });
  }

  /** Let the user start, if a browser has the sensors that a model needs. */
  offer(model) {
    const missing = [...new Set(model.settings.channels.map(sensorOf))]
      .filter((sensor) => !SENSORS.includes(sensor));
    byId("live-start").disabled = missing.length > 0;
    if (missing.length) {
      this.#warn(`The model needs ${missing.join(" and ")}, which browsers do not have: `
        + "this page recognizes recordings only.");
    }
  }

  /** Show what was found in a recording, if it is the one that goes on. */
  show(id, { found, message }) {
    if (id !== this.#id) return;
    this.#warn(message ?? "");
    if (!found) return;
    const { set, window, over } = found;
    const exercise = set ? this.nameOf(set) ?? "Not recognized" : NO_SET;
    // What stays the same is not read aloud again.
    if (byId("live-exercise").textContent !== exercise) {
      byId("live-exercise").textContent = exercise;
    }
    const count = set?.repetitions?.length ?? 0;
    byId("live-count").textContent = String(count);
    const nSets = over.length + (set ? 1 : 0);
    byId("live-sets").textContent = String(nSets);
    byId("live-of-sets").textContent = nSets === 1 ? "set" : "sets";
    byId("live-of-count").textContent = count === 1 ? "repetition" : "repetitions";
    const sure = (one) => (one.probability === null ? "" : ` (${one.probability.toFixed(2)})`);
    byId("live-window").textContent = set?.error ?? (window
      ? `The last window is most like ${window.exercise}${sure(window)}.` : "");
    byId("live-over").hidden = !over.length;
    byId("live-over").replaceChildren(...over.map((one) => element(
      "li", {},
      `${this.nameOf(one) ?? "not recognized"}${one.error ? "" : sure(one)}, `
      + `${one.repetitions?.length ?? "?"} repetitions, ${clockTime(one.startS, 0)} to `
      + clockTime(one.endS, 0))));
    if (set && count) this.#say(String(count));
  }

  async #start() {
    byId("live-start").disabled = true;
    const trouble = await this.source.permit(
      "Open this page at an https address: put its folder on a web server with https, or "
      + "start sk-imu serve with --https.");
    byId("live-start").disabled = false;
    this.#warn(trouble);
    if (trouble) return;
    // A browser of a phone speaks later only if it has spoken in the moment of a tap.
    this.#say("Started");
    this.source.start();
    this.source.keepAwake();
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

  #take(samples) {
    const [{ session }] = samples.slice(-1);
    // What one recording holds was converted in one way.
    if (this.#id !== null && session !== this.#session) this.#endRecording();
    if (this.#id === null) {
      this.#session = session;
      this.#id = this.newId();
      this.name = `Live, ${new Date(samples[0].timeMs).toTimeString().slice(0, 8)}`;
      this.startMs = samples[0].timeMs;
      this.begin(this.#id, this.name);
      this.show(this.#id, { found: { set: null, window: null, over: [] } });
    }
    this.#samples.push(...samples);
    this.#shown.push(...samples);
    this.endMs = this.#shown[this.#shown.length - 1].timeMs;
  }

  #endRecording() {
    if (this.#id === null) return;
    this.#send();
    if (this.endMs - this.startMs >= LEAST_MS) this.end(this.#id, this.name, this.source.doubts);
    else this.drop(this.#id);
    this.#id = null;
  }

  #send() {
    if (this.#id === null || !this.#samples.length) return;
    this.send(this.#id, this.#samples);
    this.#samples = [];
  }

  #tick() {
    this.#send();
    const { isSilent, rateHz, reader: { rotation, had } } = this.source;
    if (isSilent) {
      this.#warn("No motion arrives. Laptops have no motion sensors; on a phone, allow them in "
        + "the settings of the browser.");
    }
    byId("live-rate").textContent = rateHz ? `${rateHz.toFixed(0)} samples a second. ` : "";
    const isOpen = !rotation.isDecided && had.rotation && had.moving;
    byId("live-hint").hidden = !isOpen;
    // The turn that is asked for may end them.
    const doubts = isOpen ? [] : this.source.doubts;
    byId("live-doubts").replaceChildren(...doubts.map((doubt) =>
      element("p", { class: "warn" }, ...inWords(doubt))));
    this.#draw();
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
    byId("live-trouble").textContent = text;
    byId("live-trouble").hidden = !text;
  }

  #say(text) {
    if (!byId("live-aloud").checked || text === this.#said) return;
    this.#said = text;
    speechSynthesis.cancel(); // a number that is late is wrong
    speechSynthesis.speak(new SpeechSynthesisUtterance(text));
  }
}
