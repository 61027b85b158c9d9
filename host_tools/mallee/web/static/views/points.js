// All points of a device, with their meaning; an engineer may write those that can be written, and sees first what that does.

import { failed } from "../dialogs.js";
import { h } from "../dom.js";
import { shown, unit } from "../format.js";
import { knownOf } from "../known.js";
import { get, may } from "../session.js";
import { table } from "./parts.js";
import { change } from "./setting.js";

const FIRST = 80; // rows, of a table that is drawn anew each second
const cards = new Map(); // device → its points, whether it said so itself, and the filter of its card

export function pointsCard({ draw }, member) {
  const device = member.name;
  if (!cards.has(device)) cards.set(device, { points: null, own: false, filter: "", all: false });
  const card = cards.get(device);
  const load = () => ask(device, card).then(draw, failed);
  if (card.points && may("engineer") && !card.own) load();
  const filter = (event) => {
    card.filter = event.target.value;
    draw();
  };
  return h("details", { class: "card", ontoggle: (event) => { if (event.target.open && !card.points) load(); }, "data-key": device }, h("summary", {}, `Points of ${device}`),
    h("input", { type: "search", placeholder: "filter by name or meaning", value: card.filter, oninput: filter }),
    card.points ? list(member, card, draw) : h("p", { class: "quiet" }, "…"));
}

// Who may write sees what the device itself has: a controller of another release has other points.
async function ask(device, card) {
  card.own = may("engineer"); // asked once
  card.points = await get(`/api/v1/devices/${encodeURIComponent(device)}/${card.own ? "own-points" : "points"}`);
}

function list(member, card, draw) {
  const wanted = card.filter.toLowerCase();
  const found = card.points.filter(({ point }) => `${point.name} ${point.meaning}`.toLowerCase().includes(wanted))
    .map(({ point }) => ({ point, value: knownOf(member, point.name) })).sort((one, other) => rank(one) - rank(other));
  const all = () => {
    card.all = true;
    draw();
  };
  const least = { empty: "no point has that in its name or meaning" };
  const rows = card.all ? found : found.slice(0, FIRST);
  return [
    table(COLUMNS, rows.map((each) => row(member.name, each, draw)), least),
    rows.length < found.length ? h("p", { class: "more" }, `${found.length - rows.length} more: filter, or `, h("button", { onclick: all }, `Show all ${found.length}`)) : null,
  ];
}

// What is measured now comes first, then what else can be read, then what can be set.
const rank = ({ point, value }) => (value ? 0 : point.writable ? 2 : 1);

const COLUMNS = [["point", "left"], ["value", "right"], ["unit", "left"], ["limits", "left"], ["register", "right"], ["meaning", "left"], ["", "left"]];

const row = (device, { point, value }, draw) => [
  h("code", {}, point.name), value ? shown(value) : "", unit(point.unit), point.low === null || !point.writable ? "" : `${point.low} … ${point.high}`,
  point.reference, h("span", { class: "meaning" }, point.meaning), point.writable ? h("button", { onclick: () => change(device, point, draw) }, "Set …") : "",
];
