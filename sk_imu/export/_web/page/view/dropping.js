// Which of the files that a user gives form a recording.

import { isReadable, sensorOfFile } from "../reading/sensor_logger.js";

/** Return the files that were dropped, each with its path; folders are looked into. */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry?.())
    .filter(Boolean);
  if (!entries.length) return chosenFiles(transfer.files);
  return (await Promise.all(entries.map((entry) => filesIn(entry)))).flat();
}

/** Return the files that were chosen, each with its path. */
export function chosenFiles(files) {
  return [...files].map((file) => [file.webkitRelativePath || file.name, file]);
}

async function filesIn(entry, above = "") {
  const path = above + entry.name;
  if (entry.isFile) {
    return [[path, await new Promise((done, failed) => { entry.file(done, failed); })]];
  }
  const reader = entry.createReader();
  const all = [];
  for (;;) { // a browser gives the entries in parts
    const part = await new Promise((done, failed) => { reader.readEntries(done, failed); });
    if (!part.length) break;
    for (const inside of part) all.push(...await filesIn(inside, `${path}/`));
  }
  return all;
}

/**
 * Return the recordings in some files: name, and path and content of each file.
 *
 * CSV files named after sensors that lie in one folder are one recording; any other file
 * is one of its own.
 */
export function recordingsIn(files) {
  const folders = new Map(), single = [];
  for (const [path, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const names = path.split("/");
    if (names.some((name) => /^(\.|__)/.test(name))) continue;
    const folder = names.slice(0, -1).join("/"), name = names[names.length - 1];
    if (sensorOfFile(name)) folders.set(folder, [...(folders.get(folder) ?? []), [name, file]]);
    else if (/\.zip$/i.test(name) || isReadable(name)) {
      single.push({ name: path, files: [[name, file]] });
    }
  }
  const grouped = [...folders].map(([folder, members]) =>
    ({ name: folder || members[0][0], files: members }));
  for (const one of grouped) {
    if (one.files.length > 1 && one.name === one.files[0][0]) {
      one.name = `${one.files.length} files (${one.files[0][0]}, …)`;
    }
  }
  return [...grouped, ...single];
}
