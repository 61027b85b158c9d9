"""Thermal image against its formula and IEC 60898-1, and whether the announced time to trip comes true."""

from __future__ import annotations

import asyncio
from functools import partial
from math import log
from typing import Any

from ..figure import Figure
from .patched import Patch
from .single import Rig, run

RATING_A, TAU_s, LIMIT = 63.0, 120.0, 1.69
BEFORE_A = 20.0
"""The controller takes the cable as warm as this makes it when it starts."""
MULTIPLES = (1.45, 1.7, 2.0, 2.55, 3.0, 4.0)
CONVENTIONAL_s = 3600.0
"""IEC 60898-1 table 7, up to 63 A: 1.13 In does not trip within the hour, 1.45 In does, 2.55 In within 1 to 120 s above 32 A."""
SLACK_s = 400.0
HIGH, LOW = {"thermal_limit": 3.0}, {"thermal_limit": 1.0}


def formula_s(multiple: float) -> float:
    """From BEFORE_A in the steady state to a trip: θ' = ((I/In)² − θ)/τ."""
    return TAU_s * log((multiple**2 - (BEFORE_A / RATING_A) ** 2) / (multiple**2 - LIMIT))


def tripped_after(multiple: float, limit_s: float, settings: dict[str, Any]) -> float:
    """Seconds at so many times the rating until the branch opens; limit_s where it does not."""

    async def session(rig: Rig) -> float:
        await rig.device.write(settings)
        rig.equipment.current_A[4] = multiple * RATING_A
        began_us = rig.grant_us()
        rig.equipment.log.clear()
        await rig.until(lambda: not rig.equipment.contacts >> 4 & 1, limit_s, every_s=limit_s / 50)
        at = [at for at, (_, reset, _) in rig.equipment.log if reset > 0 and reset >> 4 & 1]
        return (at[0] - began_us) / 1e6 if at else limit_s

    return run("pdu", session)


def curve_error(settings: dict[str, Any]) -> float:
    """Largest part by which a trip time misses the formula."""
    errors = []
    for multiple in MULTIPLES:
        wanted = formula_s(multiple)
        errors.append(abs(tripped_after(multiple, wanted + SLACK_s, settings) / wanted - 1))
    return max(errors)


COLD = Patch(
    "pdu/judging.py",
    "theta = pdu.protection.theta(branch)",
    "theta = 0.0",
    "a prediction knows nothing of the cable's warmth",
)


def prediction_error(*changes: Patch) -> float:
    """Largest error in seconds of time_to_trip, read 90, 60, 30, 10 and 3 s before the trip of each of three overloads."""

    async def session(rig: Rig, multiple: float) -> list[tuple[float, float | None]]:
        rig.equipment.current_A[5] = multiple * RATING_A
        said: list[tuple[float, float | None]] = []
        while rig.equipment.contacts >> 5 & 1 and rig.now_s < 600:
            said.append((rig.now_s, await rig.value("branch.6.time_to_trip")))
            await asyncio.sleep(0.5)
        return [(rig.now_s - at_s, left_s) for at_s, left_s in said]

    worst = 0.0
    for multiple in (1.4, 1.7, 2.2):
        seen = run("pdu", partial(session, multiple=multiple), *changes)
        for moment_s in (90.0, 60.0, 30.0, 10.0, 3.0):
            if moment_s < seen[0][0] - 2.0:  # the current has been there for a while
                true_s, left_s = min(seen, key=lambda pair: abs(pair[0] - moment_s))
                worst = max(worst, 600.0 if left_s is None else abs(left_s - true_s))
    return worst


def warned_ahead(settings: dict[str, Any]) -> float:
    """Seconds from the alarm trip_ahead to the trip, away from the 60 s that are asked for."""

    async def session(rig: Rig) -> float:
        await rig.device.write(settings)
        rig.equipment.current_A[5] = 1.6 * RATING_A
        await rig.until_alarm("trip_ahead.6", 400.0, 0.2)
        warned_s = rig.now_s
        return await rig.until(lambda: not rig.equipment.contacts >> 5 & 1, 400.0) if warned_s < 400.0 else 0.0

    return abs(run("pdu", session) - 60.0)


def measure() -> dict[str, Figure]:
    one = "one PDU's firmware on a virtual board, rating 63 A"
    high, low = "setting thermal_limit 3.0", "setting thermal_limit 1.0"
    multiples = ", ".join(f"{multiple:g}" for multiple in MULTIPLES)
    times = f"trip times from 20 A to {multiples} In against tau ln((i^2 - theta) / (i^2 - limit)); {one}"
    hour = CONVENTIONAL_s
    return {
        "curve_error": Figure(curve_error({}), f"largest part; {times}", curve_error(HIGH), high),
        "trips_at_1.13": Figure(
            float(tripped_after(1.13, hour, {}) < hour),
            f"within an hour of 1.13 In; {one}",
            float(tripped_after(1.13, hour, LOW) < hour),
            low,
        ),
        "trip_at_1.45": Figure(
            tripped_after(1.45, hour + 1, {}), f"from 20 A; {one}", tripped_after(1.45, hour + 1, HIGH), high
        ),
        "trip_at_2.55": Figure(
            tripped_after(2.55, 200.0, {}),
            f"from 20 A, at most; {one}",
            tripped_after(2.55, 200.0, {"thermal_time_constant": 1200}),
            "setting thermal_time_constant 1200 s",
        ),
        "trip_at_2.55_least": Figure(
            tripped_after(2.55, 200.0, {}),
            f"from 20 A, at least; {one}",
            tripped_after(2.55, 200.0, {"branch.5.instantaneous": 100.0}),
            "setting instantaneous 100 A: no thermal delay",
        ),
        "prediction_error": Figure(
            prediction_error(),
            f"time_to_trip read 90 to 3 s before the trip of 1.4, 1.7 and 2.2 In against when it came; {one}",
            prediction_error(COLD),
            COLD.off,
        ),
        "warning_error": Figure(
            warned_ahead({}),
            f"trip_ahead away from 60 s before the trip, 1.6 In; {one}",
            warned_ahead({"trip_ahead_time": 5}),
            "setting trip_ahead_time 5 s",
        ),
    }
