// Which of alpha, beta and gamma is the rate about x, y and z: gravity shows it.

/** The axes of `rotationRate`, as browsers have them and as the standard had them. */
export const AXES = { "alpha, beta, gamma": [0, 1, 2], "beta, gamma, alpha": [1, 2, 0] };
const USUAL = "alpha, beta, gamma";
const RADIANS = Math.PI / 180;
/** Turns are compared over so long, in milliseconds: longer than the noise of one sample. */
const PIECE_MS = 100;
/** Events further apart than this have a gap between them. */
const GAP_MS = 100;
/** Gravity has to turn by so much altogether, in m/s²: about two radians. */
const ENOUGH = 20;
const LEAST_CORRELATION = 0.8;
const LEAST_AHEAD = 0.2;
/** Gravity that moved less within a piece is noise, in m/s². */
const LEAST_TURN = 0.3;

export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const norm = (a) => Math.sqrt(dot(a, a));
export const cross = (a, b) => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const ordered = (rates, axes) => AXES[axes].map((i) => rates[i]);

/** Compares how gravity turns with what the rates say, until one reading of them fits. */
export class RotationEvidence {
  constructor() {
    this.axes = USUAL;
    this.factor = RADIANS;
    this.isDecided = false;
    this.wasChanged = false;
    this.wrongScale = null;
    this.#restart();
    this.last = null;
    this.piece = null;
  }

  get unit() {
    return Math.abs(this.factor) === 1 ? "rad/s" : "deg/s";
  }

  /** Take gravity and the rates of one event; return whether the conversion has changed. */
  take(gravity, rates, timeMs) {
    const before = this.last;
    this.last = { gravity, rates, timeMs };
    if (before === null || !(timeMs > before.timeMs) || timeMs - before.timeMs > GAP_MS) {
      this.piece = { startMs: timeMs, gravity, turns: this.#noTurns() };
      return false;
    }
    const seconds = (timeMs - before.timeMs) / 1000;
    const middle = gravity.map((v, i) => (v + before.gravity[i]) / 2);
    const mean = rates.map((v, i) => (v + before.rates[i]) / 2);
    for (const axes of Object.keys(AXES)) {
      const turn = cross(middle, ordered(mean, axes));
      this.piece.turns[axes] = this.piece.turns[axes].map((v, i) => v + turn[i] * seconds);
    }
    if (timeMs - this.piece.startMs < PIECE_MS) return false;
    const { piece } = this;
    this.piece = { startMs: timeMs, gravity, turns: this.#noTurns() };
    return this.#add(gravity.map((v, i) => v - piece.gravity[i]), piece.turns);
  }

  convert(rates) {
    return ordered(rates, this.axes).map((v) => v * this.factor);
  }

  doubts(hasGravity) {
    if (this.wrongScale !== null) {
      return [
        `IMPLAUSIBLE: the rotation rate is ${this.wrongScale.toFixed(2)} times the turn of ` +
        "gravity. It is read as degrees per second.",
      ];
    }
    if (this.wasChanged) {
      return [
        `CONTRADICTION: the rates about x, y and z are ${this.axes} in ` +
        `${this.factor < 0 ? "minus " : ""}${this.unit} according to gravity, which is not ` +
        "what browsers are known for. Gravity decides.",
      ];
    }
    if (this.isDecided) return [];
    return [
      "UNDECIDED: the axes of the rotation rate are those of all known browsers, and " +
      (hasGravity ? "no turn of the device has confirmed them." : "no gravity can confirm them."),
    ];
  }

  #noTurns() {
    return Object.fromEntries(Object.keys(AXES).map((axes) => [axes, [0, 0, 0]]));
  }

  #restart() {
    this.path = 0;
    this.squares = 0;
    this.found = Object.fromEntries(
      Object.keys(AXES).map((axes) => [axes, { both: 0, own: 0 }]),
    );
  }

  #add(turned, turns) {
    if (norm(turned) < LEAST_TURN) return false;
    this.path += norm(turned);
    this.squares += dot(turned, turned);
    for (const [axes, found] of Object.entries(this.found)) {
      found.both += dot(turned, turns[axes]);
      found.own += dot(turns[axes], turns[axes]);
    }
    if (this.path < ENOUGH) return false;
    const fits = Object.entries(this.found).map(([axes, { both, own }]) => ({
      axes,
      correlation: own > 0 ? both / Math.sqrt(own * this.squares) : 0,
      scale: own > 0 ? both / own : 0,
    }));
    this.#restart();
    fits.sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation));
    const [best, other] = fits;
    const ahead = Math.abs(best.correlation) - Math.abs(other.correlation);
    if (Math.abs(best.correlation) < LEAST_CORRELATION || ahead < LEAST_AHEAD) return false;
    return this.#decide(best);
  }

  #decide({ axes, scale }) {
    const factor = [RADIANS, 1].find((f) => Math.abs(scale) > f / 1.5 && Math.abs(scale) < f * 1.5);
    this.wrongScale = factor === undefined ? RADIANS / scale : null;
    const before = { axes: this.axes, factor: this.factor };
    this.axes = axes;
    this.factor = (factor ?? RADIANS) * Math.sign(scale);
    this.isDecided = true;
    const changed = before.axes !== this.axes || before.factor !== this.factor;
    this.wasChanged ||= changed;
    return changed;
  }
}
