// Match a template of one repetition with every piece of a movement.
//
// As in sk_imu/segmentation/_matching.py, where the weights are explained.

import { median } from "../signal/clocks.js";

/** Timesteps per period while repetitions are searched for. */
export const N_PHASES = 32;
const N_LENGTHS = 13;
const N_BEGINNINGS = 16;
const N_ROUNDS = 3;
const N_SPEED = 3, N_POSTURE = 2, N_SET_END = 4, N_AROUND = 8;
const MOST_MISSING = 0.6;
/** What counts against a phase: for the place of the repetitions, and for their number. */
const PLACE = { speed: 0.3, posture: 0.7 };
const NUMBER = { speed: 0.5, posture: 0.2 };
const ALIKE = 0.675;

/** As Python rounds: halves to the even neighbor. */
function rounded(value) {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 ? low + 1 : low;
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Return the one that is worth most, the first of equals. */
const best = (weighed) => weighed.reduce((top, one) => (one.worth > top.worth ? one : top));

/** Return the best pieces of the number that is worth most over all phases, and its share. */
function voted(weighed) {
  const votes = new Map();
  for (const { pieces: { length }, worth } of weighed) {
    votes.set(length, (votes.get(length) ?? 0) + worth);
  }
  const [number, votesFor] = [...votes].reduce((top, one) => (one[1] > top[1] ? one : top));
  const { pieces } = best(weighed.filter((one) => one.pieces.length === number));
  return { pieces, agreement: votesFor / sum([...votes.values()]) };
}

/** Compare a template with every piece of a movement, at several lengths. */
export class Matcher {
  constructor(motion, minConfidence, { isCut }) {
    this.minConfidence = minConfidence;
    this.isCut = isCut;
    this.seen = motion;
    this.nSeen = motion[0].length;
    // Half a period of unknown values on either side, so that cut repetitions match, too.
    this.pad = N_PHASES / 2;
    this.nTimesteps = this.nSeen + 2 * this.pad;
    this.motion = motion.map((row) => {
      const padded = new Float64Array(this.nTimesteps);
      padded.set(row, this.pad);
      return padded;
    });
    const all = Array.from({ length: N_LENGTHS }, (_, i) =>
      rounded(N_PHASES * 0.6 * (1.6 / 0.6) ** (i / (N_LENGTHS - 1))));
    this.lengths = [...new Set(all)].filter((length) => length <= this.nTimesteps);
    this.places = this.lengths.map((length) => placesIn(length));
    this.partly = this.lengths.map(() => new Map());
    this.energy = this.lengths.map((length, i) => this.energies(length, i));
  }

  /** Return how many pieces of a length there are. */
  count(i) {
    return this.nTimesteps - this.lengths[i] + 1;
  }

  /** Return the energy of each piece of a length. */
  energies(length, i) {
    const { left, weight } = this.places[i];
    const energy = new Float64Array(this.count(i));
    for (const row of this.motion) {
      for (let start = 0; start < energy.length; start++) {
        let square = 0;
        for (let p = 0; p < N_PHASES; p++) {
          const at = start + left[p];
          square += (row[at] * (1 - weight[p]) + row[at + 1] * weight[p]) ** 2;
        }
        energy[start] += square;
      }
    }
    return energy;
  }

  /** Return a piece: an array of phases for each axis. */
  piece(i, start) {
    const { left, weight } = this.places[i];
    return this.motion.map((row) => Float64Array.from(left, (offset, p) =>
      row[start + offset] * (1 - weight[p]) + row[start + offset + 1] * weight[p]));
  }

  /** Return how far each phase of a piece is known. */
  known(i, start) {
    const found = this.partly[i];
    if (!found.has(start)) {
      const { left, weight } = this.places[i];
      const at = (k) => (k >= this.pad && k < this.pad + this.nSeen ? 1 : 0);
      found.set(start, Float64Array.from(left, (offset, p) =>
        at(start + offset) * (1 - weight[p]) + at(start + offset + 1) * weight[p]));
    }
    return found.get(start);
  }

  isWhole(i, start) {
    return start >= this.pad && start + this.lengths[i] <= this.pad + this.nSeen;
  }

  /** Return begin, end and resemblance of the repetitions, and how sure their number is. */
  search(first, stop) {
    const begin = this.typical(Math.trunc(first) + this.pad, Math.trunc(stop) + this.pad);
    let template = this.motion.map((row) => row.slice(begin, begin + N_PHASES));
    if (template[0].length < N_PHASES) return { found: [], agreement: 0 };
    let found = [], agreement = 0;
    // As in k-means, a template and the pieces that match it are found in turn.
    for (let round = 0; round < N_ROUNDS; round++) {
      found = this.bestPieces(template).found;
      const pieces = this.piecesOf(found, 0);
      if (!pieces.length) return { found: [], agreement };
      template = meanOf(pieces);
    }
    const candidates = this.candidates(found);
    if (candidates.length) {
      found = best(this.weighed(candidates, PLACE)).pieces;
      // In a set that is cut out, its ends are those of repetitions.
      if (!this.isCut) {
        const number = voted(this.weighed(candidates, NUMBER));
        found = this.asMany(found, number.pieces);
        ({ agreement } = number);
      }
    }
    found = found.map(([i, start, resemblance]) =>
      [start - this.pad, start - this.pad + this.lengths[i], resemblance]);
    return { found, agreement };
  }

  /** Choose pieces with a template from each phase of those found. */
  candidates(found) {
    const candidates = [];
    for (let beginning = 0; beginning < N_BEGINNINGS; beginning++) {
      const pieces = this.piecesOf(found, beginning / N_BEGINNINGS);
      if (!pieces.length) continue;
      const template = meanOf(pieces);
      const { score, found: all } = this.bestPieces(template);
      if (!all.length) continue;
      const speed = speedAtEnds(pieces);
      candidates.push({ chosen: this.withoutIncomplete(all), score, template, speed });
    }
    return candidates;
  }

  /** Return the pieces of each candidate, and what they are worth. */
  weighed(candidates, weights) {
    return candidates.map(({ chosen, score, template, speed }) => {
      const pieces = this.withoutUnlike(chosen);
      const doubt = weights.speed * speed
        + weights.posture * this.postureAway(pieces, template);
      return { pieces, worth: score * Math.max(1 - doubt, 0.01) };
    });
  }

  /** Return pieces with outer ones added or dropped until they are as many as others. */
  asMany(placed, counted) {
    const endOf = ([i, start]) => start + this.lengths[i];
    const result = [...placed];
    while (result.length !== counted.length) {
      const first = result[0], last = result[result.length - 1];
      const before = first[1] - counted[0][1];
      const after = endOf(counted[counted.length - 1]) - endOf(last);
      if (result.length > counted.length) {
        if (before < after) result.shift();
        else result.pop();
        continue;
      }
      const isBefore = before > after;
      const room = isBefore ? first[1] : this.nTimesteps - endOf(last);
      if (room < this.lengths[0]) break;
      const most = Math.min(this.lengths[(isBefore ? first : last)[0]], room);
      const i = this.lengths.findLastIndex((length) => length <= most);
      if (isBefore) result.unshift([i, first[1] - this.lengths[i], counted[0][2]]);
      else result.push([i, endOf(last), counted[counted.length - 1][2]]);
    }
    return result;
  }

  /** Return the distance of the postures at the ends of pieces from those around. */
  postureAway(found, template) {
    const n = this.nSeen;
    const begins = found.map(([, start]) => Math.max(start - this.pad, 0));
    const ends = found.map(([i, start]) => Math.min(start - this.pad + this.lengths[i], n));
    const last = ends[ends.length - 1];
    const around = this.isCut
      ? [[0, N_SET_END], [Math.max(n - N_SET_END, 0), n]]
      : [[Math.max(begins[0] - N_AROUND, 0), begins[0]], [last, last + N_AROUND]];
    const away = [0, 0];
    const isEmpty = around.map(([from, to]) => Math.min(to, n) <= from);
    let variance = 0;
    this.seen.forEach((row, axis) => {
      let total = 0, count = 0;
      const add = (from, to) => {
        for (let k = from; k < Math.min(to, n); k++, count++) total += row[k];
      };
      for (const begin of begins) add(begin, begin + N_POSTURE);
      for (const end of ends) add(Math.max(end - N_POSTURE, 0), end);
      const between = total / count;
      around.forEach(([from, to], side) => {
        if (isEmpty[side]) return;
        const part = row.subarray(from, to);
        away[side] += (sum(part) / part.length - between) ** 2;
      });
      const middle = sum(template[axis]) / N_PHASES;
      variance += sum(template[axis].map((value) => (value - middle) ** 2)) / N_PHASES;
    });
    const size = Math.max(Math.sqrt(variance), 1e-9);
    // Without anything recorded there, one movement away: neither near nor far.
    const [one, two] = away.map((square, i) => (isEmpty[i] ? 1 : Math.sqrt(square) / size));
    return Math.min((one + two) / 2, 2);
  }

  /** Return the pieces shifted by a share of their length, where fully known. */
  piecesOf(found, phase) {
    return found
      .map(([i, start]) => [i, start + rounded(phase * this.lengths[i])])
      .filter(([i, start]) => start < this.count(i) && this.isWhole(i, start))
      .map(([i, start]) => this.piece(i, start));
  }

  /** Return the start of the piece that is most similar to its two neighbors. */
  typical(first, stop) {
    const rows = this.motion.map((row) => row.subarray(first, stop));
    const n = rows[0].length - N_PHASES + 1;
    if (n <= N_PHASES) return first;
    const energy = new Float64Array(n), cross = new Float64Array(n - N_PHASES);
    for (const row of rows) {
      for (let start = 0; start < n; start++) {
        for (let p = start; p < start + N_PHASES; p++) {
          energy[start] += row[p] ** 2;
          if (start < cross.length) cross[start] += row[p] * row[p + N_PHASES];
        }
      }
    }
    const likeness = new Float64Array(n);
    cross.forEach((product, i) => {
      const both = Math.max(energy[i] + energy[i + N_PHASES], 1e-12);
      likeness[i] += (2 * product) / both;
      likeness[i + N_PHASES] += (2 * product) / both;
    });
    let best = 0;
    for (let i = 1; i < n; i++) if (likeness[i] > likeness[best]) best = i;
    return first + best;
  }

  /** Return the resemblance and the gain of each piece of a length. */
  gains(template, i) {
    const { left, weight } = this.places[i];
    const length = this.lengths[i], nPieces = this.count(i);
    const size = Float64Array.from({ length: N_PHASES }, (_, p) =>
      sum(template.map((row) => row[p] ** 2)));
    const cross = new Float64Array(nPieces);
    template.forEach((row, axis) => {
      // The same sum as over the interpolated piece, in the order of the samples.
      const kernel = new Float64Array(length);
      row.forEach((value, p) => {
        kernel[left[p]] += value * (1 - weight[p]);
        kernel[left[p] + 1] += value * weight[p];
      });
      const motion = this.motion[axis];
      for (let start = 0; start < nPieces; start++) {
        let product = 0;
        for (let k = 0; k < length; k++) product += kernel[k] * motion[start + k];
        cross[start] += product;
      }
    });
    const whole = sum(size), root = Math.sqrt(length / N_PHASES);
    const resemblance = new Float64Array(nPieces), gain = new Float64Array(nPieces);
    for (let start = 0; start < nPieces; start++) {
      // 1 only where shape and size agree, like Lin's concordance coefficient.
      const known = this.isWhole(i, start) ? whole
        : sum(this.known(i, start).map((value, p) => value * size[p]));
      const both = Math.max(this.energy[i][start] + known, 1e-12);
      resemblance[start] = (2 * cross[start]) / both;
      const share = known / Math.max(whole, 1e-12);
      gain[start] = share >= 0.5
        ? share * root * (resemblance[start] - this.minConfidence) : -Infinity;
    }
    return { resemblance, gain };
  }

  /** Choose pieces without overlap whose total resemblance is greatest. */
  bestPieces(template) {
    const n = this.nTimesteps;
    const all = this.lengths.map((_, i) => this.gains(template, i));
    // Dynamic programming: the best choice up to each end, then back from the last.
    const best = new Float64Array(n + 1), choice = new Int32Array(n + 1).fill(-1);
    for (let end = 1; end <= n; end++) {
      best[end] = best[end - 1];
      this.lengths.forEach((length, i) => {
        if (end < length) return;
        const score = best[end - length] + all[i].gain[end - length];
        if (score > best[end]) [best[end], choice[end]] = [score, i];
      });
    }
    const found = [];
    for (let end = n; end > 0;) {
      const i = choice[end];
      if (i < 0) {
        end--;
        continue;
      }
      end -= this.lengths[i];
      found.push([i, end, all[i].resemblance[end]]);
    }
    return { score: best[n], found: found.reverse() };
  }

  /** Drop the more incomplete outer piece if both together miss too much. */
  withoutIncomplete(found) {
    if (found.length < 2) return found;
    const [left, right] = [found[0], found[found.length - 1]].map(([i, start]) =>
      1 - sum(this.known(i, start)) / N_PHASES);
    if (left + right <= MOST_MISSING) return found;
    return left > right ? found.slice(1) : found.slice(0, -1);
  }

  /** Drop outer pieces that resemble the template much less than the median. */
  withoutUnlike(found) {
    if (this.isCut || found.length < 3) return found;
    const least = ALIKE * median(found.map(([, , value]) => value));
    const alike = found.map(([, , value]) => value >= least);
    return found.slice(alike.indexOf(true), alike.lastIndexOf(true) + 1);
  }
}

/** Return where the phases of a piece lie in its samples: the one before, and how far on. */
function placesIn(length) {
  const positions = Array.from({ length: N_PHASES }, (_, p) => (p * (length - 1)) / (N_PHASES - 1));
  const left = Int32Array.from(positions, (at) => Math.min(Math.trunc(at), length - 2));
  return { left, weight: Float64Array.from(positions, (at, p) => at - left[p]) };
}

function meanOf(pieces) {
  return pieces[0].map((row, axis) => row.map((_, p) =>
    sum(pieces.map((piece) => piece[axis][p])) / pieces.length));
}

/** Return the speed of pieces at both ends, as a share of their mean speed. */
function speedAtEnds(pieces) {
  const speed = Array.from({ length: N_PHASES - 1 }, (_, p) => {
    const squares = pieces.map((piece) => sum(piece.map((row) => (row[p + 1] - row[p]) ** 2)));
    return Math.sqrt(sum(squares) / pieces.length);
  });
  const ends = [...speed.slice(0, N_SPEED), ...speed.slice(-N_SPEED)];
  return sum(ends) / ends.length / Math.max(sum(speed) / speed.length, 1e-12);
}
