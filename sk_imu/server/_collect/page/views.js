// What the page shows of the server's state.

const find = (id) => document.getElementById(id);

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Replace what an element holds, unless it would be the same: a reader may be inside. */
function replace(id, children, key) {
  const target = find(id);
  const text = JSON.stringify(key);
  if (target.dataset.key === text) return;
  target.dataset.key = text;
  target.replaceChildren(...children());
}

const items = (id, texts) => replace(id, () => texts.map((text) => element("li", text)), texts);

function options(id, names) {
  replace(id, () => names.map((name) => element("option", undefined, { value: name })), names);
}

export function show(state, chosen) {
  find("folder").textContent = state.folder;
  find("address").textContent = state.phone_address;
  find("push-address").textContent = state.push_address;
  find("qr").hidden = state.is_local;
  if (!state.is_local && !find("qr").src) find("qr").src = "collect/qr.svg";
  find("connect-how").textContent = state.is_local
    ? "This server is open to this computer only: a phone needs it to be started with --host 0.0.0.0 --https. Here, open:"
    : "Scan the code with the phone, or open this address on it:";
  find("no-https").hidden = state.is_local || state.is_encrypted;
  showPhones(state.phones, chosen);
  options("subjects", state.subjects);
  options("exercises", state.exercises);
  options("placements", state.placements);
  showCounts(state.counts, state.subjects_of_sets, state.labels);
  find("unlisted").hidden = !state.n_unlisted;
  find("unlisted").textContent = `Files that manifest.csv does not list are not used. In the folder: ${state.n_unlisted}.`;
  replace("last", () => state.last.map((one) => {
    const item = element("li", `${one.path}${one.placement ? `, ${one.placement}` : ""} `);
    item.append(element("button", "Remove", { type: "button", "data-path": one.path, "aria-label": `Remove ${one.path}`, class: "plain" }));
    return item;
  }), state.last);
  items("advice", state.advice);
  find("saving").hidden = !state.has_model;
  replace("model", () => Object.entries(state.models).map(([name, text]) => element("option", text, { value: name })), state.models);
}

function showPhones(phones, chosen) {
  find("no-phone").hidden = phones.length > 0;
  const target = find("phones");
  const key = JSON.stringify(phones.map((one) => [one.session, one.device]));
  if (target.dataset.key !== key) {
    target.dataset.key = key;
    target.querySelectorAll("label").forEach((label) => label.remove());
    for (const one of phones) {
      const label = element("label", undefined, { "data-session": one.session });
      const input = element("input", undefined, { type: "radio", name: "phone", value: one.session, "data-device": one.device });
      label.append(input, element("strong", one.device), element("span", ""), element("ul", undefined, { class: "soft" }));
      target.append(label);
    }
  }
  for (const one of phones) {
    const label = target.querySelector(`[data-session="${one.session}"]`);
    const isSilent = one.silent_s > 3;
    label.dataset.state = isSilent ? "silent" : "sending";
    label.querySelector("input").checked = one.session === chosen;
    label.querySelector("span").textContent = isSilent
      ? `silent for ${one.silent_s.toFixed(0)} s`
      : `sends${one.behind_s > 3 ? `, ${one.behind_s.toFixed(0)} s behind` : ""}`;
    const list = label.querySelector("ul");
    if (list.dataset.key !== JSON.stringify(one.doubts)) {
      list.dataset.key = JSON.stringify(one.doubts);
      list.replaceChildren(...one.doubts.map((text) => element("li", text)));
    }
  }
}

function showCounts(counts, people, labels) {
  replace("counts", () => {
    if (!labels.length) return [element("caption", "No sets yet.")];
    const head = element("tr");
    head.append(element("th", "Exercise"), ...people.map((name) => element("th", name || "nobody", { class: "number" })), element("th", "All", { class: "number" }));
    const rows = labels.map((label) => {
      const row = element("tr");
      const numbers = people.map((name) => counts[label]?.[name] ?? 0);
      row.append(element("th", label), ...numbers.map((n) => element("td", String(n || "–"), { class: "number" })));
      row.append(element("td", String(numbers.reduce((sum, n) => sum + n, 0)), { class: "number" }));
      return row;
    });
    const [top, body] = [element("thead"), element("tbody")];
    top.append(head);
    body.append(...rows);
    return [element("caption", "Sets of each exercise and person"), top, body];
  }, [counts, people, labels]);
}

export function showReview(review, take) {
  const rates = Object.entries(review.rates).map(([name, hz]) => `${name} ${hz ?? "–"} Hz`);
  const counted = review.repetitions === null ? "" : `, ${review.repetitions} repetitions`;
  find("review-title").textContent = `Keep this set of ${take.exercise} by ${take.subject}?`;
  find("review-facts").textContent = `${review.seconds.toFixed(1)} s${counted}. ${rates.join(", ")}.`;
  find("review-warnings").hidden = !review.warnings.length;
  find("review-warnings").replaceChildren(...review.warnings.map((text) => element("li", text)));
  const { signal } = review;
  const last = signal.at(-1)?.[0] || 1;
  const high = Math.max(12, ...signal.flatMap((row) => row.slice(1).map(Math.abs)));
  ["x", "y", "z"].forEach((axis, i) => {
    const points = signal.map((row) => `${(600 * row[0] / last).toFixed(1)},${(60 - 58 * row[i + 1] / high).toFixed(1)}`);
    find("trace").querySelector(`.${axis}`).setAttribute("points", points.join(" "));
  });
}

/** Show a state of the fit: idle, running, done or failed. */
export function showReport(state) {
  const isRunning = state.state === "running";
  find("training").hidden = state.state === "idle";
  find("train").disabled = isRunning;
  find("progress").hidden = !isRunning;
  find("progress").value = state.done ?? 0;
  find("step").textContent = state.state === "failed" ? `Not trained: ${state.error}`
    : state.state === "done" ? "The model is trained, and live now." : `${state.step} …`;
  find("step").className = state.state === "failed" ? "fail" : "";
  const { report } = state;
  find("report").hidden = !report;
  if (!report) return;
  find("score").textContent = report.score === null ? "No score" : `${Math.round(100 * report.score)} %`;
  items("says", report.says);
  replace("people", () => [element("caption", "Sets that are right, by person"), ...report.by_person.map(([name, score]) => {
    const row = element("tr");
    row.append(element("th", name || "nobody named", { scope: "row" }), element("td", `${Math.round(100 * score)} %`, { class: "number" }));
    return row;
  })], report.by_person);
}
