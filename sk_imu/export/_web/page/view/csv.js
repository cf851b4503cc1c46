// The sets of all recordings as a CSV file, with the columns of the package's `recognize`.

const COLUMNS = [
  "source", "set", "start_s", "end_s", "exercise", "probability", "repetitions", "within",
  "found",
];

/** Return the table as text. */
export function asCsv(results) {
  const rows = results.flatMap(({ name, sets }) => sets.map((set, i) => [
    name, i + 1, set.startS, set.endS, set.shown ?? "", set.probability ?? "",
    set.repetitions?.length ?? "", set.within, set.confidence ?? "",
  ]));
  return [COLUMNS, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

function cell(value) {
  const text = String(value);
  // A spreadsheet would run a text that begins like this.
  const safe = typeof value === "string" && /^[=+@-]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
