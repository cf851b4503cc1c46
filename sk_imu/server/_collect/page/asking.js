// The server: questions, answers and events.

/** Ask the server; return its answer, or throw an Error with the reason that it gives. */
export async function ask(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("it cannot be reached. Is it still running?");
  }
  const text = await response.text();
  let answer = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // A proxy's page, or nothing.
  }
  if (response.ok) return answer;
  const detail = answer?.detail;
  throw new Error(typeof detail === "string" ? detail : text.slice(0, 300) || `status ${response.status}`);
}

/** Hear the events of the server, again after a lost connection. */
export function subscribe(path, hear) {
  const source = new EventSource(path);
  source.addEventListener("message", ({ data }) => hear(JSON.parse(data)));
}
