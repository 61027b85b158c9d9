// The pod at one glance.

import { h } from "../dom.js";
import { UNKNOWN, against, bar, fixed, good, percent, pill, shown, state } from "../format.js";
import { alarmLines, card, findingLines, table, tile } from "./parts.js";

const METERED = 1.03; // a rack at its rating may be metered as a little more

export function view({ doc }) {
  const { totals } = doc;
  return [
    h("div", { class: "tiles" },
      tile("power", fixed(totals.power_kW, 0), " kW", ["pod.power"], { least: 20 }),
      tile("heat removed", fixed(totals.heat_kW, 0), " kW", ["pod.heat"], { least: 20 }),
      tile("coolant flow", fixed(totals.flow_l_min, 0), " l/min", ["pod.flow"], { least: 50 }),
      tile("warmest supply", fixed(largest(doc.skids, "supply_temperature")), " °C", doc.skids.map((each) => `${each.name}.supply_temperature`), { least: 2 }),
      tile("energy", fixed(totals.energy_kWh, 0), " kWh"),
      tile("alarms", doc.alarms.length, doc.returned.length ? ` and ${doc.returned.length} gone` : "")),
    h("div", { class: "columns wide-left" },
      h("div", {}, card("Cooling", skids(doc)), h("div", { class: "columns" }, doc.feeds.map((feed) => card(`Feed ${feed.name}`, pdus(doc, feed)))), card("Racks", racks(doc))),
      h("div", {}, card("Alarms", flood(doc), alarmLines(doc.alarms.slice(0, 8), doc.time), more(doc)), doc.findings.length ? card("Findings", findingLines(doc.findings.slice(0, 8))) : null, limits(doc))),
  ];
}

const largest = (members, field) => {
  const known = members.map((each) => good(each[field])).filter((value) => value !== null);
  return known.length ? Math.max(...known) : null;
};

const skids = (doc) =>
  table(
    [["skid", "left"], ["state", "left"], ["supply °C", "right", "measured / set-point"], ["return", "right"], ["ΔP kPa", "right", "measured / set-point"], ["l/min", "right"], ["pumps %", "right"], ["valve %", "right"], ["heat kW", "right"], ["facility °C", "right"]],
    doc.skids.map((skid) => [
      h("a", { href: `#/skid/${skid.name}` }, skid.name), state(skid),
      against(skid.supply_temperature, skid.active_supply_temperature, 1, 0.5), shown(skid.return_temperature),
      against(skid.differential_pressure, skid.active_differential_pressure, 0, 0.03 * (good(skid.active_differential_pressure) ?? 0)),
      shown(skid.flow, 0), skid.pump_speed.length ? skid.pump_speed.flatMap((speed, at) => [at ? " " : "", shown(speed, 0)]) : UNKNOWN,
      shown(skid.valve_position, 0), shown(skid.heat, 0), shown(skid.facility_supply_temperature),
    ]));

function pdus(doc, feed) {
  const own = doc.pdus.filter((pdu) => pdu.feed === feed.name);
  const n1 = (each) => (each.survivor_current_A === null ? UNKNOWN : percent(each.survivor_current_A / each.main_A));
  const known = feed.pdus_known === feed.pdus ? pill("all", "mute") : pill(`${feed.pdus_known} of ${feed.pdus}`, "warn");
  return table([["PDU", "left"], ["state", "left"], ["kW", "right"], ["main", "left", "largest phase current over the main breaker"], ["N−1", "right", "what it would carry if the worst other feed were lost"], ["branches", "left"]], [
    [h("b", {}, "sum"), known, h("b", {}, fixed(feed.power_kW, 0)), bar(feed.load), n1(feed), ""],
    ...own.map((pdu) => [h("a", { href: `#/pdu/${pdu.name}` }, pdu.name), state(pdu), shown(pdu.power, 1, 0.001), bar(pdu.load), n1(pdu), branches(pdu)]),
  ]);
}

function branches(pdu) {
  const used = pdu.branches.filter((branch) => branch.rack);
  if (used.every((branch) => branch.closed === null)) return h("span", { class: "dim" }, UNKNOWN);
  const tripped = used.filter((branch) => branch.tripped);
  const off = used.filter((branch) => branch.closed === false && !branch.tripped);
  return h("span", { class: "nowrap" }, `${used.filter((branch) => branch.closed).length} on `,
    off.length ? pill(`${off.length} off`, "warn") : null, off.length && tripped.length ? " " : null,
    tripped.length ? pill(`tripped ${tripped.map((branch) => branch.number).join(", ")}`, "bad") : null);
}

const racks = (doc) =>
  h("div", { class: "racks" }, doc.racks.map((rack) => {
    const power = rack.power_kW ?? rack.estimate_kW;
    const about = rack.power_kW === null && power !== null ? "≈" : "";
    const label = `${about}${fixed(power, 0)} of ${fixed(rack.rated_kW, 0)} kW`;
    return h("div", { class: "rack" }, h("b", {}, rack.name), bar(power === null ? null : power / rack.rated_kW, { warn: 2, over: METERED, label }),
      rack.off ? pill("off", "bad", rack.cap_reason) : null, rack.cap_kW !== null ? pill(`limit ${fixed(rack.cap_kW, 0)} kW`, "warn", rack.cap_reason) : null);
  }));

const flood = (doc) => (doc.alarm_load.flood ? h("p", {}, pill("alarm flood", "bad"), ` ${doc.alarm_load.in_10_min} new alarms in 10 minutes`) : null);

function more(doc) {
  const rest = Math.max(0, doc.alarms.length - 8) + doc.returned.length + doc.suppressed.length;
  return rest ? h("p", { class: "quiet" }, h("a", { href: "#/alarms" }, `${rest} more: gone, aside, or below`)) : null;
}

function limits(doc) {
  const near = doc.limits.filter((limit) => limit.load > 0.9 * limit.limit || limit.capping);
  if (!near.length) return null;
  return card("Electrical limits", table([["limit", "left"], ["load", "left"], ["", "left"]], near.map((limit) => [
    `${limit.name} ${limit.kind === "reserve" ? "(N−1)" : ""}`, bar(limit.load / limit.limit), limit.capping ? pill("limiting racks", "warn") : limit.measured ? "" : pill("estimated", "mute"),
  ])));
}
