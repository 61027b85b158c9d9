// The chart of the trends: a diagram for each unit above the same time. The library comes from the server beside this page, and
// only when a trend is looked at.

import { unit } from "./format.js";

let library = null;

function charts() {
  library ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = "/static/plotly.js";
    script.onload = () => done(window.Plotly);
    script.onerror = () => failed(Object.assign(new Error("the charts cannot be loaded"), { likely: "the web extra is not installed completely", next: "pip install 'mallee[web]'" }));
    document.head.append(script);
  });
  return library;
}

const MOST_DIAGRAMS = 5;
const SPACE = 0.04; // between two diagrams, of the whole
const LEAST = { degC: 2, kPa: 10, "l/min": 20, kW: 20, W: 500, A: 4, V: 4, Hz: 0.2, "%": 5, "1": 0.1 }; // what a vertical axis spans at least

// Noise shall not look like an event.
function range(trend, name) {
  const known = trend.series.filter((each) => each.unit === name).flatMap((each) => [...each.values, ...(each.lows ?? []), ...(each.highs ?? [])]).filter((value) => value !== null);
  if (!known.length) return null;
  const [low, high] = known.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  const spare = Math.max(0.05 * (high - low), ((LEAST[name] ?? 0) - (high - low)) / 2);
  return spare > 0 ? [low - spare, high + spare] : null;
}

export async function draw(place, trend) {
  const Plotly = await charts();
  const units = [...new Set(trend.series.map((each) => each.unit))].slice(0, MOST_DIAGRAMS);
  const traces = trend.series.flatMap((series, at) => lines(series, at, units));
  place.style.height = `${Math.max(1, units.length) * 190 + 60}px`;
  await Plotly.react(place, traces, layout(trend, units), { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] });
}

function lines(series, at, units) {
  const axis = Math.max(0, units.indexOf(series.unit)) + 1;
  const x = series.times_ms.map((time) => new Date(time).toISOString());
  const yaxis = axis === 1 ? "y" : `y${axis}`;
  const colour = colours()[at % 8]; // as #rrggbb: its band has two digits more, of opacity
  const common = { x, yaxis, type: "scatter", mode: "lines", connectgaps: false, legendgroup: series.name };
  const main = { ...common, y: series.values, name: `${series.name}${series.unit ? ` (${unit(series.unit)})` : ""}`, line: { width: 1.6, color: colour } };
  if (!series.lows) return [main];
  const edge = { ...common, line: { width: 0 }, hoverinfo: "skip", showlegend: false };
  return [{ ...edge, y: series.lows }, { ...edge, y: series.highs, fill: "tonexty", fillcolor: `${colour}33` }, main];
}

function layout(trend, units) {
  const style = getComputedStyle(document.documentElement);
  const [ink, grid] = [style.getPropertyValue("--ink").trim(), style.getPropertyValue("--line").trim()];
  const height = (1 - SPACE * (units.length - 1)) / Math.max(1, units.length);
  const found = {
    uirevision: "same", margin: { l: 56, r: 16, t: 8, b: 40 }, paper_bgcolor: "transparent", plot_bgcolor: "transparent", hovermode: "x unified",
    font: { color: ink, size: 12, family: "system-ui, sans-serif" }, showlegend: false, dragmode: "zoom",
    hoverlabel: { bgcolor: style.getPropertyValue("--card").trim(), font: { color: ink } },
    xaxis: { type: "date", gridcolor: grid, range: [trend.from_ms, trend.to_ms].map((time) => new Date(time).toISOString()), anchor: units.length > 1 ? `y${units.length}` : "y" },
    shapes: trend.gaps.map((gap) => ({ type: "rect", xref: "x", yref: "paper", x0: new Date(gap.from_ms).toISOString(), x1: new Date(gap.to_ms ?? trend.to_ms).toISOString(), y0: 0, y1: 1, line: { width: 0 }, fillcolor: grid, opacity: 0.5, layer: "below" })),
  };
  units.forEach((name, at) => {
    const top = 1 - at * (height + SPACE);
    found[at ? `yaxis${at + 1}` : "yaxis"] = { title: { text: unit(name) }, gridcolor: grid, zeroline: false, domain: [Math.max(0, top - height), top], range: range(trend, name) };
  });
  return found;
}

// The chips beside the chart have the same, which style.css says.
function colours() {
  const style = getComputedStyle(document.documentElement);
  return [0, 1, 2, 3, 4, 5, 6, 7].map((at) => style.getPropertyValue(`--s${at}`).trim());
}
