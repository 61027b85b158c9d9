"""`python -m tests.validation`: draw docs/plots from the plant and the reference data."""

from __future__ import annotations

import math
import sys
from itertools import pairwise
from pathlib import Path

from mallee.sim.plant.breaker import Breaker

from . import cdu, load, pipe, pumps
from .reference import NoReference
from .svg import Chart, Series, page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "plots"
_SHOWN = ("CronolineIL80/220-4/4", "TopS30/5", "TopS40/10", "Stratos80/1to12")
_REFERENCE_STEP_S = 3600.0


def pipe_charts() -> list[Chart]:
    charts: list[Chart] = []
    for name in pipe.RUNS:
        run, bare = pipe.run(name), pipe.run(name, wall=False)
        charts.append(
            Chart(
                f"Pipe, run {name}: RMSE {run.rmse_K:.2f} K",
                "time, s",
                "temperature, °C",
                (
                    Series("plant", run.time_s, run.simulated_degC),
                    Series(
                        "measured",
                        run.time_s[:: len(run.time_s) // 60],
                        run.measured_degC[:: len(run.time_s) // 60],
                        dots=True,
                    ),
                    Series("plant without wall", run.time_s, bare.simulated_degC, dashed=True),
                    Series("inlet", run.time_s, run.inlet_degC, dashed=True),
                ),
            )
        )
    return charts


def cdu_charts() -> list[Chart]:
    result = cdu.run()
    shown = slice(int(_REFERENCE_STEP_S) - 600, None)
    time_s = [t - _REFERENCE_STEP_S for t in result.time_s[shown]]
    ends_s = [0.0, time_s[-1]]

    def chart(title: str, unit: str, plant: list[float], steady: list[float]) -> Chart:
        return Chart(
            title,
            "time after the step from 60 to 100 % load, s",
            unit,
            (Series("plant", time_s, plant[shown]), Series("reference, steady", ends_s, steady, dots=True)),
        )

    return [
        chart("CDU: supply temperature", "°C", result.supply_degC, [p.supply_degC for p in result.reference]),
        chart("CDU: valve", "position", result.valve, [p.valve for p in result.reference]),
    ]


def pump_charts() -> list[Chart]:
    makers = {maker.name: maker for maker in pumps.makers()}
    points = pumps.left_out()
    charts: list[Chart] = []
    for name in _SHOWN:
        maker = makers[name]
        curve = maker.curve()
        most = maker.flow_m3_s[-1]
        flows = [i / 100 for i in range(round(100 * maker.flow_m3_s[0] / most), 101)]
        predicted = [point for point in points if point.pump == name]
        charts.append(
            Chart(
                f"Pump {name}",
                "flow, m³/h",
                "head, kPa",
                (
                    Series("plant", [3600 * most * x for x in flows], [curve.head_kPa(x) for x in flows]),
                    Series("maker", [3600 * q for q in maker.flow_m3_s], maker.head_kPa, dots=True),
                    Series(
                        "from the other points",
                        [3600 * most * p.flow for p in predicted],
                        [p.head_predicted for p in predicted],
                        dots=True,
                    ),
                ),
            )
        )
    return charts


def breaker_chart() -> Chart:
    ratios = [1.31 * 1.02**i for i in range(120)]
    ratios = [ratio for ratio in ratios if ratio < 7.49]

    def opens_s(ratio: float, tau_s: float) -> float:
        breaker = Breaker(1.0, "C", tau_s)
        breaker.current_A = ratio
        seconds = 0.0
        while not breaker.step(0.1):
            seconds += 0.1
        return seconds + 0.1

    return Chart(
        "Breaker, from cold: time to open",
        "current / rated current",
        "s",
        (
            Series("τ = 100 s", ratios, [opens_s(r, 100.0) for r in ratios]),
            Series("150 s", ratios, [opens_s(r, 150.0) for r in ratios]),
            Series("IEC 60898 limits", [1.45, 2.55, 2.55, 2.55], [3600.0, 60.0, 120.0, 1.0], dots=True),
        ),
        logarithmic=True,
    )


def load_charts() -> list[Chart]:
    """One job's end among a minute and a half of power, and the spectrum in 60 logarithmic bands."""
    power = load.power_W(1)
    end = next(i for i, watts in enumerate(power) if watts < load.PAUSE * load.MEAN_W)
    shown = range(end - round(60 / load.DT_S), end + round(30 / load.DT_S), 4)
    frequency, energy = load.spectrum(load.running(power))
    share = energy / energy[frequency > 0.01].sum()
    edges = [0.02 * 1.1**i for i in range(61)]
    bands = [share[(frequency >= a) & (frequency < b)].sum() for a, b in pairwise(edges)]
    return [
        Chart(
            "Generated training: one device",
            "time, s",
            "power, W",
            (Series("seed 1", [load.DT_S * (i - shown[0]) for i in shown], [float(power[i]) for i in shown]),),
        ),
        Chart(
            "Where its swings are",
            "log10 of the frequency in Hz",
            "% of their energy in a band of 10 %",
            (Series("seed 1", [math.log10(a * 1.05) for a in edges[:-1]], [100.0 * float(b) for b in bands]),),
        ),
    ]


def main() -> int:
    try:
        pages = {
            "pipe": page(pipe_charts()),
            "cdu": page(cdu_charts()),
            "pumps": page(pump_charts()),
            "breaker": page([breaker_chart()]),
            "load": page(load_charts()),
        }
    except NoReference as missing:
        print(f"nothing drawn: {missing}", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages.items():
        file = FOLDER / f"{name}.svg"
        file.write_text(text, encoding="utf-8")
        print(f"{file.name}: {len(text.encode()) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
