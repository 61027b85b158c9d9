"""What the plant's parameters must be to each other: curves of one length that rise or fall. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from .parameters import PlantParameters
from .problem import Problem

_LEAST = 3
"""Points of a pump curve: a parabola takes as many."""


def plant_problems(plant: PlantParameters) -> Iterator[Problem]:
    pumps, air, racks, room = plant.pumps, plant.air, plant.racks, plant.room
    yield from _rising("pumps", "head_flow", pumps.head_flow, from_zero=True)
    yield from _as_many("pumps", "head_kPa", pumps.head_kPa, "head_flow", pumps.head_flow)
    yield from _as_many("pumps", "power_kW", pumps.power_kW, "head_flow", pumps.head_flow)
    yield from _falling("pumps", "head_kPa", pumps.head_kPa, "a pump gives less head the more it pumps")
    yield from _head_ends(pumps.head_flow, pumps.head_kPa)
    yield from _rising("air", "void_fraction", air.void_fraction, from_zero=True)
    yield from _as_many("air", "head_fraction", air.head_fraction, "void_fraction", air.void_fraction)
    yield from _falling("air", "head_fraction", air.head_fraction, "a pump gives less head the more gas there is")
    yield from _rising("racks", "cold_plate_l_min", racks.cold_plate_l_min)
    yield from _as_many("racks", "cold_plate_K_W", racks.cold_plate_K_W, "cold_plate_l_min", racks.cold_plate_l_min)
    yield from _falling("racks", "cold_plate_K_W", racks.cold_plate_K_W, "more flow cools better")
    if room.dew_point_degC > room.temperature_degC:
        yield _problem(
            "room",
            "dew_point_degC",
            f"{room.dew_point_degC:g} °C is above temperature_degC = {room.temperature_degC:g}",
            "air cannot hold so much water: it would be fog",
            f"write at most {room.temperature_degC:g}",
        )


def _problem(table: str, key: str, what: str, likely: str, next_step: str) -> Problem:
    return Problem(("plant", table, key), f"plant.{table}.{key}: {what}", likely, next_step)


def _rising(table: str, key: str, values: Sequence[float], from_zero: bool = False) -> Iterator[Problem]:
    if not values or (from_zero and values[0] != 0.0):
        yield _problem(table, key, "it does not begin at 0", "its first point is missing", "write 0.0 first")
    for a, b in pairwise(values):
        if b <= a:
            what = f"{b:g} stands behind {a:g}"
            yield _problem(table, key, what, "points are out of order, or one is there twice", "let the numbers rise")


def _falling(table: str, key: str, values: Sequence[float], likely: str) -> Iterator[Problem]:
    for a, b in pairwise(values):
        if b >= a:
            yield _problem(
                table, key, f"{b:g} stands behind {a:g}: it is not monotonic", likely, "let the numbers fall"
            )


def _as_many(table: str, key: str, values: Sequence[float], other: str, others: Sequence[float]) -> Iterator[Problem]:
    if len(values) != len(others):
        yield _problem(
            table,
            key,
            f"{len(values)} values, {other} has {len(others)}",
            "a file that gives one of the two lists must give the other too",
            f"give a value for each of {other}",
        )


def _head_ends(flow: Sequence[float], head_kPa: Sequence[float]) -> Iterator[Problem]:
    """Beyond its last point the curve goes on with the slope of the parabola through the last three: it must fall."""
    if len(flow) < _LEAST:
        yield _problem(
            "pumps",
            "head_flow",
            f"{len(flow)} points are no curve",
            "only its ends were given",
            f"give {_LEAST} points or more",
        )
        return
    (x0, x1, x2), (y0, y1, y2) = flow[-3:], head_kPa[-3:]
    before, last = (y1 - y0) / (x1 - x0), (y2 - y1) / (x2 - x1)
    if last + (last - before) * (x2 - x1) / (x2 - x0) >= 0.0:
        yield _problem(
            "pumps",
            "head_kPa",
            "the curve turns upwards at its end",
            "the last point lies too high for those before it",
            "check the last point, or leave it out",
        )
