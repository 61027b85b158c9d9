// All points of a device, with their meaning; an engineer may write those that can be written, and sees first what that does.

import { failed } from "../dialogs.js";
import { h } from "../dom.js";
import { shown, unit } from "../format.js";
import { get, may } from "../session.js";
import { table } from "./parts.js";
import { change } from "./setting.js";

const loaded = new Map(); // device → its points, and whether it said so itself
let filter = "";

export function pointsCard({ draw }, device) {
  const open = (event) => {
    if (!event.target.open || loaded.has(device)) return;
    load(device).then(draw, failed);
  };
  if (loaded.has(device) && may("engineer") && !loaded.get(device).own) {
    loaded.get(device).own = true; // asked once
    load(device).then(draw, failed);
  }
  const points = loaded.get(device)?.points;
  return h("details", { class: "card", ontoggle: open, "data-key": device }, h("summary", {}, `Points of ${device}`),
    h("input", { type: "search", placeholder: "filter by name or meaning", oninput: (event) => { filter = event.target.value.toLowerCase(); draw(); } }),
    points ? list(device, points, draw) : h("p", { class: "quiet" }, "…"));
}

// Who may write sees what the device itself has: a controller of another release has other points.
async function load(device) {
  const own = may("engineer");
  loaded.set(device, { own, points: await get(`/api/v1/devices/${encodeURIComponent(device)}/${own ? "own-points" : "points"}`) });
}

function list(device, points, draw) {
  const found = points.filter(({ point }) => `${point.name} ${point.meaning}`.toLowerCase().includes(filter));
  return table([["point", "left"], ["value", "right"], ["unit", "left"], ["limits", "left"], ["register", "right"], ["meaning", "left"], ["", "left"]],
    found.slice(0, 80).map(({ point, value }) => [
      h("code", {}, point.name), value ? shown(value) : "", unit(point.unit), point.low === null || !point.writable ? "" : `${point.low} … ${point.high}`,
      point.reference, h("span", { class: "meaning" }, point.meaning), point.writable ? h("button", { onclick: () => change(device, point, draw) }, "Set …") : "",
    ]), { empty: "no point has that in its name or meaning" });
}
