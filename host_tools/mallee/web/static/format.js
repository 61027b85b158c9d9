// Values as a person reads them. What is not known is a dash, never 0; what is old has a star; a state has a word.

import { h } from "./dom.js";

export const UNKNOWN = "–";
const UNITS = { degC: "°C", "1": "" };
const QUALITY = { fault: "fault", not_fitted: "not fitted", quarantined: "?", stale: "stale" };

export const unit = (name) => UNITS[name] ?? name ?? "";

export const fixed = (number, digits = 1) =>
  number === null || number === undefined ? UNKNOWN : number.toFixed(digits).replace(/^-(0(\.0*)?)$/, "$1");

export const percent = (part, digits = 0) => (part === null || part === undefined ? UNKNOWN : `${(part * 100).toFixed(digits)}\u00a0%`);

// The number of a value while it is good.
export const good = (value) => (value && value.quality === "good" && typeof value.value === "number" ? value.value : null);

// A value of the document as text.
export function text(value, digits = 1, scale = 1) {
  if (!value || value.value === null || value.value === undefined) return QUALITY[value?.quality] ?? UNKNOWN;
  if (Array.isArray(value.value)) return value.value.join(", ") || "none";
  if (typeof value.value !== "number") return String(value.value).replaceAll("_", " ");
  return fixed(value.value * scale, digits) + (value.quality === "stale" ? "*" : "");
}

// A value as it was written: of a switch on and off, as on the command line.
export function written(value) {
  if (typeof value === "boolean") return value ? "on" : "off";
  return Array.isArray(value) ? value.join(", ") || "none" : String(value ?? UNKNOWN);
}

// The same as an element, with the reason to be told where there is no good value.
export function shown(value, digits = 1, scale = 1) {
  const bad = !value || value.quality !== "good";
  const why = bad ? (value?.quality ?? "unknown").replaceAll("_", " ") : null;
  return h("span", { class: bad ? "num dim" : "num", title: why }, text(value, digits, scale));
}

// Measured and wanted: coloured, with an arrow, where they are farther apart than `tolerance`.
export function against(value, wanted, digits, tolerance) {
  const [a, b] = [good(value), good(wanted)];
  const off = a !== null && b !== null && Math.abs(a - b) > tolerance;
  return h("span", { class: "nowrap" }, h("span", { class: off ? "warn" : "" }, off ? (a > b ? "↑" : "↓") : "", shown(value, digits)),
    h("span", { class: "dim" }, " / ", text(wanted, digits)));
}

const STATES = { leased: "ok", local: "info", boot: "warn", safe: "warn", updating: "info", tripped: "bad" };

export function state(member) {
  if (!member.answering) return member.silent_s === null ? pill("waiting", "warn") : pill("silent", "bad", `for ${duration(member.silent_s)}`);
  if (member.trust?.quarantined) return pill("quarantined", "bad", member.trust.evidence);
  const word = typeof member.state?.value === "string" ? member.state.value : UNKNOWN;
  return pill(word, STATES[word] ?? "mute");
}

export const pill = (word, kind = "mute", title = null) => h("span", { class: `pill ${kind}`, title }, word);

const PRIORITIES = { critical: "bad", high: "bad", medium: "warn", low: "info" };
export const priority = (word) => pill(word, PRIORITIES[word] ?? "mute");

// A bar that says its number beside it; full at 1. From `warn` on it is near its end, above `over` beyond it.
export function bar(part, { warn = 0.95, over = 1, label = null, digits = 0 } = {}) {
  const known = part !== null && part !== undefined;
  const kind = !known ? "" : part > over ? "over" : part >= warn ? "near" : "";
  const width = known ? Math.min(1, Math.max(0, part)) * 100 : 0;
  const filled = h("i", {});
  filled.setAttribute("style", `width:${width.toFixed(1)}%`);
  const word = kind === "over" ? " over" : "";
  return h("span", { class: "barred" }, h("span", { class: `bar ${kind}` }, filled), h("span", { class: known ? "num" : "num dim" }, label ?? percent(part, digits), word));
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return UNKNOWN;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86400).toFixed(1)} d`;
}

// UTC, with the date where it is another day.
export function time(iso, now = null) {
  if (!iso) return UNKNOWN;
  const [day, clock] = iso.split("T");
  return now && now.startsWith(day) ? clock.slice(0, 8) : `${day} ${clock.slice(0, 8)}`;
}
