// One PDU: phases and branches.

import { h } from "../dom.js";
import { UNKNOWN, bar, fixed, good, percent, pill, shown, text } from "../format.js";
import { about, alarmLines, card, chips, noSuch, reasons, table, tile } from "./parts.js";
import { pointsCard } from "./points.js";

export function view(context) {
  const { doc, what } = context;
  if (!doc.pdus.length) return h("p", { class: "quiet" }, "this pod has no PDU");
  const pdu = what ? doc.pdus.find((each) => each.name === what) : doc.pdus[0];
  if (!pdu) return noSuch("pdu", "PDU", doc.pdus, what);
  const of = (name) => `${pdu.name}.${name}`;
  const currents = pdu.phase_current.map((_, at) => of(`phase_current.${at + 1}`));
  const racks = new Map(doc.racks.map((rack) => [rack.name, rack]));
  return [
    chips("pdu", doc.pdus, pdu.name),
    h("div", { class: "columns wide-left" },
      h("div", {},
        h("div", { class: "tiles" },
          tile("power", text(pdu.power, 1, 0.001), " kW", [of("power")], { least: 2000 }),
          tile("phase currents", pdu.phase_current.map((each) => text(each, 0)).join(" / ") || UNKNOWN, " A", currents, { least: 10 }),
          tile("energy", text(pdu.energy, 0, 0.001), " kWh"),
          tile("frequency", text(pdu.frequency, 2), " Hz", [of("frequency")], { least: 0.2 }),
          tile("unbalance", text(pdu.unbalance), " %", [of("unbalance")], { least: 2 })),
        card("Branches", branches(pdu, racks))),
      h("div", {},
        card("State", about(pdu, [["feed", pdu.feed], ["main breaker", h("span", {}, `${fixed(pdu.main_A, 0)} A `, bar(pdu.load))], ["without the other feed", pdu.survivor_current_A === null ? UNKNOWN : `${fixed(pdu.survivor_current_A, 0)} A, ${percent(pdu.survivor_current_A / pdu.main_A)}`]])),
        card("Phases", phases(pdu)),
        card("Alarms", alarmLines(doc.alarms.filter((alarm) => alarm.device === pdu.name), doc.time)),
        reasonsOf(doc, pdu))),
    pointsCard(context, pdu),
  ];
}

const branches = (pdu, racks) =>
  table([["", "right"], ["rack", "left"], ["state", "left"], ["power kW", "right"], ["current A", "right"], ["thermal image", "left", "100 %: protection opens it"], ["limits", "left"]],
    pdu.branches.map((branch) => {
      const thermal = good(branch.thermal);
      const rack = racks.get(branch.rack);
      return [
        branch.number, branch.rack || h("span", { class: "dim" }, "not used"), switched(branch), shown(branch.power, 2, 0.001), shown(branch.current),
        bar(thermal === null ? null : thermal / 100, { warn: 0.8 }),
        rack?.off ? pill("permit taken", "bad", rack.cap_reason) : rack && rack.cap_kW !== null ? pill(`limit ${fixed(rack.cap_kW, 0)} kW`, "warn", rack.cap_reason) : "",
      ];
    }));

function switched(branch) {
  if (branch.tripped) return pill("tripped", "bad");
  if (branch.closed === null) return pill(UNKNOWN, "mute");
  return branch.closed ? pill("on", "ok") : pill("off", "warn");
}

const phases = (pdu) =>
  table([["phase", "left"], ["current A", "right"], ["of main", "left"], ["voltage V", "right"]],
    pdu.phase_current.map((current, at) => [`L${at + 1}`, shown(current), bar(good(current) === null ? null : good(current) / pdu.main_A), shown(pdu.phase_voltage[at], 1)]), { empty: "not known" });

function reasonsOf(doc, pdu) {
  return doc.reasons.some((each) => each.of.startsWith(`${pdu.name}.`)) ? card("Set by the host", reasons(doc, pdu.name)) : null;
}
