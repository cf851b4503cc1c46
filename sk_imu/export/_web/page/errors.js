/** A recording that cannot be read or recognized; the message says what, where and a cure. */
export class InputError extends Error {}

/** Return a number as Python's format "g" writes it, with some significant digits. */
export function shown(value, digits = 3) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e").map(Number);
  const plain = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (exponent >= -4 && exponent < digits) return plain(value.toFixed(digits - 1 - exponent));
  const sign = exponent < 0 ? "-" : "+";
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `${plain(mantissa.toFixed(digits - 1))}e${sign}${size}`;
}
