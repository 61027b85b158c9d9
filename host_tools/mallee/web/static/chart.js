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
const dark = matchMedia("(prefers-color-scheme: dark)");

export async function draw(place, trend) {
  const Plotly = await charts();
  const units = [...new Set(trend.series.map((each) => each.unit))].slice(0, MOST_DIAGRAMS);
  const traces = trend.series.flatMap((series, at) => lines(series, at, units));
  place.style.height = `${Math.max(1, units.length) * 190 + 60}px`;
  await Plotly.react(place, traces, layout(trend, units), { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] });
}

function lines(series, at, units) {
  const axis = Math.max(0, units.indexOf(series.unit)) + 1;
  const x = series.times_ms.map((time) => new Date(time).toISOString());
  const yaxis = axis === 1 ? "y" : `y${axis}`;
  const colour = colours()[at % 8];
  const common = { x, yaxis, type: "scatter", mode: "lines", connectgaps: false, legendgroup: series.name };
  const main = { ...common, y: series.values, name: `${series.name}${series.unit ? ` (${unit(series.unit)})` : ""}`, line: { width: 1.6, color: colour } };
  if (!series.lows) return [main];
  const edge = { ...common, line: { width: 0 }, hoverinfo: "skip", showlegend: false };
  return [{ ...edge, y: series.lows }, { ...edge, y: series.highs, fill: "tonexty", fillcolor: `${colour}33` }, main];
}

function layout(trend, units) {
  const style = getComputedStyle(document.documentElement);
  const [ink, grid] = [style.getPropertyValue("--ink").trim(), style.getPropertyValue("--line").trim()];
  const height = 1 / Math.max(1, units.length);
  const found = {
    uirevision: "same", margin: { l: 56, r: 16, t: 8, b: 40 }, paper_bgcolor: "transparent", plot_bgcolor: "transparent", hovermode: "x unified",
    font: { color: ink, size: 12, family: "system-ui, sans-serif" }, legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
    hoverlabel: { bgcolor: style.getPropertyValue("--card").trim(), font: { color: ink } },
    xaxis: { type: "date", gridcolor: grid, range: [trend.from_ms, trend.to_ms].map((time) => new Date(time).toISOString()), anchor: units.length > 1 ? `y${units.length}` : "y" },
    shapes: trend.gaps.map((gap) => ({ type: "rect", xref: "x", yref: "paper", x0: new Date(gap.from_ms).toISOString(), x1: new Date(gap.to_ms ?? trend.to_ms).toISOString(), y0: 0, y1: 1, line: { width: 0 }, fillcolor: grid, opacity: 0.5, layer: "below" })),
  };
  units.forEach((name, at) => {
    const top = 1 - at * height;
    found[at ? `yaxis${at + 1}` : "yaxis"] = { title: { text: unit(name) }, gridcolor: grid, zeroline: false, domain: [top - height * 0.88, top] };
  });
  return found;
}

const colours = () => (dark.matches ? ["#5eead4", "#fbbf24", "#93c5fd", "#f9a8d4", "#bef264", "#fdba74", "#c4b5fd", "#fca5a5"] : ["#0f766e", "#b45309", "#1d4ed8", "#be185d", "#4d7c0f", "#c2410c", "#6d28d9", "#b91c1c"]);
