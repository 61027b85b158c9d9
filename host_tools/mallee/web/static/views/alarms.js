// Alarms: what stands, what went unseen, what is aside; and what people do about it.

import { ask, signInDialog, toast } from "../dialogs.js";
import { h } from "../dom.js";
import { duration, pill, priority, time } from "../format.js";
import { may, post } from "../session.js";
import { card, findingLines, table } from "./parts.js";

const STATES = { unacknowledged: "bad", acknowledged: "info", returned_unacknowledged: "warn", latched_unacknowledged: "bad", latched_acknowledged: "warn", shelved: "mute", suppressed_by_design: "mute", out_of_service: "mute" };
const HOURS = [["600", "10 min"], ["1800", "30 min"], ["7200", "2 h"], ["28800", "8 h"], ["86400", "24 h"]];

export function view(context) {
  const { doc, page } = context;
  const load = doc.alarm_load;
  return [
    load.flood ? h("p", { class: "banner" }, `Alarm flood: ${load.in_10_min} new alarms in 10 minutes. Begin with the first of each group.`) : null,
    card(`Alarms that stand (${doc.alarms.length})`, alarmList(doc.alarms, context, "none: nothing asks for anybody")),
    doc.returned.length ? card(`Gone, and not acknowledged (${doc.returned.length})`, alarmList(doc.returned, context)) : null,
    doc.suppressed.length ? card(`Aside (${doc.suppressed.length})`, alarmList(doc.suppressed, context)) : null,
    h("div", { class: "columns" },
      card("Findings", findingLines(doc.findings) ?? h("p", { class: "quiet" }, "none")),
      card("Events", h("div", { class: "tall" }, table([["time", "left"], ["where", "left"], ["what", "left"]], [...page.events].reverse().map((each) => [h("span", { class: "nowrap" }, when(each, doc)), h("span", { class: "nowrap" }, each.device), each.text]), { empty: "none is noted" })))),
    h("p", { class: "quiet" }, `Told since the alarm book was begun: ${load.told}; suppressed under their cause: ${load.suppressed}; floods: ${load.floods}.`),
  ];
}

// Of a controller without a date it is worked out, or when it was learnt.
const when = (each, doc) => (each.estimated ? h("span", { title: "its clock was not set: about then" }, `≈ ${time(each.time, doc.time)}`) : time(each.time, doc.time));

const alarmList = (alarms, context, empty) =>
  alarms.length ? h("ul", { class: "lines alarms" }, alarms.map((alarm) => row(alarm, context))) : h("p", { class: "quiet" }, empty);

function row(alarm, { doc, draw }) {
  const name = `${alarm.device}: ${alarm.name}`;
  return h("li", { "data-key": name },
    h("div", { class: "place" }, priority(alarm.priority), " ", h("b", { class: "nowrap" }, alarm.device)),
    h("details", { class: "alarm" }, h("summary", {}, alarm.name.replaceAll("_", " "), alarm.first_out ? [" ", pill("first", "info", "it came before the others of its group here")] : null, alarm.chattering ? [" ", pill("chatters", "warn")] : null,
      h("div", { class: "remedy" }, alarm.remedy)),
      h("dl", { class: "facts" }, [["condition", alarm.condition], ["cause", alarm.cause], ["consequence", alarm.consequence], ["count", `${alarm.count}`], alarm.explains ? ["explains", `${alarm.explains} that follow from it`] : null].filter(Boolean).flatMap(([word, value]) => [h("dt", {}, word), h("dd", {}, value)]))),
    h("div", { class: "state" }, pill(alarm.state.replaceAll("_", " "), STATES[alarm.state] ?? "mute"), h("span", { class: "dim nowrap" }, ` since ${time(alarm.since, doc.time)}`), note(alarm, doc)),
    h("div", { class: "buttons" }, actions(alarm, draw)));
}

function note(alarm, doc) {
  const by = alarm.acknowledged_by ?? alarm.shelved_by ?? alarm.out_of_service_by;
  const parts = [by && `by ${by}`, alarm.shelved_until && `until ${time(alarm.shelved_until, doc.time)}`, alarm.suppressed_by && `under ${alarm.suppressed_by}`, alarm.note].filter(Boolean);
  return parts.length ? h("div", { class: "dim" }, parts.join(", ")) : null;
}

function actions(alarm, draw) {
  const button = (word, verb, options) => h("button", { onclick: () => (may("operator") ? act(alarm, verb, word, options, draw) : signInDialog(draw)) }, word);
  if (alarm.state === "shelved") return button("Unshelve", "unshelve", {});
  if (alarm.state === "out_of_service") return button("Into service", "in-service", {});
  if (alarm.state === "suppressed_by_design") return null;
  return [
    alarm.state.includes("unacknowledged") ? button("Acknowledge", "acknowledge", { note: false }) : null,
    alarm.state.startsWith("latched") ? button("Reset", "reset", {}) : null,
    button("Shelve …", "shelve", { note: true, time: true }),
    button("Out of service …", "out-of-service", { note: true }),
  ];
}

function act(alarm, verb, word, { note: needsNote, time: needsTime }, draw) {
  const fields = [];
  if (needsTime) fields.push({ name: "for_s", label: "For", choices: HOURS, value: "1800" });
  if (needsNote !== undefined) fields.push({ name: "note", label: needsNote ? "Why" : "What you found, or do about it", required: needsNote });
  ask({
    title: `${word.replace(" …", "")}: ${alarm.device} ${alarm.name.replaceAll("_", " ")}`,
    text: [
      h("p", { class: "dim" }, alarm.consequence),
      verb === "reset" ? h("p", { class: "follows" }, pill("what follows", "warn"), ` what it stopped may start. What comes first: ${alarm.remedy}`) : null,
    ],
    fields,
    button: word.replace(" …", ""),
    act: async (given) => {
      const body = { device: alarm.device, alarm: alarm.name, ...(given.note === undefined ? {} : { note: given.note }), ...(given.for_s ? { for_s: Number(given.for_s) } : {}) };
      const done = await post(`/api/v1/alarms/${verb}`, body);
      toast(`${verb.replaceAll("-", " ")}: ${done.done.join(", ")}${given.for_s ? ` for ${duration(Number(given.for_s))}` : ""}`);
      draw();
    },
  });
}
