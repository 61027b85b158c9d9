// Bus health: who answers, how fast, and what goes wrong on the lines.

import { h } from "../dom.js";
import { UNKNOWN, bar, duration, fixed, percent, pill, state } from "../format.js";
import { card, facts, table, tile } from "./parts.js";

const COUNTS = [
  ["timeouts", "requests without an answer in time"], ["exceptions", "answers that were refusals"], ["late", "answers after their time, dropped"],
  ["malformed", "answers that fit no request"], ["unknown", "answers to nothing that was asked"], ["damaged", "only bytes without a good check sum came back"],
  ["resyncs", "times that a unit proved, after silence, that its next answer is right"], ["unproven", "times that it did not"],
  ["wrong_unit", "good frames of a unit that was not asked"], ["noise_bytes", "bytes of no good frame"], ["echoes", "requests that the port repeated to us"],
  ["never_silent", "requests not sent, because somebody babbles"], ["held_back", "requests not sent to units that are known to be silent"],
  ["reconnects", "connections made anew"], ["connect_failures", "connections that were not made"],
];
const TROUBLE = new Set(["timeouts", "exceptions", "malformed", "unknown", "damaged", "unproven", "wrong_unit", "never_silent", "connect_failures"]);

export function view({ doc }) {
  const { bus } = doc;
  const lost = bus.requests ? (bus.requests - bus.answers) / bus.requests : null;
  return [
    h("div", { class: "tiles" },
      tile("requests", fixed(doc.requests_per_s, 0), " /s"), tile("all requests", fixed(bus.requests, 0), ""),
      tile("without an answer", lost === null ? UNKNOWN : percent(lost, 2), ""), tile("round trip p50", fixed(bus.rtt_p50_ms), " ms"),
      tile("round trip p99", fixed(bus.rtt_p99_ms), " ms"), tile("late scans", doc.scan_overruns, ""),
      bus.load === null ? null : tile("busiest line", percent(bus.load), "")),
    h("div", { class: "columns wide-left" },
      h("div", {}, card("Controllers", controllers(doc)), card("Lines and connections", links(doc))),
      h("div", {},
        card("Counters of all lines", counters(bus)),
        card("Traffic", facts([["sent", bytes(bus.bytes_out)], ["received", bytes(bus.bytes_in)], ["broadcasts", bus.broadcasts], ["exceptions by code", Object.entries(bus.exceptions_by_code).map(([code, count]) => `${code}: ${count}`).join(", ") || "none"]])))),
  ];
}

function counters(bus) {
  const zero = COUNTS.filter(([name]) => !bus[name]).map(([name, words]) => h("span", { title: words }, name.replaceAll("_", " ")));
  return [
    table([["", "left"], ["count", "right"], ["", "left"]], COUNTS.filter(([name]) => bus[name]).map(([name, words]) => [
      h("span", { class: "nowrap" }, name.replaceAll("_", " "), " ", TROUBLE.has(name) ? pill("look", "warn") : null), bus[name], h("span", { class: "dim" }, words),
    ]), { empty: "nothing was lost, refused or damaged" }),
    zero.length ? h("p", { class: "dim" }, "none: ", zero.flatMap((each, at) => (at ? [", ", each] : [each]))) : null,
  ];
}

const controllers = (doc) =>
  table([["name", "left"], ["state", "left"], ["address", "left"], ["unit", "right"], ["firmware", "left"], ["lease", "left"], ["doubts", "right", "times that it was not believed: frozen, impossible, clock"], ["", "left"]],
    [...doc.skids, ...doc.pdus, ...doc.devices].map((each) => [
      h("b", {}, each.name), state(each), h("code", {}, each.address), each.unit, each.firmware ?? UNKNOWN,
      each.lease.ours ? pill("ours", "ok") : h("span", { class: "dim" }, each.lease.note || each.lease.state || UNKNOWN),
      each.trust.frozen + each.trust.impossible + each.trust.clock,
      each.answering ? "" : `${each.not_asked ? "not asked: another master talks" : each.reason || "no answer"}${each.silent_s === null ? "" : `, for ${duration(each.silent_s)}`}`,
    ]));

const links = (doc) =>
  table([["line", "left"], ["requests", "right"], ["timeouts", "right"], ["refused", "right", "answers that were exceptions"], ["damaged", "right", "answers that fit no request or no check sum"], ["late", "right"], ["reconnects", "right"], ["p99 ms", "right", "round trips"], ["load", "left", "of a serial line: part of the time that bytes are on it"]],
    doc.links.map((each) => [
      h("code", {}, each.link), each.requests, count(each.timeouts), count(each.exceptions), count(each.damaged), count(each.late), count(each.reconnects), fixed(each.rtt_p99_ms), each.load === null ? "" : bar(each.load, { warn: 0.8 }),
    ]), { empty: "not told by this host" });

const count = (number) => h("span", { class: number ? "warn" : "dim" }, number);

const bytes = (count) => (count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`);
