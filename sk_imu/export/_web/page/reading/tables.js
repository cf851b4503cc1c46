// Tables of text cells, and the numbers in them; errors name the place of a fault.
//
// As in sk_imu/readers/_tables.py.

import { InputError } from "../errors.js";

const AGAIN = "If a spreadsheet has saved the file, export the recording again.";
const MISSING = new Set(["", "nan", "null", "none", "na", "n/a"]);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const THOUSANDS = /^\s*[-+]?[1-9]\d{0,2}(,\d{3})+\s*$/;
/** A larger number is damage. */
const LARGEST = 1e100;

/** Cells as text, column by column, and the place of each row in its file. */
export class Table {
  constructor(place, header, columns, rows, rowWord = "line") {
    Object.assign(this, { place, header, columns, rows, rowWord });
  }

  get length() {
    return this.rows.length;
  }

  has(name) {
    return this.header.filter((one) => one === name).length === 1;
  }

  /** Raise an error unless each of these columns is there exactly once. */
  require(names) {
    const wrong = names.filter((name) => !this.has(name));
    if (!wrong.length) return;
    throw new InputError(
      `${this.place}: needs each of the columns ${names.join(", ")} once, but `
      + `${wrong.join(", ")} is missing or given twice. Its columns are `
      + `${this.header.slice(0, 40).join(", ")}. Export the recording again.`);
  }

  /** Return a column as text. */
  cells(name) {
    this.require([name]);
    return this.columns.get(name);
  }

  /** Return columns as numbers; empty cells are NaN. */
  numbers(names) {
    this.require(names);
    const commas = names.map((name) => this.cells(name).some((cell) => cell.includes(",")));
    if (commas.includes(true)) this.checkCommas(names);
    return names.map((name, i) =>
      Float64Array.from(this.cells(name), (cell, row) => this.number(row, name, cell, commas[i])));
  }

  number(row, name, cell, comma) {
    let text = cell;
    if (!NUMBER.test(text)) {
      // Spreadsheets may write the typographic minus sign.
      text = cell.trim().replaceAll("−", "-");
      if (comma) text = text.replaceAll(",", ".");
      if (MISSING.has(text.toLowerCase())) return NaN;
      if (!NUMBER.test(text)) throw this.fault(row, name, "is not a number");
    }
    const value = Number(text);
    if (!(Math.abs(value) <= LARGEST)) {
      throw this.fault(row, name, "is too large for a measured number");
    }
    return value;
  }

  /** Refuse commas that may not be decimal commas. */
  checkCommas(names) {
    const found = { ".": [], ",": [] };
    for (const name of names) {
      this.cells(name).forEach((cell, row) => {
        for (const sign of ".,") if (cell.includes(sign)) found[sign].push([row, name]);
      });
    }
    if (found["."].length) { // the rarer sign is the fault
      const rarer = found[","].length < found["."].length ? "," : ".";
      const [row, name] = found[rarer][0];
      throw this.fault(row, name, "is ambiguous in a table with decimal points and commas");
    }
    for (const name of names) {
      const cells = this.cells(name);
      const comma = [...cells.keys()].filter((row) => cells[row].includes(","));
      const plain = cells.find((cell) => /^\s*[-+]?\d{3}\s*$/.test(cell));
      if (plain !== undefined && comma.length && comma.every((row) => THOUSANDS.test(cells[row]))) {
        throw this.fault(
          comma[0], name, `beside ${plain.trim()} is ambiguous: its comma may part thousands`,
          "Save the table without signs between thousands.");
      }
    }
  }

  where(row) {
    return `${this.place}, ${this.rowWord} ${this.rows[row]}`;
  }

  /** Return the error for a faulty cell, with its place and a remedy. */
  fault(row, name, what, cure = AGAIN) {
    const cell = this.cells(name)[row];
    const text = cell.length < 80 ? cell : `${cell.slice(0, 60)}...`;
    return new InputError(`${this.where(row)}, column '${name}': '${text}' ${what}. ${cure}`);
  }

  /** Return the table with only these rows. */
  take(rows) {
    const columns = new Map();
    for (const [name, cells] of this.columns) columns.set(name, rows.map((i) => cells[i]));
    const places = rows.map((i) => this.rows[i]);
    return new Table(this.place, this.header, columns, places, this.rowWord);
  }
}

/** Return a file's text, or raise an error if it is not text in UTF-8. */
export function decode(bytes, place) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(
      `${place}: is not text in UTF-8. Export the recording again, or save the file as UTF-8.`);
  }
  const at = text.indexOf("\0");
  if (at >= 0) {
    const line = text.slice(0, at).split("\n").length;
    throw new InputError(
      `${place}, line ${line}: holds null characters, so the file is damaged. Copy or export `
      + "it again.");
  }
  return text;
}

/** Return the delimiter and the cells of the first line that is not blank. */
export function sniffHeader(text) {
  const line = text.split(/\r\n|\n|\r/).find(isContent);
  if (line === undefined) return { delimiter: ",", header: [] };
  const count = (sign) => line.split(sign).length;
  const delimiter = [",", ";", "\t"].reduce((a, b) => (count(b) > count(a) ? b : a));
  const [first] = rowsOf(line, delimiter, "");
  return { delimiter, header: first.cells.map((cell) => cell.trim()) };
}

/** Return the header of a file, whatever it is. */
export function headerOf(bytes) {
  return sniffHeader(new TextDecoder().decode(bytes.subarray(0, 4096))).header;
}

/**
 * Return the table in a CSV file, or null if the file is empty.
 *
 * The header decides whether comma, semicolon or tabulator separates the cells. Of the
 * columns, those that `keep` names are read.
 */
export function parseTable(bytes, place, keep = () => true) {
  const text = decode(bytes, place);
  const { delimiter, header } = sniffHeader(text);
  if (!header.length) return null;
  const columns = new Map();
  const kept = [];
  header.forEach((name, i) => {
    if (!keep(name) || columns.has(name)) return;
    columns.set(name, []);
    kept.push([i, columns.get(name)]);
  });
  const lines = [];
  let begun = false;
  for (const { cells, line } of rowsOf(text, delimiter, place)) {
    if (!isContent(cells.join(delimiter))) continue;
    if (!begun) {
      begun = true;
      continue;
    }
    if (cells.length !== header.length) {
      throw new InputError(
        `${place}, line ${line}: has ${cells.length} cells for ${header.length} columns. The `
        + "file is cut short or damaged: export the recording again.");
    }
    for (const [i, column] of kept) column.push(cells[i]);
    lines.push(line);
  }
  return new Table(place, header, columns, lines);
}

/** Yield the cells of each row, with its first line. */
function* rowsOf(text, delimiter, place) {
  if (!text.includes('"')) {
    let line = 0;
    for (const row of text.split(/\r\n|\n|\r/)) yield { cells: row.split(delimiter), line: ++line };
    return;
  }
  let cells = [], cell = "", quoted = false, closed = false, line = 1, first = 1;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (quoted) {
      if (sign === '"' && text[i + 1] === '"') cell += text[++i];
      else if (sign === '"') [quoted, closed] = [false, true];
      else {
        cell += sign;
        if (sign === "\n") line++;
      }
    } else if (sign === '"' && cell === "" && !closed) quoted = true;
    else if (sign === delimiter || sign === "\n" || sign === "\r") {
      cells.push(cell);
      [cell, closed] = ["", false];
      if (sign === delimiter) continue;
      yield { cells, line: first };
      if (sign === "\r" && text[i + 1] === "\n") i++;
      cells = [];
      first = ++line;
    } else if (closed) throw openQuotation(place, first);
    else cell += sign;
  }
  if (quoted) throw openQuotation(place, first);
  if (cell || cells.length || closed) yield { cells: [...cells, cell], line: first };
}

function openQuotation(place, line) {
  return new InputError(
    `${place}, line ${line}: is not a row of a table. A quotation mark may be open: correct `
    + "it, or export the recording again.");
}

// A first line such as sep=; names the delimiter to spreadsheets and holds no data.
function isContent(line) {
  return /[^ ,;\t\r\n]/.test(line) && !/^\s*sep=.\s*$/.test(line);
}
