// The last seconds of a signal with three axes, drawn as they come.

const SHOWN_S = 10;
/** A pause as long as this is drawn as one. */
const GAP_S = 0.5;
/** Still is what varies by less than this, in m/s², for so many seconds. */
const STILL = 1, STILL_S = 2;

export class Signal {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.points = []; // [seconds, x, y, z]
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  clear() {
    this.points = [];
    this.draw();
  }

  /** @param {number[][]} points - in the order of time. */
  add(points) {
    // After a broken connection, the server sends the last ones again.
    const lastS = this.points.at(-1)?.[0] ?? -Infinity;
    points = points?.filter(([seconds]) => seconds > lastS) ?? [];
    if (!points.length) return;
    this.points.push(...points);
    const first = this.points.at(-1)[0] - SHOWN_S;
    this.points = this.points.filter(([seconds]) => seconds >= first);
    requestAnimationFrame(() => this.draw());
  }

  /** Return whether the phone lay still in the last two seconds. */
  isStill() {
    const lastS = this.points.at(-1)?.[0] ?? 0;
    const recent = this.points.filter(([seconds]) => seconds > lastS - STILL_S);
    return [1, 2, 3].every((axis) => {
      const values = recent.map((point) => point[axis]);
      return values.length === 0 || Math.max(...values) - Math.min(...values) < STILL;
    });
  }

  draw() {
    const { canvas, points } = this;
    const scale = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    if (points.length < 2) return;
    const style = getComputedStyle(canvas);
    const values = points.flatMap((point) => point.slice(1));
    const low = Math.min(...values, -2), high = Math.max(...values, 12);
    const lastS = points.at(-1)[0];
    const x = (seconds) => width * (1 - (lastS - seconds) / SHOWN_S);
    const y = (value) => height - 6 - (height - 12) * (value - low) / (high - low);
    pen.strokeStyle = style.getPropertyValue("--line");
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(0, y(0));
    pen.lineTo(width, y(0));
    pen.stroke();
    pen.lineWidth = 1.6;
    pen.lineJoin = "round";
    ["--x", "--y", "--z"].forEach((color, axis) => {
      pen.strokeStyle = style.getPropertyValue(color);
      pen.beginPath();
      points.forEach((point, i) => {
        const isPause = i === 0 || point[0] - points[i - 1][0] > GAP_S;
        pen[isPause ? "moveTo" : "lineTo"](x(point[0]), y(point[axis + 1]));
      });
      pen.stroke();
    });
  }
}
