// The server: questions, answers and events.

const AGAIN_MS = 5000;

/** Ask the server; return its answer, or throw an Error with the reason that it gives. */
export async function ask(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await answered(path, options);
  return response.json().catch(() => null);
}

/** Return a file of the server as a Blob, or throw an Error as `ask` does. */
export async function load(path) {
  const response = await answered(path);
  return response.blob();
}

async function answered(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    const error = new Error("The server cannot be reached. Is it still running?");
    throw Object.assign(error, { isUnanswered: true });
  }
  if (response.ok) return response;
  const text = await response.text();
  let detail;
  try {
    ({ detail } = JSON.parse(text));
  } catch {
    // A proxy's page, or nothing.
  }
  throw new Error(typeof detail === "string" ? detail : text.slice(0, 300) || `status ${response.status}`);
}

/** Hear the events of the server, again after a lost connection or a refusal. */
export function subscribe(path, hear) {
  const source = new EventSource(path);
  source.addEventListener("message", ({ data }) => hear(JSON.parse(data)));
  source.addEventListener("error", () => {
    // Browsers do not ask again where the answer was an error.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => subscribe(path, hear), AGAIN_MS);
  });
}
