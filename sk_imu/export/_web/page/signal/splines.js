// Curves through samples: quintic and cubic splines, and one that never overshoots.
//
// The same curves as make_interp_spline, CubicSpline and PchipInterpolator of SciPy. Each
// function takes times (increasing) and columns of values, and returns a function from
// times to columns.

import { leftOf } from "./clocks.js";

const DEGREE = 5;

/** Interpolate by a quintic spline without knots at three samples of either end. */
export function quinticSpline(timesS, columns) {
  const n = timesS.length;
  const knots = new Float64Array(n + DEGREE + 1);
  knots.fill(timesS[0], 0, DEGREE + 1);
  knots.set(timesS.subarray(3, n - 3), DEGREE + 1);
  knots.fill(timesS[n - 1], n);
  const weights = solveBanded(...collocation(knots, timesS), columns);
  const basis = new Float64Array(2 * DEGREE + 2);
  return (atS) => {
    const results = columns.map(() => new Float64Array(atS.length));
    let left = DEGREE;
    for (let i = 0; i < atS.length; i++) {
      left = knotBefore(knots, n, atS[i], left);
      basisAt(knots, left, atS[i], basis);
      for (let c = 0; c < results.length; c++) {
        let sum = 0;
        for (let j = 0; j <= DEGREE; j++) sum += basis[j] * weights[c][left - DEGREE + j];
        results[c][i] = sum;
      }
    }
    return results;
  };
}

/** Return the last knot that is not after a time, from a knot that is not far before it. */
function knotBefore(knots, n, time, from) {
  let left = from;
  while (left > DEGREE && time < knots[left]) left--;
  while (left < n - 1 && time >= knots[left + 1]) left++;
  return left;
}

/** Put the B-splines that are not zero at a time into `basis` (Cox and de Boor). */
function basisAt(knots, left, time, basis) {
  const before = DEGREE + 1;
  basis[0] = 1;
  for (let degree = 1; degree <= DEGREE; degree++) {
    for (let i = 0; i < degree; i++) basis[before + i] = basis[i];
    basis[0] = 0;
    for (let i = 1; i <= degree; i++) {
      const after = knots[left + i], first = knots[left + i - degree];
      if (after === first) {
        basis[i] = 0;
        continue;
      }
      const share = basis[before + i - 1] / (after - first);
      basis[i - 1] += share * (after - time);
      basis[i] = share * (time - first);
    }
  }
}

/** Return each B-spline j at each sample i, by diagonals: at [i * width + j - i + half]. */
function collocation(knots, timesS) {
  const n = timesS.length, half = DEGREE - 1, width = 2 * half + 1;
  const matrix = new Float64Array(n * width);
  const basis = new Float64Array(2 * DEGREE + 2);
  let left = DEGREE;
  for (let i = 0; i < n; i++) {
    left = knotBefore(knots, n, timesS[i], left);
    basisAt(knots, left, timesS[i], basis);
    for (let j = 0; j <= DEGREE; j++) {
      const offset = left - DEGREE + j - i + half;
      // Beyond the diagonals that are kept, a B-spline is zero at this sample.
      if (offset >= 0 && offset < width) matrix[i * width + offset] = basis[j];
    }
  }
  return [matrix, n, half];
}

/**
 * Solve a system of equations with few diagonals, for each column.
 *
 * Without exchanging rows: the matrix of B-splines is totally positive, for which that is
 * stable (de Boor and Pinkus 1977).
 */
function solveBanded(matrix, n, half, columns) {
  const width = 2 * half + 1;
  const solutions = columns.map((column) => Float64Array.from(column));
  for (let i = 0; i < n; i++) {
    const pivot = matrix[i * width + half];
    for (let k = i + 1; k < Math.min(i + half + 1, n); k++) {
      const at = k * width + i - k + half;
      if (matrix[at] === 0) continue;
      const factor = matrix[at] / pivot;
      for (let j = 1; j <= half; j++) matrix[at + j] -= factor * matrix[i * width + half + j];
      for (const solution of solutions) solution[k] -= factor * solution[i];
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    const most = Math.min(half, n - 1 - i);
    for (const solution of solutions) {
      let rest = solution[i];
      for (let j = 1; j <= most; j++) rest -= matrix[i * width + half + j] * solution[i + j];
      solution[i] = rest / matrix[i * width + half];
    }
  }
  return solutions;
}

/** Interpolate by a cubic spline without knots at the second sample from either end. */
export function cubicSpline(timesS, columns) {
  return byIntervals(timesS, columns, (steps, slopes) => {
    if (slopes.length === 1) return Float64Array.of(slopes[0], slopes[0]);
    return slopes.length === 2 ? parabola(steps, slopes) : splineSlopes(steps, slopes);
  });
}

function parabola([h0, h1], [s0, s1]) {
  // The derivative at the middle sample; that of a parabola is linear.
  const middle = (h1 * s0 + h0 * s1) / (h0 + h1);
  return Float64Array.of(2 * s0 - middle, middle, 2 * s1 - middle);
}

function splineSlopes(steps, slopes) {
  const n = steps.length + 1;
  const diagonal = new Float64Array(n), above = new Float64Array(n), right = new Float64Array(n);
  const below = new Float64Array(n);
  for (let i = 1; i < n - 1; i++) {
    below[i] = steps[i];
    diagonal[i] = 2 * (steps[i - 1] + steps[i]);
    above[i] = steps[i - 1];
    right[i] = 3 * (steps[i] * slopes[i - 1] + steps[i - 1] * slopes[i]);
  }
  const first = steps[0] + steps[1], last = steps[n - 2] + steps[n - 3];
  diagonal[0] = steps[1];
  above[0] = first;
  right[0] = ((steps[0] + 2 * first) * steps[1] * slopes[0] + steps[0] ** 2 * slopes[1]) / first;
  diagonal[n - 1] = steps[n - 3];
  below[n - 1] = last;
  right[n - 1] = (steps[n - 2] ** 2 * slopes[n - 3]
    + (2 * last + steps[n - 2]) * steps[n - 3] * slopes[n - 2]) / last;
  for (let i = 1; i < n; i++) {
    const factor = below[i] / diagonal[i - 1];
    diagonal[i] -= factor * above[i - 1];
    right[i] -= factor * right[i - 1];
  }
  right[n - 1] /= diagonal[n - 1];
  for (let i = n - 2; i >= 0; i--) right[i] = (right[i] - above[i] * right[i + 1]) / diagonal[i];
  return right;
}

/** Interpolate by a curve that stays between neighboring samples (Fritsch and Butland 1984). */
export function monotoneCurve(timesS, columns) {
  return byIntervals(timesS, columns, (steps, slopes) => {
    const n = steps.length + 1;
    if (n === 2) return Float64Array.of(slopes[0], slopes[0]);
    const derivatives = new Float64Array(n);
    for (let i = 1; i < n - 1; i++) {
      const before = slopes[i - 1], after = slopes[i];
      if (before * after <= 0 || before === 0 || after === 0) continue;
      const w1 = 2 * steps[i] + steps[i - 1], w2 = steps[i] + 2 * steps[i - 1];
      derivatives[i] = (w1 + w2) / (w1 / before + w2 / after);
    }
    derivatives[0] = endSlope(steps[0], steps[1], slopes[0], slopes[1]);
    derivatives[n - 1] = endSlope(steps[n - 2], steps[n - 3], slopes[n - 2], slopes[n - 3]);
    return derivatives;
  });
}

function endSlope(step, next, slope, nextSlope) {
  const found = ((2 * step + next) * slope - step * nextSlope) / (step + next);
  if (Math.sign(found) !== Math.sign(slope)) return 0;
  const turns = Math.sign(slope) !== Math.sign(nextSlope);
  return turns && Math.abs(found) > 3 * Math.abs(slope) ? 3 * slope : found;
}

/** Interpolate by a cubic in each interval, whose derivatives at samples a function gives. */
function byIntervals(timesS, columns, derivativesOf) {
  const n = timesS.length;
  const steps = Float64Array.from({ length: n - 1 }, (_, i) => timesS[i + 1] - timesS[i]);
  const pieces = columns.map((values) => {
    const slopes = steps.map((step, i) => (values[i + 1] - values[i]) / step);
    return { values, slopes, derivatives: derivativesOf(steps, slopes) };
  });
  return (atS) => {
    const left = Int32Array.from(atS, (time) => leftOf(timesS, time));
    return pieces.map(({ values, slopes, derivatives }) =>
      Float64Array.from(atS, (time, k) => {
        const i = left[k], x = time - timesS[i];
        const bend = (derivatives[i] + derivatives[i + 1] - 2 * slopes[i]) / steps[i];
        const c2 = (slopes[i] - derivatives[i]) / steps[i] - bend;
        return values[i] + x * (derivatives[i] + x * (c2 + x * (bend / steps[i])));
      }));
  };
}
