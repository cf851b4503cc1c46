// Keeps the files of the page, so that it opens without a network after the first visit.

const OURS = `sk_imu ${registration.scope}`;
/** The files of one export, whose digest stands in the address of this script. */
const KEPT = OURS + location.search;

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(keepAll());
});
addEventListener("activate", (event) =>
  event.waitUntil(forgetOthers().then(() => clients.claim())));
addEventListener("fetch", (event) => {
  if (event.request.method === "GET") event.respondWith(fromNetwork(event.request));
});

async function keepAll() {
  // Not from the HTTP cache, which may mix the files of two exports.
  const fresh = (name) => new Request(name, { cache: "no-cache" });
  const { files } = await (await fetch(fresh("model.json"))).json();
  await (await caches.open(KEPT)).addAll(["./", "model.json", ...files].map(fresh));
}

async function forgetOthers() {
  const others = (await caches.keys())
    .filter((name) => name.startsWith(`${OURS}?`) && name !== KEPT);
  await Promise.all(others.map((name) => caches.delete(name)));
}

/** Return what the server answers, or the file that is kept. */
async function fromNetwork(request) {
  try {
    return await fetch(request, { cache: "no-cache" });
  } catch (error) {
    const { origin, pathname } = new URL(request.url);
    const found = await caches.match(origin + pathname, { cacheName: KEPT });
    if (found) return found;
    throw error;
  }
}
