"""The pipe against the test bench of the Université de Liège: 39 m of insulated steel pipe, steps of the inlet temperature.

Geometry, insulation and wall are the bench's (van der Heijde et al., Energy Conversion and Management 151, 2017, table of the ULg
bench; IBPSA Modelica library); nothing is tuned. Each run begins with fluid and wall linear between the two temperatures
measured at its start.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from mallee.pod.parameters import PipeParameters
from mallee.sim.plant.film import film_properties
from mallee.sim.plant.fluid import fluid
from mallee.sim.plant.pipe import Pipe

from .reference import rows

RUNS = ("151202", "151204_1", "151204_4", "160104_2")
BENCH = PipeParameters(
    inner_diameter_mm=52.48,
    wall_mm=3.9,
    wall_kg_m3=8000.0,
    wall_J_kgK=500.0,
    insulation_mm=13.0,
    insulation_W_mK=0.04,
    outside_film_W_m2K=5.0,
)
LENGTH_M, AMBIENT_DEGC = 39.0, 18.0
_STEP_S = 0.1


class Run(NamedTuple):
    name: str
    time_s: list[float]
    inlet_degC: list[float]
    measured_degC: list[float]
    simulated_degC: list[float]

    @property
    def rmse_K(self) -> float:
        squares = [(a - b) ** 2 for a, b in zip(self.measured_degC, self.simulated_degC, strict=True)]
        return math.sqrt(sum(squares) / len(squares))


def run(name: str, *, wall: bool = True, parcels: int = 200) -> Run:
    """One run; inlet temperature and flow are linear between the samples."""
    data = [{key: float(value) for key, value in row.items()} for row in rows(f"pipe_ulg/ulg_{name}.csv")]
    time_s = [row["time_s"] for row in data]
    inlet, flow, outlet = ([row[key] for row in data] for key in ("inlet_degC", "mass_flow_kg_per_s", "outlet_degC"))
    pipe = Pipe(BENCH, LENGTH_M, fluid("Water"), film_properties("Water"), parcels, wall)
    pipe.fill(inlet[0], outlet[0])
    simulated = [pipe.outlet_degC]
    for i in range(1, len(data)):
        steps = max(1, round((time_s[i] - time_s[i - 1]) / _STEP_S))
        dt_s = (time_s[i] - time_s[i - 1]) / steps
        for k in range(steps):
            share = (k + 0.5) / steps
            pipe.step(
                dt_s,
                flow[i - 1] + (flow[i] - flow[i - 1]) * share,
                inlet[i - 1] + (inlet[i] - inlet[i - 1]) * share,
                AMBIENT_DEGC,
            )
        simulated.append(pipe.outlet_degC)
    return Run(name, time_s, inlet, outlet, simulated)
