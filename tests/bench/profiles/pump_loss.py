"""A pump is commanded and does nothing: recognised, the other one commanded, flow back; and one that only loses its feedback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..figure import Figure
from .patched import Patch
from .skids import BOTH, Sample, Skids, skids
from .skids import pod as pod_file

UNRECOGNISED = Patch(
    "pump/effect.py", "        if held >= limit_ms:", "        if False:", "a pump without effect is never recognised"
)
STILL = {"pump_gain": 0.0, "pump_integral_time": 600.0}
WATCH_s, BACK_s = 10.0, 3.0
PROBE_percent = 16.0  # a pump that was recognised is told 15 %


def stops(pod: Skids) -> None:
    pod.pump("skid-1", 1).stopped = True


def seizes(pod: Skids) -> None:
    pump = pod.pump("skid-1", 1)
    pump.stopped, pump.speed_percent = True, 0.0


def stops_and_feedback_sticks(pod: Skids) -> None:
    pod.equipment.skids["skid-1"].transmitters["pump_speed_1"].fault = "stuck"
    stops(pod)


class Lost(NamedTuple):
    recognised_s: float
    commanded_s: float
    """The other one, after that; never before it."""
    flow_part: float
    """Least flow from BACK_s on, of what it was."""


SHARED = {name: {"pump_arrangement": "shared"} for name in BOTH}
STANDBY = {name: {"pump_arrangement": "duty_standby"} for name in BOTH}
ONE_STANDBY = {"skid-1": {"pump_arrangement": "duty_standby"}}
HALF_kPa = 100.0
"""With two pumps of four at 65 % the one that stands by needs 2.0 s to their speed, since a drive takes 3 s to 100 %."""


def lose(
    settings: dict[str, dict[str, Any]], fault: Callable[[Skids], None], *changes: Patch, kPa: float = 200.0
) -> Lost:
    """In skid-1, at full load."""
    settings = {name: {**settings.get(name, {}), "differential_pressure_setpoint": kPa} for name in BOTH}
    config = pod_file(differential_pressure_kPa=kPa)
    with skids(*changes, settings=settings, config=config, settle_s=30.0) as pod:
        before = pod.samples[-1]
        fault(pod)
        return judged(before, pod.run(WATCH_s))


def judged(before: Sample, found: list[Sample]) -> Lost:
    def first(condition: Callable[[Sample], bool]) -> float:
        return next((s.at_s - before.at_s for s in found if condition(s)), WATCH_s)

    recognised_s = first(lambda s: s.commands[0] < PROBE_percent)
    raised = before.commands[1] + 1.0  # percent: whether it carried already or stood
    commanded_s = max(0.0, first(lambda s: s.commands[1] > raised) - recognised_s)
    return Lost(recognised_s, commanded_s, min(s.flow for s in found[round(100 * BACK_s) :]) / before.flow)


def feedback_lost(*changes: Patch) -> float:
    """Least flow, of what it was, while a pump that turns says that it stands."""
    with skids(*changes) as pod:
        before = pod.samples[-1].flow
        pod.equipment.skids["skid-1"].transmitters["pump_speed_1"].offset = -100.0
        return min(sample.flow for sample in pod.run(WATCH_s)) / before


BELIEVED = Patch(
    "pump/effect.py",
    "doubt = short is True if turns is not False else short is not False",
    "doubt = turns is False",
    "the speed feedback alone condemns a pump",
)


def measure() -> dict[str, Figure]:
    shared = [lose(SHARED, fault) for fault in (stops, seizes)]
    faults = (stops, seizes, stops_and_feedback_sticks)
    standing = [lose(STANDBY, fault, kPa=HALF_kPa) for fault in faults]
    alone = [lose(settings, fault) for settings in (STANDBY, ONE_STANDBY) for fault in faults]
    single = [
        lost for place, lost in enumerate((*standing, *alone)) if faults[place % 3] is not stops_and_feedback_sticks
    ]
    double = [lost for lost in (*standing, *alone) if lost not in single]
    never = lose(STANDBY, stops, UNRECOGNISED, kPa=HALF_kPa)
    blind = lose(SHARED, stops, UNRECOGNISED)
    still = lose(dict.fromkeys(BOTH, STILL), stops)
    how = "two skids with real firmware at full load, no host; in skid-1 a pump's drive trips, it seizes"
    duty = f"{how}, it trips with its feedback stuck; duty and standby"
    gains = "settings pump_gain 0 and pump_integral_time 600 s: the pressure loops do not answer"
    return {
        "shared_recognised": Figure(
            max(lost.recognised_s for lost in shared),
            f"{how}; worst of 2, both pumps share",
            blind.recognised_s,
            UNRECOGNISED.off,
        ),
        "standby_recognised": Figure(
            max(lost.recognised_s for lost in single),
            f"{how}; duty and standby in both skids at 200 and 100 kPa, and in skid-1 alone; worst of 6",
            never.recognised_s,
            UNRECOGNISED.off,
        ),
        "double_recognised": Figure(
            max(lost.recognised_s for lost in double),
            "the same, where a drive trips and its feedback sticks in the same moment, so only hydraulics can tell; worst of 3",
            never.recognised_s,
            UNRECOGNISED.off,
        ),
        "other_commanded": Figure(
            max(lost.commanded_s for lost in (*shared, *standing, *alone)),
            f"after it was recognised; {duty} and shared; worst of 11",
            _after_fault(never),
            UNRECOGNISED.off,
        ),
        "shared_flow_3s": Figure(
            min(lost.flow_part for lost in shared),
            f"least flow from 3 s on, of before; {how}; worst of 2, both pumps share",
            still.flow_part,
            gains,
        ),
        "standby_flow_3s": Figure(
            min(lost.flow_part for lost in standing),
            f"least flow from 3 s on, of before; {duty} in both skids at 100 kPa, where the drives can do it; worst of 3",
            never.flow_part,
            UNRECOGNISED.off,
        ),
        "feedback_lost_flow": Figure(
            feedback_lost(),
            "least flow in 10 s, of before, while the feedback of a pump that turns says 0 %",
            feedback_lost(BELIEVED),
            BELIEVED.off,
        ),
    }


def _after_fault(lost: Lost) -> float:
    """One that is never recognised is never followed by the other one either."""
    return WATCH_s if lost.recognised_s >= WATCH_s else lost.commanded_s
