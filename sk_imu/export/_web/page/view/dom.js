// Elements of the page, made without any text ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Return an HTML element with attributes and children; functions listen to events. */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Return an SVG element. */
export function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** Return a time as minutes and seconds, such as 1:05.2. */
export function clockTime(seconds, digits = 1) {
  const tenths = Math.round(Math.abs(seconds) * 10 ** digits);
  const perMinute = 60 * 10 ** digits;
  const rest = (tenths % perMinute) / 10 ** digits;
  const shown = rest.toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return `${seconds < 0 && tenths ? "−" : ""}${Math.floor(tenths / perMinute)}:${shown}`;
}

/** Let the user save a file. */
export function save(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  // Not at once: the browser may not have begun to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
