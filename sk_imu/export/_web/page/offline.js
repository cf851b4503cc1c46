// Keeps the files of the page, so that it opens without a network when it was opened once.

const KEPT = "sk_imu";

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(keepAll());
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (event.request.method === "GET") event.respondWith(fromNetwork(event.request));
});

async function keepAll() {
  const answer = await fetch("model.json", { cache: "no-cache" });
  const { files } = await answer.json();
  await (await caches.open(KEPT)).addAll(["./", "model.json", ...files]);
}

/** Return what the server answers, or what it answered last. */
async function fromNetwork(request) {
  const kept = await caches.open(KEPT);
  try {
    // Not from the browser's own store, which may mix files of two models.
    const answer = await fetch(request, { cache: "no-cache" });
    if (answer.ok) await kept.put(request, answer.clone());
    return answer;
  } catch (error) {
    const found = await kept.match(request, { ignoreSearch: true });
    if (found) return found;
    throw error;
  }
}
