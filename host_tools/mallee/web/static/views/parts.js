// Parts that several views have.

import { h } from "../dom.js";
import { against, bar, fixed, pill, priority, shown, state, time, unit } from "../format.js";
import { spark } from "../spark.js";

export const card = (title, ...content) => h("section", { class: "card" }, h("h2", {}, title), ...content);

// Columns are [heading, left|right, title]; a row is a list of cells.
export function table(columns, rows, { empty = "none" } = {}) {
  if (!rows.length) return h("p", { class: "quiet" }, empty);
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, columns.map(([word, side, title]) => h("th", { class: side, title: title ?? null }, word)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, at) => h("td", { class: columns[at][1] }, cell)))))));
}

export const tile = (label, value, unitWord, names, options) =>
  h("div", { class: "tile" }, h("span", { class: "label" }, label), h("span", { class: String(value).length > 11 ? "value long" : "value" }, value, h("small", {}, unitWord)), names && spark(names, options));

export const chips = (kind, members, here) =>
  h("nav", { class: "chips" }, members.map((each) => h("a", { href: `#/${kind}/${encodeURIComponent(each.name)}`, class: each.name === here ? "chip here" : "chip" }, each.name, " ", each.answering ? null : state(each))));

// A name in the address that the pod does not have: nothing of another one is shown under it.
export const noSuch = (kind, word, members, name) => [
  chips(kind, members, null),
  h("p", { class: "quiet" }, `this pod has no ${word} `, h("code", {}, name), "; it was renamed, or the address has a typing error. Those that it has are above."),
];

export function alarmLines(alarms, now, { link = true, least = "no alarms" } = {}) {
  if (!alarms.length) return h("p", { class: "quiet" }, pill("ok", "ok"), ` ${least}`);
  return h("ul", { class: "lines" }, alarms.map((alarm) => h("li", {},
    priority(alarm.priority), " ", h("b", {}, alarm.device), " ", link ? h("a", { href: "#/alarms" }, alarm.name.replaceAll("_", " ")) : alarm.name,
    h("span", { class: "dim" }, ` since ${time(alarm.since, now)}`), alarm.acknowledged_by ? h("span", { class: "dim" }, `, acknowledged by ${alarm.acknowledged_by}`) : null,
    h("div", { class: "remedy" }, alarm.remedy))));
}

export const findingLines = (findings) =>
  findings.length ? h("ul", { class: "lines" }, findings.map((each) => h("li", {}, pill(each.level, "warn"), " ", h("b", {}, each.where), " ", each.what))) : null;

export function reasons(doc, name) {
  const rows = doc.reasons.filter((each) => each.of.startsWith(`${name}.`));
  if (!rows.length) return h("p", { class: "quiet" }, "nothing: no host controls it");
  const value = (each) => (typeof each.value === "number" ? `${fixed(each.value)} ${unit(each.unit)}` : String(each.value ?? "–").replaceAll("_", " "));
  const kinds = { failed: "bad", limited: "warn", advised: "info" };
  return h("ul", { class: "lines" }, rows.map((each) => h("li", {},
    h("div", { class: "ends" }, each.of.slice(name.length + 1).replace(/^remote_/, "").replaceAll("_", " "), h("b", { class: "num nowrap" }, value(each))),
    h("div", { class: "remedy" }, each.rule, kinds[each.outcome] ? [" ", pill(each.outcome, kinds[each.outcome], each.detail)] : null))));
}

export const facts = (rows) => h("dl", { class: "facts" }, rows.filter(Boolean).flatMap(([word, value]) => [h("dt", {}, word), h("dd", {}, value)]));

export function about(member, more = []) {
  const lease = member.lease;
  return facts([
    ["state", state(member)],
    member.answering ? null : ["silent because", member.reason || "–"],
    ["lease", lease.ours ? pill("ours", "ok") : pill(lease.note || "not ours", "mute")],
    ["address", `${member.address} unit ${member.unit}`],
    ["firmware", member.firmware ?? "–"],
    member.trust.quarantined ? ["quarantined", `${member.trust.quarantined}: ${member.trust.evidence}`] : null,
    ...more,
  ]);
}

export { against, bar, shown };
