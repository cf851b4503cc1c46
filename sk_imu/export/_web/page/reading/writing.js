// A recording as a JSON file of the app Sensor Logger, which the package reads, too.

/** Return the file. Its samples have the signs and units of Android, as the package's own. */
export function asSensorLogger({ streams, startMs }) {
  const head = { sensor: "Metadata", platform: "android", sensors: Object.keys(streams).join("|") };
  const parts = [`[${JSON.stringify(head)}`];
  for (const [sensor, { timesS, axes, columns }] of Object.entries(streams)) {
    timesS.forEach((timeS, i) => {
      const values = axes.map((axis, k) => `"${axis}":"${columns[k][i]}"`).join();
      // Nanoseconds since 1970 exceed what a number holds exactly.
      const time = BigInt(Math.round((startMs + 1000 * timeS) * 1000)) * 1000n;
      parts.push(`,{"sensor":"${sensor}","time":"${time}","seconds_elapsed":"${timeS}",${values}}`);
    });
  }
  return new Blob([...parts, "]"], { type: "application/json" });
}
