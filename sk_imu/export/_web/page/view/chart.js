// The picture of a recording: its sets, the windows that vote on them, and its signals.

import { clockTime, drawn } from "./dom.js";

const SETS_HEIGHT = 34, WINDOWS_HEIGHT = 16, SIGNAL_HEIGHT = 92;
const TITLE_HEIGHT = 20, GAP_HEIGHT = 6, AXIS_HEIGHT = 24;
const N_COLORS = 8;
const TICKS_S = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];

/** Return the class of the color of an exercise. */
export const colorOf = (exercise, classes) => {
  const i = classes.indexOf(exercise);
  return i < 0 ? "none" : `c${i % N_COLORS}`;
};

/**
 * Return the picture.
 *
 * @param {object} result - of the analysis.
 * @param {string[]} classes - the model's exercises.
 * @param {number} width - in pixels.
 * @param {[number, number]} span - first and last second to show.
 * @param {(set: object) => void} onSet - called with a set that is clicked.
 */
export function chart(result, classes, width, span, onSet) {
  const [leftS, rightS] = span;
  const x = (seconds) => ((seconds - leftS) / (rightS - leftS)) * width;
  const parts = [];
  let top = 0;
  const lane = (title, height, content, range = "") => {
    parts.push(drawn("text", { x: 2, y: top + 14 }, ...title));
    parts.push(drawn("text", { x: width - 2, y: top + 14, "text-anchor": "end" }, range));
    top += TITLE_HEIGHT;
    parts.push(drawn("rect", { class: "lane", x: 0, y: top, width, height }));
    parts.push(...content(top));
    top += height + GAP_HEIGHT;
  };
  const isInside = ({ startS, endS }) => endS > leftS && startS < rightS;
  const sets = result.sets.filter(isInside);
  lane(["Sets and repetitions"], SETS_HEIGHT, (y) =>
    sets.flatMap((set) => setParts(set, classes, x, y, width, onSet)));
  lane(["Windows"], WINDOWS_HEIGHT, (y) =>
    sets.flatMap((set) => windowParts(set, classes, x, y)));
  for (const signal of result.lanes) {
    const seen = seenOf(signal, span);
    const range = seen.low <= seen.high ? `${shown(seen.low)} to ${shown(seen.high)}` : "";
    lane(signalTitle(signal), SIGNAL_HEIGHT, (y) => traces(signal, seen, x, y, width), range);
  }
  parts.push(...marks(result, span, x, top), ...axis(span, x, top, width));
  return drawn(
    "svg",
    {
      viewBox: `0 0 ${width} ${top + AXIS_HEIGHT}`, role: "img",
      "aria-label": `Sets, windows and signals of ${result.name} from ${clockTime(leftS)} to `
        + `${clockTime(rightS)}. The table lists the sets.`,
    },
    ...parts);
}

function setParts(set, classes, x, top, width, onSet) {
  const from = Math.max(x(set.startS), 0), to = Math.min(x(set.endS), width);
  const name = set.shown ?? "not recognized";
  const block = drawn(
    "rect",
    {
      class: `set ${colorOf(set.shown, classes)}`, x: from, y: top + 1,
      width: Math.max(to - from, 2), height: SETS_HEIGHT - 2, click: () => onSet(set),
    },
    drawn("title", {}, `${name}, ${clockTime(set.startS)} to ${clockTime(set.endS)}`));
  const ticks = (set.repetitions ?? []).slice(1)
    .map(({ startS }) => x(startS))
    .filter((at) => at > 0 && at < width)
    .map((at) => drawn("line", {
      class: "repetition", x1: at, x2: at, y1: top + SETS_HEIGHT - 9, y2: top + SETS_HEIGHT - 1,
    }));
  // Letters of 13 px are about 7.5 px wide; a name that does not fit is in the table.
  const fits = name.length * 7.5 + 8 < to - from;
  const text = fits
    ? drawn("text", { class: "on-set", x: from + 5, y: top + 17 }, name) : null;
  return [block, ...ticks, ...(text ? [text] : [])];
}

/** Each window as the part of it that is nearer to it than to the next one. */
function windowParts(set, classes, x, top) {
  const middles = set.windows.map(({ startS, endS }) => (startS + endS) / 2);
  return set.windows.map((window, i) => {
    const from = i ? (middles[i - 1] + middles[i]) / 2 : window.startS;
    const to = i < middles.length - 1 ? (middles[i] + middles[i + 1]) / 2 : window.endS;
    const { exercise, probability } = window;
    const sure = probability === null ? "" : ` (${probability.toFixed(2)})`;
    return drawn(
      "rect",
      {
        class: colorOf(exercise, classes), x: x(from), y: top + 2, height: WINDOWS_HEIGHT - 4,
        width: Math.max(x(to) - x(from) - 0.5, 0.5),
        opacity: probability === null ? 1 : (0.15 + 0.85 * probability).toFixed(3),
      },
      drawn("title", {}, `${exercise}${sure}, ${clockTime(window.startS)} to `
        + clockTime(window.endS)));
  });
}

function signalTitle({ sensor, unit, axes }) {
  return [`${sensor} in ${unit}: `, ...axes.map((axis, i) =>
    drawn("tspan", { class: "xyz"[i % 3] }, `${axis} `))];
}

const shown = (value) => value.toFixed(1).replace("-", "−");

/** Return which samples are seen, and the range of their values. */
function seenOf({ rows, startS, rateHz }, [leftS, rightS]) {
  const first = Math.max(Math.floor((leftS - startS) * rateHz), 0);
  const stop = Math.min(Math.ceil((rightS - startS) * rateHz) + 1, rows[0]?.length ?? 0);
  let low = Infinity, high = -Infinity;
  for (const row of rows) {
    for (let i = first; i < stop; i++) {
      if (row[i] < low) low = row[i];
      if (row[i] > high) high = row[i];
    }
  }
  return { first, stop, low, high };
}

function traces({ rows, startS, rateHz }, { first, stop, low, high }, x, top, width) {
  if (!(low <= high)) return [];
  const room = Math.max(high - low, 1e-6);
  const y = (value) => top + 3 + ((high - value) / room) * (SIGNAL_HEIGHT - 6);
  const paths = rows.map((row, axis) => drawn("path", {
    class: `trace ${"xyz"[axis % 3]}`, d: path(row, first, stop, (i) => x(startS + i / rateHz), y),
  }));
  const zero = low < 0 && high > 0
    ? [drawn("line", { class: "tick", x1: 0, x2: width, y1: y(0), y2: y(0) })] : [];
  return [...zero, ...paths];
}

/** Return a line through samples: of those in one pixel, the least and the largest. */
function path(row, first, stop, x, y) {
  let d = "", isDown = false, pixel = null, least = 0, most = 0, last = 0;
  const point = (at, value) => {
    d += `${isDown ? "L" : "M"}${at.toFixed(1)} ${y(value).toFixed(1)}`;
    isDown = true;
  };
  const flush = () => {
    if (pixel === null) return;
    point(pixel, least);
    if (most !== least) point(pixel, most);
    if (last !== most) point(pixel, last);
    pixel = null;
  };
  for (let i = first; i < stop; i++) {
    const value = row[i];
    if (Number.isNaN(value)) { // a gap stays one
      flush();
      isDown = false;
      continue;
    }
    const at = Math.round(x(i));
    if (at !== pixel) {
      flush();
      [pixel, least, most] = [at, value, value];
    }
    least = Math.min(least, value);
    most = Math.max(most, value);
    last = value;
  }
  flush();
  return d;
}

function marks({ annotations }, [leftS, rightS], x, bottom) {
  return annotations.filter(([at]) => at >= leftS && at <= rightS).flatMap(([at, text]) => [
    drawn("line", { class: "mark", x1: x(at), x2: x(at), y1: TITLE_HEIGHT, y2: bottom },
      drawn("title", {}, text)),
    drawn("text", { x: x(at) + 3, y: TITLE_HEIGHT + SETS_HEIGHT + 14 }, text.slice(0, 40)),
  ]);
}

function axis([leftS, rightS], x, top, width) {
  const most = Math.max(width / 80, 2);
  const stepS = TICKS_S.find((step) => (rightS - leftS) / step <= most) ?? 7200;
  const ticks = [];
  for (let at = Math.ceil(leftS / stepS) * stepS; at <= rightS; at += stepS) {
    const left = x(at);
    const anchor = left < 20 ? "start" : left > width - 20 ? "end" : "middle";
    ticks.push(
      drawn("line", { class: "tick", x1: left, x2: left, y1: top, y2: top + 5 }),
      drawn("text", { x: left, y: top + 18, "text-anchor": anchor },
        clockTime(at, stepS < 1 ? 1 : 0)));
  }
  return ticks;
}
