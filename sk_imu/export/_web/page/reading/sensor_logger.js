// Recordings exported by the app Sensor Logger.
//
// As in sk_imu/readers/_sensor_logger.py and _layouts.py: one CSV file for each sensor, one
// combined CSV file, or JSON. Columns are found by name.

import { EULER_AXES, QUATERNION_AXES, SENSOR_AXES, STANDARD_GRAVITY } from "../channels.js";
import { InputError } from "../errors.js";
import { applyConvention, checkConventions, decideConvention } from "./conventions.js";
import { checkMovement, checkPlausible } from "./plausibility.js";
import { cleanSamples } from "./samples.js";
import { decode, headerOf, parseTable, sniffHeader, Table } from "./tables.js";

const OTHER = ["WristMotion", "Annotation", "Metadata"];
const WATCH_COLUMNS = {
  Accelerometer: ["accelerationX", "accelerationY", "accelerationZ"],
  Gravity: ["gravityX", "gravityY", "gravityZ"],
  Gyroscope: ["rotationRateX", "rotationRateY", "rotationRateZ"],
  Orientation: ["quaternionX", "quaternionY", "quaternionZ", "quaternionW"],
};
const CLOCK = ["time", "seconds_elapsed"];
const COLUMNS = {
  ...Object.fromEntries(
    Object.entries(SENSOR_AXES).map(([sensor, axes]) => [sensor, [...CLOCK, ...axes]])),
  Annotation: [...CLOCK, "text"],
  WristMotion: [...CLOCK, ...Object.values(WATCH_COLUMNS).flat()],
};
/** The app's versions and layouts differ in upper and lower case. */
const NAMES = new Map([...Object.keys(SENSOR_AXES), ...OTHER].map((name) =>
  [name.toLowerCase(), name]));
const OWN_PLACE = "Give each recording a folder or zip file of its own.";
const DOUBT = /^(UNDECIDED|CONTRADICTION|IMPLAUSIBLE)/;
const INSTEAD = "This page reads the CSV and JSON files of Sensor Logger";

/** Whether a file of a recording is read at all; sound and pictures are not. */
export const isReadable = (path) => /\.(csv|txt|tsv|json|sqlite3?|db)$/i.test(path);

/**
 * Return the recording in some files.
 *
 * @param {string} name - how messages name the recording.
 * @param {Map<string, Uint8Array>} files - their content by path.
 * @param {object} options - `platform` ("ios", "android" or null) and `device` ("phone" or
 *   "watch").
 * @returns {object} `name`, `streams` by sensor, `epochNs`, `annotations` ([seconds, text]),
 *   `notes`, and `doubts`: the notes on what could not be decided or is not believed.
 */
export function readSensorLogger(name, files, { platform = null, device = "phone" } = {}) {
  const notes = [];
  const tables = findTables(name, files, notes);
  const { claim, named } = readMetadata(tables, notes);
  const raw = {}, watch = {};
  for (const [sensor, table] of tables) {
    if (sensor === "WristMotion" && table.length) readWatch(table, watch);
    else if (sensor in SENSOR_AXES && table.header.length) {
      const axes = checkHeader(sensor, table);
      if (table.length) raw[sensor] = readSamples(table, axes, axes);
      else notes.push(`${sensor}: the file has no rows, ignored.`);
    }
  }
  const hasWatch = Object.keys(watch).length > 0;
  if (hasWatch && device === "phone" && !Object.keys(raw).length) {
    notes.push("the phone's sensors have no samples: the watch's are read.");
    device = "watch";
  } else if (hasWatch && device === "phone") {
    notes.push("WristMotion of a watch is ignored; device='watch' reads it.");
  }
  const { sensors: timed, epochNs } = onOneClock(device === "watch" ? watch : raw);
  const nMarks = tables.get("Annotation")?.length ?? 0;
  const marks = nMarks ? ` (${nMarks} annotations, but nothing they belong to)` : "";
  const names = Object.keys(SENSOR_AXES).map((sensor) => `${sensor}.csv`).join(", ");
  const nothing = `no sensor file with samples in it${marks}. A Sensor Logger recording holds at `
    + `least one of ${names}; record again with these sensors on.`;
  const cleaned = cleanSamples(timed, epochNs, name, notes, nothing);
  const absent = named.filter((sensor) => !(sensor in cleaned));
  if (absent.length && device === "phone") {
    notes.push(`named in Metadata but without samples: ${absent.join(", ")}.`);
  }
  const given = platform ? { platform, given: true, namedBy: "platform=" } : {};
  const sensors = convert(
    cleaned, tables, { ...claim, watch: device === "watch", ...given }, notes);
  notes.push(...checkPlausible(sensors), ...checkConventions(sensors), ...checkMovement(sensors));
  return assemble(name, sensors, epochNs, tables, notes);
}

function convert(sensors, tables, claim, notes) {
  // The order of its columns is a hint at the platform.
  const header = tables.get("Orientation")?.header ?? [];
  const [convention, how] = decideConvention(sensors, claim, header);
  notes.push(...how);
  if (claim.watch && convention.inG.length) {
    notes.push(`watch: acceleration from g, times ${STANDARD_GRAVITY}.`);
  }
  return Object.fromEntries(Object.entries(sensors).map(([sensor, samples]) =>
    [sensor, applyConvention(convention, sensor, samples)]));
}

function assemble(name, sensors, epochNs, tables, notes) {
  let startNs = Infinity;
  for (const { timesNs } of Object.values(sensors)) {
    for (const time of timesNs) if (time < startNs) startNs = time;
  }
  const streams = Object.fromEntries(Object.entries(sensors).map(([sensor, samples]) => {
    const { timesNs, ...rest } = samples;
    return [sensor, { ...rest, timesS: timesNs.map((time) => (time - startNs) / 1e9) }];
  }));
  const marks = tables.get("Annotation");
  const annotations = [];
  if (marks?.length) {
    const texts = marks.cells("text");
    wholeTimes(marks).forEach((time, i) =>
      annotations.push([(Number(time - epochNs) - startNs) / 1e9, texts[i]]));
  }
  return { name, streams, epochNs, annotations, notes, doubts: notes.filter((n) => DOUBT.test(n)) };
}

/** Return the table of each sensor from any layout. */
function findTables(source, files, notes) {
  const tables = new Map();
  const unknown = [], folders = new Set();
  for (const [path, bytes] of files) {
    const place = files.size === 1 && source.endsWith(path) ? source : `${source}, ${path}`;
    const sensor = sensorOfFile(path);
    let found = [];
    const kind = kindOf(bytes);
    if (kind === "json") found = readJson(bytes, place, unknown);
    else if (kind === "combined") found = readCombined(bytes, place);
    else if (sensor) {
      folders.add(path.split("/").slice(0, -1).join("/"));
      if (isPhyphox(sensor, bytes)) throw notRead(place, "is of the app phyphox");
      const table = parseTable(bytes, place, (column) => isRead(sensor, column));
      if (!table) notes.push(`${sensor}: the file is empty.`);
      found = [[sensor, table ?? new Table(place, [], new Map(), [])]];
    } else if (kind === "sqlite") throw notRead(place, "is a SQLite database");
    else unknown.push(path);
    for (const [one, table] of found) {
      if (tables.has(one)) {
        throw new InputError(
          `${source}: holds ${one}.csv twice or in two formats: ${tables.get(one).place} and `
          + `${table.place}. ${OWN_PLACE}`);
      }
      tables.set(one, table);
    }
  }
  if (folders.size > 1) {
    throw new InputError(
      `${source}: holds sensor files in different folders: ${[...folders].sort().join(", ")}. `
      + OWN_PLACE);
  }
  if (!tables.size) throw nothingKnown(source, files);
  if (unknown.length) notes.push(`not read: ${unknown.join(", ")}.`);
  return tables;
}

const notRead = (place, what) => new InputError(
  `${place}: ${what}. ${INSTEAD}: export the recording from there, or read it with the package.`);

function nothingKnown(source, files) {
  const [first] = files;
  const shownHeader = first ? headerOf(first[1]).slice(0, 12).join(", ") : "";
  const what = first ? `holds ${first[0]}, whose first line is: ${shownHeader}` : "holds no table";
  return new InputError(`${source}: ${what}. ${INSTEAD}, as a folder, a zip or single files.`);
}

function kindOf(bytes) {
  const start = new TextDecoder().decode(bytes.subarray(0, 4096)).trimStart();
  if (start.startsWith("SQLite format 3\0")) return "sqlite";
  if (start.startsWith("[")) return "json";
  return combinedColumns(sniffHeader(start.split(/\r|\n/)[0]).header).size ? "combined" : "none";
}

/** Return the sensor, or other table of the app, that a CSV file is named after, or null. */
export function sensorOfFile(path) {
  const match = /([^/]*)\.csv$/i.exec(path);
  return match && (NAMES.get(match[1].toLowerCase()) ?? null);
}

/** phyphox has files of the same names, and writes units in parentheses. */
function isPhyphox(sensor, bytes) {
  return !OTHER.includes(sensor) && headerOf(bytes).some((cell) => cell.includes("("));
}

const isRead = (sensor, column) => COLUMNS[sensor]?.includes(column) ?? true;

function readJson(bytes, place, unknown) {
  let records;
  try {
    // Nanoseconds since 1970 exceed what a number of JavaScript holds: they become text.
    const text = decode(bytes, place).replace(/"time"\s*:\s*(\d+)(?=\s*[,}])/g, '"time":"$1"');
    records = JSON.parse(text);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `${place}: is not readable JSON: ${error.message}. It may have been cut short: export the `
      + "recording again.");
  }
  const groups = new Map();
  records.forEach((record, i) => {
    if (typeof record?.sensor !== "string") {
      throw new InputError(
        `${place}, record ${i + 1}: names no sensor. A Sensor Logger export is an array of `
        + "objects with 'sensor', 'time' and the sensor's axes.");
    }
    const sensor = NAMES.get(record.sensor.replaceAll(" ", "").toLowerCase());
    if (!sensor) unknown.push(record.sensor);
    else if (groups.has(sensor)) groups.get(sensor).push([record, i + 1]);
    else groups.set(sensor, [[record, i + 1]]);
  });
  const others = [...new Set(unknown)];
  unknown.splice(0, unknown.length, ...others.slice(0, 20));
  return [...groups].map(([sensor, members]) => {
    const kept = sensor === "Metadata" ? members.slice(0, 1) : members;
    const header = [...new Set(kept.flatMap(([record]) => Object.keys(record)))];
    const columns = new Map(header.filter((key) => isRead(sensor, key)).map((key) =>
      [key, kept.map(([record]) => String(record[key] ?? ""))]));
    const rows = kept.map(([, row]) => row);
    const names = header.filter((key) => key !== "sensor");
    return [sensor, new Table(`${place}, ${sensor}`, names, columns, rows, "record")];
  });
}

/** Return the columns of each sensor in a combined table, by their plain names. */
function combinedColumns(header) {
  const found = new Map();
  if (!header.includes("time") && !header.includes("seconds_elapsed")) return found;
  for (const column of header) {
    const at = column.indexOf("_");
    const sensor = at > 0 && NAMES.get(column.slice(0, at).toLowerCase());
    const axis = column.slice(at + 1);
    if (!sensor || !axis || !isRead(sensor, axis)) continue;
    found.set(sensor, (found.get(sensor) ?? new Map()).set(axis, column));
  }
  return found;
}

function readCombined(bytes, place) {
  const table = parseTable(bytes, place);
  const shared = CLOCK.filter((name) => table.has(name));
  return [...combinedColumns(table.header)].map(([sensor, columns]) => {
    const own = [...columns.values()].map((column) => table.cells(column));
    // A row without any value of this sensor belongs to another one.
    const filled = [...table.rows.keys()].filter((row) => own.some((cells) => cells[row].trim()));
    const names = [...shared.filter((name) => !columns.has(name)), ...columns.keys()];
    const cells = new Map(names.map((name) => [name, table.cells(columns.get(name) ?? name)]));
    return [sensor, new Table(`${table.place}, ${sensor}`, names, cells, table.rows).take(filled)];
  });
}

/** Return what Metadata says of signs and units, and the sensors that it names. */
function readMetadata(tables, notes) {
  const table = tables.get("Metadata");
  const claim = {
    platform: null, standardised: false, version: "", namedBy: "Metadata", given: false,
  };
  if (!table?.length) {
    notes.push("no Metadata: the data must decide the platform.");
    return { claim, named: [] };
  }
  const value = (name) => (table.columns.get(name)?.[0] ?? "").trim();
  const version = table.columns.has("appVersion") ? value("appVersion") : "of unknown version";
  const platform = value("platform").toLowerCase();
  const standardised = value("standardisation").toLowerCase() === "true";
  const said = standardised ? ", standardised" : "";
  notes.push(`Sensor Logger ${version}, platform ${platform || "not named"}${said}.`);
  const named = value("sensors").replaceAll(" ", "").split("|").filter((s) => s in SENSOR_AXES);
  const known = ["ios", "android"].includes(platform) ? platform : null;
  const namedBy = `Metadata (${platform}${said})`;
  return { claim: { ...claim, platform: known, standardised, version, namedBy }, named };
}

/** Return the axes to read, after checking that they and the time are there. */
function checkHeader(sensor, table) {
  let axes = SENSOR_AXES[sensor];
  if (sensor === "Orientation") { // one of its two halves is enough
    const halves = [QUATERNION_AXES, EULER_AXES].filter((half) =>
      half.some((axis) => table.header.includes(axis)));
    if (halves.length) axes = halves.flat();
  }
  table.require(["time", ...axes]);
  return axes;
}

function readWatch(table, sensors) {
  for (const [sensor, columns] of Object.entries(WATCH_COLUMNS)) {
    if (!columns.some((column) => table.header.includes(column))) continue;
    const axes = sensor === "Orientation" ? QUATERNION_AXES : SENSOR_AXES[sensor];
    sensors[sensor] = readSamples(table, columns, axes);
  }
  if (!Object.keys(sensors).length) table.require(WATCH_COLUMNS.Accelerometer);
}

function readSamples(table, columns, axes) {
  return {
    place: table.place, axes, columns: table.numbers(columns), rows: table.rows,
    rowWord: table.rowWord, times: wholeTimes(table), elapsedS: elapsed(table),
  };
}

function elapsed(table) {
  if (!table.has("seconds_elapsed")) return null;
  try {
    return table.numbers(["seconds_elapsed"])[0];
  } catch {
    return null; // only the check of the times needs it
  }
}

/** Return times as whole numbers of nanoseconds. */
function wholeTimes(table) {
  table.require(["time"]);
  return table.cells("time").map((cell, row) => {
    const text = cell.trim();
    if (/^\d{1,19}$/.test(text) && (text.length < 19 || BigInt(text) < 2n ** 63n)) {
      return BigInt(text);
    }
    const rounded = /^\d[.,]?\d*e\+?\d+$/i.test(text);
    throw table.fault(
      row, "time", `is not a whole number of nanoseconds${rounded ? ": it was rounded" : ""}`,
      rounded ? "The package's read_recording can restore such times; or export the recording "
        + "again." : undefined);
  });
}

/** Return the sensors with times relative to the first of all, and that one as a BigInt. */
function onOneClock(sensors) {
  const epochNs = Object.values(sensors)[0]?.times[0] ?? 0n;
  const timed = Object.entries(sensors).map(([sensor, { times, elapsedS, ...rest }]) => {
    const timesNs = Float64Array.from(times, (time) => Number(time - epochNs));
    const startsNs = elapsedS && timesNs.map((time, i) => time - elapsedS[i] * 1e9);
    return [sensor, { ...rest, timesNs, startsNs }];
  });
  return { sensors: Object.fromEntries(timed), epochNs };
}
