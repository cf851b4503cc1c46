// A recording as a JSON file of the app Sensor Logger, which the package reads, too.

/**
 * Return the file. Its samples have the signs and units of Android, as the package's own, and
 * its annotations are what is in doubt.
 */
export function asSensorLogger({ streams, startMs, doubts }) {
  const head = { sensor: "Metadata", platform: "android", sensors: Object.keys(streams).join("|") };
  // Nanoseconds since 1970 exceed what a number holds exactly.
  const timeAt = (timeS) => `${Math.round((startMs + 1000 * timeS) * 1000)}000`;
  const parts = [`[${JSON.stringify(head)}`];
  for (const [sensor, { timesS, axes, columns }] of Object.entries(streams)) {
    const records = Array.from(timesS, (timeS, i) => {
      const values = axes.map((axis, k) => `"${axis}":"${columns[k][i]}"`).join();
      return `,{"sensor":"${sensor}","time":"${timeAt(timeS)}","seconds_elapsed":"${timeS}",`
        + `${values}}`;
    });
    // A blob need not stay in memory.
    parts.push(new Blob(records));
  }
  const time = timeAt(0);
  for (const text of doubts) {
    parts.push(`,${JSON.stringify({ sensor: "Annotation", time, seconds_elapsed: "0", text })}`);
  }
  return new Blob([...parts, "]"], { type: "application/json" });
}
