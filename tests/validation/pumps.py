"""Pump curves against the makers' points of 18 pumps: each point predicted from the others of its pump.

A point inside is interpolated. The last one, left out, lies beyond the greatest flow of what is left: there the plant goes on
with the final slope, and these points are judged apart.
"""

from __future__ import annotations

from typing import NamedTuple

from mallee.pod.parameters import PumpParameters
from mallee.sim.plant.pump import PumpCurve

from .reference import rows

LOWEST = 0.2
"""Of the greatest flow."""


class Left(NamedTuple):
    """A maker's point and what the other points say of it. Head in kPa, power in kW."""

    pump: str
    flow: float
    """Fraction of the greatest flow."""
    last: bool
    head: float
    head_predicted: float
    power: float
    power_predicted: float

    @property
    def head_error(self) -> float:
        return self.head_predicted / self.head - 1.0

    @property
    def power_error(self) -> float:
        return self.power_predicted / self.power - 1.0


class Maker(NamedTuple):
    name: str
    flow_m3_s: list[float]
    head_kPa: list[float]
    power_kW: list[float]

    def curve(self, leave_out: int | None = None) -> PumpCurve:
        """The plant's curve through the maker's points, without one of them; water of 1000 kg/m³."""
        kept = [i for i in range(len(self.flow_m3_s)) if i != leave_out]
        return PumpCurve(
            PumpParameters(
                rated_flow_kg_s=1000.0 * self.flow_m3_s[-1],
                head_flow=tuple(self.flow_m3_s[i] / self.flow_m3_s[-1] for i in kept),
                head_kPa=tuple(self.head_kPa[i] for i in kept),
                power_kW=tuple(self.power_kW[i] for i in kept),
            )
        )


def makers() -> list[Maker]:
    """The 18 pumps. Raises NoReference."""
    found: dict[str, Maker] = {}
    for row in rows("pumps/wilo.csv"):
        maker = found.setdefault(row["pump"], Maker(row["pump"], [], [], []))
        value = float(row["value"]) / 1000.0
        if row["curve"] == "pressure_Pa":
            maker.flow_m3_s.append(float(row["flow_m3_per_s"]))
            maker.head_kPa.append(value)
        else:
            maker.power_kW.append(value)
    return list(found.values())


def left_out() -> list[Left]:
    """Every point at or above LOWEST, each from the others."""
    found: list[Left] = []
    for maker in makers():
        most = maker.flow_m3_s[-1]
        for i, flow in enumerate(maker.flow_m3_s):
            x = flow / most
            if x < LOWEST:
                continue
            curve = maker.curve(leave_out=i)
            found.append(
                Left(
                    maker.name, x, flow == most,
                    maker.head_kPa[i], curve.head_kPa(x), maker.power_kW[i], curve.power_kW(x),
                )
            )  # fmt: skip
    return found
