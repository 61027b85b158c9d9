// The loop of a skid as a drawing, with what is measured where it is measured.

import { s } from "../dom.js";
import { good, text, unit } from "../format.js";

const WIDTH = 910;
const HEIGHT = 400;
const [TOP, BOTTOM] = [110, 290]; // the pipes: return above, supply below

export function schematic(skid, heat_kW) {
  return s("svg", { class: "schematic", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `coolant loop of ${skid.name}` },
    facility(skid), exchanger(skid), coolant(skid), pumps(skid), racks(heat_kW), vessel(skid), pressure(skid));
}

const pipe = (kind, d) => s("path", { class: `pipe ${kind}`, d });
const word = (x, y, content, kind = "word", anchor = "middle") => s("text", { x, y, class: kind, "text-anchor": anchor }, content);
const arrow = (x, y, left, kind) => s("path", { class: `arrow ${kind}`, d: left ? `M${x} ${y}l12 -7v14z` : `M${x} ${y}l-12 -7v14z` });

// A value in a box, with what it is above it, and its set-point below.
function tag(x, y, label, value, digits = 1, wanted = null) {
  const known = value && value.value !== null;
  const shownUnit = known && typeof value.value === "number" ? ` ${unit(value.unit)}` : "";
  const stale = value?.quality === "stale" ? " (stale)" : "";
  return s("g", { class: value?.quality === "good" ? "tag" : "tag bad" },
    s("rect", { x: x - 52, y: y - 14, width: 104, height: wanted ? 42 : 28, rx: 5 }),
    word(x, y - 19, label, "label"),
    word(x, y + 5, `${text(value, digits)}${shownUnit}${stale}`, "value"),
    wanted ? word(x, y + 21, `set ${text(wanted, digits)}`, "label") : null);
}

const facility = (skid) => s("g", {},
  pipe("warm", `M290 ${TOP}H30`), arrow(18, TOP, true, "warm"),
  pipe("cold", `M30 ${BOTTOM}H290`), arrow(270, BOTTOM, false, "cold"),
  valve(160, BOTTOM),
  word(40, TOP + 95, "facility", "label", "start"), word(40, TOP + 110, "water", "label", "start"),
  tag(100, TOP - 38, "facility return", skid.facility_return_temperature),
  tag(75, BOTTOM + 52, "facility supply", skid.facility_supply_temperature),
  tag(188, BOTTOM + 52, "valve", skid.valve_position, 0),
  tag(140, TOP + 92, "facility flow", skid.facility_flow, 0));

const valve = (x, y) => s("path", { class: "symbol", d: `M${x - 16} ${y - 11}v22l32 -22v22z` });

const exchanger = (skid) => s("g", {},
  s("rect", { class: "symbol", x: 290, y: TOP - 30, width: 90, height: BOTTOM - TOP + 60, rx: 4 }),
  s("path", { class: "thin faint", d: `M290 ${BOTTOM + 30}L380 ${TOP - 30}` }),
  word(335, TOP - 38, "heat exchanger", "label"),
  tag(335, (TOP + BOTTOM) / 2, "heat", skid.heat, 0));

const coolant = (skid) => s("g", {},
  pipe("hot", `M772 ${TOP}H380`), arrow(392, TOP, true, "hot"),
  pipe("mild", `M380 ${BOTTOM}H430M430 ${BOTTOM - 42}V${BOTTOM + 42}M430 ${BOTTOM - 42}H520M430 ${BOTTOM + 42}H520M520 ${BOTTOM - 42}V${BOTTOM + 42}M520 ${BOTTOM}H772`),
  arrow(764, BOTTOM, false, "mild"),
  tag(690, TOP - 38, "return", skid.return_temperature),
  tag(710, BOTTOM + 52, "supply", skid.supply_temperature, 1, skid.active_supply_temperature),
  tag(592, BOTTOM + 52, "flow", skid.flow, 0));

function pumps(skid) {
  return s("g", {}, [0, 1].map((at) => {
    const y = at ? BOTTOM + 42 : BOTTOM - 42;
    const state = skid.pump_state[at]?.value ?? "–";
    const running = state === "running" || (good(skid.pump_speed[at]) ?? 0) > 1;
    const speed = text(skid.pump_speed[at], 0);
    return s("g", {},
      s("circle", { class: running ? "symbol on" : "symbol", cx: 475, cy: y, r: 19 }),
      s("path", { class: running ? "blade on" : "blade", d: `M467 ${y - 10}l18 10l-18 10z` }),
      word(475, at ? y + 36 : y - 26, `pump ${at + 1}: ${String(state).replaceAll("_", " ")} ${speed} %`, "label"));
  }));
}

const racks = (heat_kW) => s("g", {},
  s("path", { class: "pipe hot", d: `M772 ${TOP}V${TOP + 30}` }), s("path", { class: "pipe mild", d: `M772 ${BOTTOM}V${BOTTOM - 30}` }),
  [0, 1, 2, 3].map((at) => s("rect", { class: "symbol", x: 730 + at * 22, y: TOP + 30, width: 18, height: BOTTOM - TOP - 60, rx: 2 })),
  word(864, (TOP + BOTTOM) / 2 - 6, "racks", "label"), word(864, (TOP + BOTTOM) / 2 + 13, heat_kW, "value"));

const vessel = (skid) => s("g", {},
  s("path", { class: "thin", d: `M440 ${TOP}V${TOP - 30}` }),
  s("rect", { class: "symbol", x: 424, y: TOP - 76, width: 32, height: 46, rx: 12 }),
  s("rect", { class: "fill", x: 427, y: TOP - 33 - 0.4 * Math.min(100, Math.max(0, good(skid.level) ?? 0)), width: 26, height: 0.4 * Math.min(100, Math.max(0, good(skid.level) ?? 0)), rx: 4 }),
  tag(520, TOP - 48, "vessel level", skid.level, 0));

const pressure = (skid) => s("g", {},
  s("path", { class: "thin dashed", d: `M592 ${TOP}V${BOTTOM}` }),
  tag(592, TOP + 54, "ΔP", skid.differential_pressure, 0, skid.active_differential_pressure),
  tag(465, TOP + 48, "return pressure", skid.return_pressure, 0),
  tag(661, BOTTOM - 32, "supply pressure", skid.supply_pressure, 0));
