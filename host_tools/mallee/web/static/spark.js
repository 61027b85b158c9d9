// A line of what is known of the last quarter of an hour, beside its number. Where nothing is known there is no line.

import { s } from "./dom.js";
import { recent } from "./recent.js";

const LEAST_MS = 60000;

// `names`: one line each. `least`: the smallest range of the vertical axis, so that noise does not look like an event.
export function spark(names, { width = 160, height = 36, least = 1 } = {}) {
  const all = names.map(recent);
  const ends = all.map((each) => each.times.at(-1) ?? 0);
  const now = Math.max(...ends);
  const span = Math.max(LEAST_MS, now - Math.min(...all.map((each) => each.times[0] ?? now)));
  const known = all.flatMap((each) => each.values.filter((value) => value !== null));
  const frame = { class: "spark", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" };
  if (known.length < 2) return s("svg", frame);
  let [low, high] = [Math.min(...known), Math.max(...known)];
  const spare = Math.max(0, least - (high - low)) / 2;
  [low, high] = [low - spare, high + spare];
  const x = (time) => width * (1 - (now - time) / span);
  const y = (value) => 2 + (height - 4) * (1 - (value - low) / (high - low || 1));
  return s("svg", frame, all.map((each, at) => s("path", { class: names[at].includes(".active_") ? "line set" : `line l${at + 1}`, d: line(each, x, y), "vector-effect": "non-scaling-stroke" })));
}

function line({ times, values }, x, y) {
  let path = "";
  let pen = "M";
  times.forEach((time, at) => {
    if (values[at] === null) pen = "M";
    else {
      path += `${pen}${x(time).toFixed(1)} ${y(values[at]).toFixed(1)}`;
      pen = "L";
    }
  });
  return path;
}
