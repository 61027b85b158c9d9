// One coolant pump skid: its loop, what is set, and why.

import { h } from "../dom.js";
import { fixed, shown, text } from "../format.js";
import { about, alarmLines, card, chips, noSuch, reasons, tile } from "./parts.js";
import { pointsCard } from "./points.js";
import { schematic } from "./schematic.js";

export function view(context) {
  const { doc, what } = context;
  if (!doc.skids.length) return h("p", { class: "quiet" }, "this pod has no skid");
  const skid = what ? doc.skids.find((each) => each.name === what) : doc.skids[0];
  if (!skid) return noSuch("skid", "skid", doc.skids, what);
  const of = (name) => `${skid.name}.${name}`;
  const speeds = skid.pump_speed.map((_, at) => of(`pump_speed.${at + 1}`));
  const heat = `${fixed(doc.totals.heat_kW, 0)} kW`;
  return [
    chips("skid", doc.skids, skid.name),
    h("div", { class: "columns wide-left" },
      h("div", {},
        card(`${skid.name}: the loop`, h("div", { class: "scroll" }, schematic(skid, heat))),
        h("div", { class: "tiles" },
          tile("supply", text(skid.supply_temperature), " °C", [of("supply_temperature"), of("active_supply_temperature")], { least: 2 }),
          tile("return", text(skid.return_temperature), " °C", [of("return_temperature")], { least: 2 }),
          tile("ΔP", text(skid.differential_pressure, 0), " kPa", [of("differential_pressure"), of("active_differential_pressure")], { least: 20 }),
          tile("flow", text(skid.flow, 0), " l/min", [of("flow")], { least: 50 }),
          tile("pump speed", skid.pump_speed.map((each) => text(each, 0)).join(" / ") || "–", " %", speeds, { least: 10 }),
          tile("valve", text(skid.valve_position, 0), " %", [of("valve_position")], { least: 10 }))),
      h("div", {},
        card("State", about(skid, [["mode", shown(skid.mode)], ["dew point", h("span", {}, shown(skid.dew_point), " °C")]])),
        card("Set by the host", reasons(doc, skid.name)),
        card("Alarms", alarmLines(doc.alarms.filter((alarm) => alarm.device === skid.name), doc.time)))),
    pointsCard(context, skid),
  ];
}
