// Values over time: chosen by name, from the history where the pod is recorded.

import { failed } from "../dialogs.js";
import { h } from "../dom.js";
import { unit } from "../format.js";
import { draw as drawChart } from "../chart.js";
import { get } from "../session.js";

export const alone = true;

const LENGTHS = ["15m", "1h", "6h", "24h", "7d", "30d"];
const REFRESH_MS = { "15m": 2000, "1h": 5000 };
const state = { names: null, chosen: [], last: "15m", trend: null, asked: 0, busy: false };

export function view(context) {
  if (state.names === null) begin(context);
  return [
    h("div", { class: "controls" },
      h("form", { onsubmit: (event) => add(event, context) },
        h("input", { name: "series", list: "series", placeholder: "add a point: skid-1.flow", autocomplete: "off", "aria-label": "point to add" }), h("button", {}, "Add")),
      h("datalist", { id: "series" }, (state.names ?? []).map((each) => h("option", { value: each.name }, unit(each.unit)))),
      h("div", { class: "chips" }, LENGTHS.map((last) => h("button", { class: last === state.last ? "chip here" : "chip", onclick: () => { state.last = last; ask(context); context.draw(); } }, last)))),
    h("div", { class: "chips" }, state.chosen.map((name) => h("button", { class: "chip", title: "remove", onclick: () => { state.chosen = state.chosen.filter((each) => each !== name); ask(context); context.draw(); } }, [h("i", { class: `swatch s${state.trend?.series.findIndex((each) => each.name === name) % 8}` }), `${name} ×`]))),
    h("div", { id: "chart", class: "chart", "data-keep": "" }),
    state.trend?.gaps.length ? h("section", { class: "card" }, h("h2", {}, "Not recorded"), h("ul", { class: "lines" }, state.trend.gaps.slice(-8).map((gap) => h("li", {}, `${gap.device || "the pod"}: ${when(gap.from_ms)} to ${gap.to_ms === null ? "now" : when(gap.to_ms)}, ${gap.cause.replaceAll("_", " ")} ${gap.reason}`)))) : null,
    h("p", { class: "quiet" }, state.trend === null ? "" : state.trend.recorded ? "From the pod's history." : "From the last 15 minutes that this page's server has seen; with [history] in the pod file there is more (docs/history.md)."),
  ];
}

// Called after each drawing: the chart itself is not part of the page's tree.
export function after(context) {
  const pause = REFRESH_MS[state.last] ?? 60000;
  if (state.chosen.length && !state.busy && performance.now() - state.asked > pause) ask(context);
  const place = document.getElementById("chart");
  if (place && state.trend && place.trend !== state.trend) {
    place.trend = state.trend;
    drawChart(place, state.trend).catch(failed);
  }
}

const when = (ms) => new Date(ms).toISOString().slice(0, 19).replace("T", " ");

async function begin(context) {
  state.names = [];
  try {
    state.names = await get("/api/v1/series");
    const known = new Set(state.names.map((each) => each.name));
    const first = context.doc?.skids[0]?.name;
    const wanted = context.what ? [context.what] : [`${first}.supply_temperature`, `${first}.return_temperature`, `${first}.flow`, "pod.power"];
    state.chosen = wanted.filter((name) => known.has(name));
    ask(context);
  } catch (error) {
    state.names = null;
    failed(error);
  }
}

function add(event, context) {
  event.preventDefault();
  const input = event.target.elements.series;
  const name = input.value.trim();
  if (!name || state.chosen.includes(name)) return;
  state.chosen = [...state.chosen, name].slice(-16);
  input.value = "";
  ask(context, name);
  context.draw();
}

async function ask(context, fresh = null) {
  state.asked = performance.now();
  if (!state.chosen.length) {
    state.trend = { series: [], gaps: [], recorded: false };
    return;
  }
  state.busy = true;
  try {
    state.trend = await get(`/api/v1/history?last=${state.last}&${state.chosen.map((name) => `series=${encodeURIComponent(name)}`).join("&")}`);
  } catch (error) {
    state.chosen = state.chosen.filter((name) => name !== fresh);
    failed(error);
  } finally {
    state.busy = false;
    context.draw();
  }
}
