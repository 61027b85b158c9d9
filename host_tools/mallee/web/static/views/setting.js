// Writing a point: what it is to be; then from what to what, what follows, and the words that are sent; then the write.

import { ask, close, signInDialog, toast } from "../dialogs.js";
import { h } from "../dom.js";
import { pill, unit, written } from "../format.js";
import { may, post } from "../session.js";
import { table } from "./parts.js";

export function change(device, point, draw) {
  if (!may("engineer")) return signInDialog(draw);
  const choices = point.choices.length && point.kind === "enum" ? point.choices.map((each) => each.split(":")[0].split(" ")[1]).map((name) => [name, name]) : point.kind === "bit" ? [["on", "on"], ["off", "off"]] : null;
  const send = (value, dry_run) => post(`/api/v1/devices/${encodeURIComponent(device)}/points`, { values: { [point.name]: value }, dry_run });
  ask({
    title: `Set ${device} ${point.name}`,
    text: h("p", {}, point.meaning),
    fields: [{ name: "value", label: `Value${point.unit ? ` in ${unit(point.unit)}` : ""}`, required: true, choices, hint: point.low === null ? null : `${point.low} to ${point.high}` }],
    button: "Show what is sent",
    act: async ({ value }) => {
      const planned = await send(value, true);
      queueMicrotask(() => confirm(device, planned, () => send(value, false)));
      return "stay";
    },
  });
}

// The worst takes the device's name, as on the command line.
function confirm(device, { points: [asked], requests, consequences }, write) {
  const worst = consequences.some((each) => each.worst);
  close();
  ask({
    title: `Write ${asked.point} to ${device}?`,
    text: [
      h("p", { class: "change" }, fromTo(asked)),
      consequences.map((each) => h("p", { class: "follows" }, pill("what follows", each.worst ? "bad" : "warn"), " ", each.text)),
      table([["function", "right"], ["table", "left"], ["address", "right"], ["words", "left"]], requests.map((each) => [each.function, each.table, each.address, h("code", {}, each.hex)])),
    ],
    typed: worst ? device : null,
    button: "Write",
    danger: consequences.length > 0,
    act: async () => {
      const [done] = (await write()).points;
      toast(`${device} ${done.point}: ${fromTo(done)}`);
    },
  });
}

const fromTo = (each) => `${written(each.old)} → ${written(each.new)} ${unit(each.unit)}`.trim();
