// Samples to messages as the app Sensor Logger pushes them, kept until the server has them.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const TIMEOUT_MS = 10000;
/** What the server will never take, however often it is sent. */
const REFUSED = new Set([400, 404, 405, 409, 413, 415, 422]);
const DENIED = new Set([401, 403]);

/** An identifier, also where `crypto.randomUUID` is missing. */
export function makeId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * Sends messages in the order of their numbers, one at a time.
 *
 * At most `mostWaiting` messages wait while the server cannot be reached; then the oldest is
 * dropped and counted in `nDropped`. A message that the server refuses for what it holds is
 * dropped and counted in `nRefused`. `post(text, signal)` returns a `Response`.
 */
export class Sender {
  constructor({ post, deviceId, about = () => ({}), mostWaiting = 1500, onChange = () => {} }) {
    Object.assign(this, { post, deviceId, about, mostWaiting, onChange });
    this.samples = [];
    this.waiting = [];
    this.nSent = 0;
    this.nDropped = 0;
    this.nRefused = 0;
    this.state = "idle";
    this.problem = "";
    this.waitMs = FIRST_WAIT_MS;
    this.timer = null;
    this.isSending = false;
    this.session = null;
    this.sessionId = null;
    this.nMessages = 0;
  }

  /** Take converted samples; `session` is the number that the reader gave them. */
  add({ timeMs, sensors, session }) {
    if (session !== this.session) {
      // What one session holds was converted in one way.
      this.close();
      this.session = session;
      this.begin();
    }
    // The time of a JSON number: whole nanoseconds, of which a double knows every 256th.
    const time = Math.round(timeMs * 1e6);
    for (const [name, [x, y, z]] of Object.entries(sensors)) {
      this.samples.push({ name, time, values: { x, y, z } });
    }
  }

  /** Begin another session. */
  begin() {
    this.sessionId = makeId();
    this.nMessages = 0;
  }

  /** Make a message of the samples so far. */
  close() {
    if (!this.samples.length) return;
    this.waiting.push(JSON.stringify({
      messageId: this.nMessages,
      sessionId: this.sessionId,
      deviceId: this.deviceId,
      payload: this.samples,
      ...this.about(),
    }));
    this.nMessages += 1;
    this.samples = [];
    while (this.waiting.length > this.mostWaiting) {
      // The first one may be on its way; the one after it is the oldest that is not.
      this.waiting.splice(this.isSending ? 1 : 0, 1);
      this.nDropped += 1;
    }
  }

  /** Send what waits, until nothing does or the server cannot take it. */
  async send() {
    if (this.isSending || this.timer !== null) return;
    this.isSending = true;
    while (this.waiting.length) {
      const waitMs = await this.#sendFirst();
      if (waitMs > 0) {
        this.timer = setTimeout(() => this.retry(), waitMs);
        break;
      }
    }
    this.isSending = false;
    this.onChange();
  }

  /** Try again now, as when the network is back. */
  retry() {
    clearTimeout(this.timer);
    this.timer = null;
    return this.send();
  }

  /** Send the first message; return how long to wait before the next try, 0 for not at all. */
  async #sendFirst() {
    let response;
    try {
      response = await this.post(this.waiting[0], AbortSignal.timeout?.(TIMEOUT_MS)); // not before iOS 16
    } catch (error) {
      return this.#wait("offline", String(error.message ?? error));
    }
    const said = `the server answers ${response.status}`;
    if (response.ok) {
      this.nSent += 1;
    } else if (REFUSED.has(response.status)) {
      this.nRefused += 1;
      this.problem = `${said}: ${(await response.text().catch(() => "")).slice(0, 200)}`;
    } else if (DENIED.has(response.status)) {
      return this.#wait("denied", said);
    } else {
      const seconds = Number(response.headers.get("Retry-After"));
      return this.#wait("busy", said, seconds > 0 ? seconds * 1000 : 0);
    }
    this.waiting.shift();
    this.waitMs = FIRST_WAIT_MS;
    this.state = response.ok ? "sending" : "refused";
    this.onChange();
    return 0;
  }

  #wait(state, problem, leastMs = 0) {
    this.state = state;
    this.problem = problem;
    const waitMs = Math.min(Math.max(this.waitMs, leastMs), 60000);
    this.waitMs = Math.min(this.waitMs * 2, LONGEST_WAIT_MS);
    this.onChange();
    return waitMs;
  }
}
