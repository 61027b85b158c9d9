// All points of a device, with their meaning; an engineer may write those that can be written, and sees first what that does.

import { failed } from "../dialogs.js";
import { h } from "../dom.js";
import { shown, unit } from "../format.js";
import { get, may } from "../session.js";
import { table } from "./parts.js";
import { change } from "./setting.js";

const cards = new Map(); // device → its points, whether it said so itself, and the filter of its card

export function pointsCard({ draw }, device) {
  if (!cards.has(device)) cards.set(device, { points: null, own: false, filter: "" });
  const card = cards.get(device);
  const load = () => ask(device, card).then(draw, failed);
  if (card.points && may("engineer") && !card.own) load();
  const filter = (event) => {
    card.filter = event.target.value;
    draw();
  };
  return h("details", { class: "card", ontoggle: (event) => { if (event.target.open && !card.points) load(); }, "data-key": device }, h("summary", {}, `Points of ${device}`),
    h("input", { type: "search", placeholder: "filter by name or meaning", value: card.filter, oninput: filter }),
    card.points ? list(device, card, draw) : h("p", { class: "quiet" }, "…"));
}

// Who may write sees what the device itself has: a controller of another release has other points.
async function ask(device, card) {
  card.own = may("engineer"); // asked once
  card.points = await get(`/api/v1/devices/${encodeURIComponent(device)}/${card.own ? "own-points" : "points"}`);
}

function list(device, { points, filter }, draw) {
  const wanted = filter.toLowerCase();
  const found = points.filter(({ point }) => `${point.name} ${point.meaning}`.toLowerCase().includes(wanted));
  return table([["point", "left"], ["value", "right"], ["unit", "left"], ["limits", "left"], ["register", "right"], ["meaning", "left"], ["", "left"]],
    found.slice(0, 80).map(({ point, value }) => [
      h("code", {}, point.name), value ? shown(value) : "", unit(point.unit), point.low === null || !point.writable ? "" : `${point.low} … ${point.high}`,
      point.reference, h("span", { class: "meaning" }, point.meaning), point.writable ? h("button", { onclick: () => change(device, point, draw) }, "Set …") : "",
    ]), { empty: "no point has that in its name or meaning" });
}
