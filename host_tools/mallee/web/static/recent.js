// The last quarter of an hour of some numbers, for small live charts: asked for once, then fed by the documents that come.

import { good } from "./format.js";
import { knownOf } from "./known.js";
import { get } from "./session.js";

const KEPT_MS = 900000;
const MOST_NAMES = 16; // of one request
const ENDINGS = { pod: { power: "power_kW", heat: "heat_kW", flow: "flow_l_min", energy: "energy_kWh" } };

const kept = new Map(); // name → { times, values }
let waiting = new Set();

// What is known of a name; the first time it is asked for.
export function recent(name) {
  if (!kept.has(name)) {
    kept.set(name, { times: [], values: [] });
    if (!waiting.size) queueMicrotask(ask);
    waiting.add(name);
  }
  return kept.get(name);
}

let known = null; // names that the server has values of; what it learns later begins with what comes

async function ask() {
  known ??= get("/api/v1/series").then((all) => new Set(all.map((each) => each.name)), () => new Set());
  const there = await known;
  const names = [...waiting].filter((name) => there.has(name));
  waiting = new Set();
  for (let at = 0; at < names.length; at += MOST_NAMES) {
    const query = names.slice(at, at + MOST_NAMES).map((name) => `series=${encodeURIComponent(name)}`).join("&");
    try {
      for (const series of (await get(`/api/v1/history?${query}&last=15m`)).series) before(series);
    } catch {
      // The small charts begin with what comes: that the server does not answer is told elsewhere.
    }
  }
}

function before(series) {
  const now = kept.get(series.name);
  const first = now.times.length ? now.times[0] : Infinity;
  const count = series.times_ms.filter((time) => time < first).length;
  now.times.unshift(...series.times_ms.slice(0, count));
  now.values.unshift(...series.values.slice(0, count));
}

export function feed(doc) {
  const now = Date.parse(doc.time);
  for (const [name, series] of kept) {
    if (series.times.length && now <= series.times.at(-1)) continue;
    series.times.push(now);
    series.values.push(valueOf(doc, name));
    while (series.times[0] < now - KEPT_MS) {
      series.times.shift();
      series.values.shift();
    }
  }
}

function valueOf(doc, name) {
  const [place, ...path] = name.split(".");
  if (place === "pod") return doc.totals[ENDINGS.pod[path[0]]] ?? null;
  const member = [...doc.skids, ...doc.pdus].find((each) => each.name === place);
  if (!member) return null;
  const found = member[path[0]];
  return typeof found === "number" ? found : good(knownOf(member, path.join(".")));
}
