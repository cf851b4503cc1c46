// The way of a set: countdown, recording, review. With sounds, because nobody looks then.

const TICK_MS = 100;

/** Short tones. */
class Sounds {
  /** Make sounds possible, which browsers allow in the moment of a click only. */
  allow() {
    this.context ??= "AudioContext" in window ? new AudioContext() : null;
    this.context?.resume();
  }

  play(hertz, seconds) {
    try {
      const tone = this.context.createOscillator();
      const volume = this.context.createGain();
      const now = this.context.currentTime;
      volume.gain.setValueAtTime(0.2, now);
      volume.gain.exponentialRampToValueAtTime(0.001, now + seconds);
      tone.frequency.value = hertz;
      tone.connect(volume).connect(this.context.destination);
      tone.start(now);
      tone.stop(now + seconds);
    } catch {
      // Without sound, the page shows the same.
    }
  }
}

/**
 * `begin` asks the server to start, and `end(seconds)` to stop so many seconds ago. `onChange`
 * gets the recorder, whose `state` is "idle", "countdown", "recording" or "review", with the
 * `text` to show; `onError` what goes wrong when a set ends by itself.
 */
export class Recorder {
  constructor({ begin, end, onChange, onError }) {
    Object.assign(this, { begin, end, onChange, onError });
    this.sounds = new Sounds();
    this.timer = null;
    this.#set("idle", "Ready");
  }

  /** Check, count down, and record until `stop`, or for some seconds. */
  async start({ countdownS, lengthS, check }) {
    this.sounds.allow();
    await check();
    this.lengthS = lengthS;
    this.untilMs = performance.now() + countdownS * 1000;
    this.shown = null;
    this.#set("countdown", String(countdownS));
    await this.#tick();
  }

  async stop() {
    clearTimeout(this.timer);
    if (this.state === "countdown") {
      this.#set("idle", "Ready");
    } else if (this.state === "recording") {
      this.endMs ??= performance.now();
      this.#set("waiting", "Waiting for the last samples …");
      this.sounds.play(440, 0.6);
      try {
        await this.end((performance.now() - this.endMs) / 1000);
        this.#set("review", "");
      } catch (error) {
        // A server that did not answer still has the set: it can be stopped again.
        if (error.isUnanswered) this.#set("recording", "–");
        else this.#set("idle", "Ready");
        throw error;
      }
    }
  }

  reset() {
    this.#set("idle", "Ready");
  }

  async #tick() {
    const leftS = (this.untilMs - performance.now()) / 1000;
    if (this.state === "countdown" && leftS > 0) {
      const whole = Math.ceil(leftS);
      if (whole !== this.shown) this.sounds.play(660, 0.15);
      this.shown = whole;
      this.#set("countdown", String(whole));
    } else if (this.state === "countdown") {
      await this.#record();
    } else if (this.state === "recording") {
      const seconds = (performance.now() - this.startMs) / 1000;
      this.#set("recording", `${Math.floor(seconds)} s`);
      if (this.lengthS && seconds >= this.lengthS) {
        // Timers of a page that is not seen are late.
        this.endMs = this.startMs + this.lengthS * 1000;
        await this.stop().catch(this.onError);
        return;
      }
    }
    if (["countdown", "recording"].includes(this.state)) {
      this.timer = setTimeout(() => this.#tick(), TICK_MS);
    }
  }

  async #record() {
    this.#set("starting", "…");
    try {
      await this.begin();
    } catch (error) {
      this.#set("idle", `Not started: ${error.message}`);
      return;
    }
    this.sounds.play(880, 0.6);
    this.startMs = performance.now();
    this.endMs = null;
    this.#set("recording", "0 s");
  }

  #set(state, text) {
    this.state = state;
    this.text = text;
    this.onChange(this);
  }
}
