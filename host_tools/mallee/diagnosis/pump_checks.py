"""Whether the pumps of a skid do what they are told, and what is left of them against their curve. Pure."""

from __future__ import annotations

from ..pod.pumps import SkidPumps
from .evidence import Evidence
from .finding import Cause, Finding
from .naming import Facts, Likely, found, named, unknown, well
from .skid_state import plant_of

NO_EFFECT = Likely(
    "its drive tripped, its motor is seized, or its coupling is broken",
    "look at the drive's display, turn the shaft by hand",
    "the drive's own fault memory",
)
DISCHARGE_SHUT = Likely(
    "its discharge or check valve is closed", "open the valves of that pump", "its head is high and nothing flows"
)
LOCKED = Likely("an interlock has stopped it", "see `interlocks`: mend the cause, then reset the latch")
SLOW = 0.5


@named("pumps", NO_EFFECT, DISCHARGE_SHUT, LOCKED, explains=("pump_no_effect", "flow_critical", "flow_low"))
def pumps(evidence: Evidence) -> Finding:
    """Whether each pump that is commanded turns and has an effect (its state, command and measured speed)."""
    facts: Facts = {}
    for number in (1, 2):
        state = evidence.value(f"pump_state.{number}")
        command, speed = evidence.number(f"pump_command.{number}"), evidence.number(f"pump_speed.{number}")
        facts |= {f"state_{number}": str(state), f"command_{number}_percent": command, f"speed_{number}_percent": speed}
        if state == "locked":
            because = LOCKED.because("its state says so")
            return found("fail", f"pump {number} is locked", because, certain=True, evidence=facts)
        turns = speed is None or command is None or speed > SLOW * command
        if state == "fault" or (command is not None and command > 5 and not turns):
            seen = f"pump {number} is told {command or 0:.0f} % and {'does nothing' if turns else f'turns at {speed or 0:.0f} %'}"
            causes = [
                NO_EFFECT.because(
                    "its speed feedback stands still" if not turns else "head and flow do not fit its speed"
                )
            ]
            if turns:
                causes.append(DISCHARGE_SHUT.because("it turns"))
            return found("fail", seen, *causes, evidence=facts)
    return well("each pump that is commanded turns and has an effect", facts)


EFFICIENCY_LEAST = 0.85
"""Of the curve's: head, flow and power of the transmitters are a few percent each."""
FITS = 0.93
"""Of the curve's: a pump with so much efficiency and little head draws as little as it gives."""
LESS_HEAD_percent = 95.0
"""Of the curve's: what speed and pressure may be off explains the rest."""
_ALIKE_percent = 2.0
"""Speeds and head ratios of two pumps that share a flow which only one meter measures."""
_LEAST_l_min = 50.0

WORN = Likely(
    "impeller or wear rings are worn, or air is in the coolant",
    "vent the loop; compare both pumps; overhaul the pump",
    "the other pump's head ratio; each of them alone, by `pump_arrangement` or in service",
)
OTHER_CURVE = Likely(
    "the curve is another pump's, or its speed feedback reads high",
    "compare PUMP_CURVE of its equipment file and [plant.pumps] of the pod file with the pump's plate; compare its speed with "
    "the drive's display",
    "its power: a worn pump draws as much as before",
)
DRAGS = Likely(
    "bearings, seal, motor or drive take more than they should",
    "listen to its bearings, feel their warmth, turn the shaft by hand; read the drive's own power",
    "power at the same speed with the discharge closed, against the maker's curve",
)
POWER_METER = Likely(
    "its power transmitter, or [plant.pumps] of the pod file, is wrong",
    "compare the transmitter with the drive's display; compare power_kW with the maker's curve",
    "the drive's own power",
)


@named("pump wear", WORN, OTHER_CURVE, DRAGS, POWER_METER, explains=("pump_worn",))
def pump_wear(evidence: Evidence) -> Finding:
    """What is left of each pump against its own curve, as means over five minutes: its head at measured speed and flow, and,
    where its power is measured, its efficiency against that of [plant.pumps] of the pod file at the present working point."""
    facts: Facts = {}
    heads: dict[int, float] = {}
    parts: dict[int, float] = {}
    for number in (1, 2):
        head, part = evidence.number(f"pump_head_ratio.{number}"), _efficiency_part(evidence, number, facts)
        facts[f"head_{number}_percent"] = None if head is None else round(head)
        heads |= {} if head is None else {number: head}
        parts |= {} if part is None else {number: part}
    limit = evidence.number("pump_worn") or 80.0
    worn = [number for number, head in heads.items() if head < limit]
    if worn:
        return _less_head(evidence, worn, heads, parts, limit, facts)
    slow = [number for number, part in parts.items() if part < EFFICIENCY_LEAST]
    if slow:
        return _less_efficiency(slow, heads, facts)
    if not heads:
        return unknown("no pump has run for long alone, or both at equal speed", facts)
    return well("each pump has the head" + (" and the efficiency" if parts else "") + " of its curve", facts)


def _less_head(
    evidence: Evidence, worn: list[int], heads: dict[int, float], parts: dict[int, float], limit: float, facts: Facts
) -> Finding:
    shared = len(worn) == 2 and abs(heads[1] - heads[2]) < _ALIKE_percent and _together(evidence)
    which = "pumps 1 and 2 together have" if shared else " and ".join(f"pump {number}" for number in worn) + " has"
    seen = f"{which} {min(heads[number] for number in worn):.0f} % of the head of the curve"
    below = f"below {limit:.0f} % over five minutes" + (
        "; they share one flow meter, so either of them, or both" if shared else "")  # fmt: skip
    known = [parts[number] for number in worn if number in parts]
    causes: list[Cause] = [WORN.because(below), OTHER_CURVE.because("one curve is for all")]
    if known and min(known) >= FITS:
        because = f"it draws no more than a pump with that head does ({100 * min(known):.0f} % of the efficiency)"
        causes = [OTHER_CURVE.because(because), WORN.because(below)]
    elif known:
        causes[0] = WORN.because(f"{below}; it has {100 * min(known):.0f} % of the efficiency of its curve")
    return found("warn", seen, *causes, evidence=facts)


def _less_efficiency(slow: list[int], heads: dict[int, float], facts: Facts) -> Finding:
    seen = ", ".join(
        f"pump {number} has {facts[f'efficiency_{number}_percent']} % efficiency where "
        f"{facts[f'due_{number}_percent']} % are due"
        for number in slow
    )
    head = min((heads[number] for number in slow if number in heads), default=None)
    both = len(slow) == 2
    drags = DRAGS.because("its head is that of its curve" + ("" if both else ", and the other's power is right"))
    meter = POWER_METER.because("both pumps are off alike" if both else "one transmitter alone tells it")
    causes = (meter, drags) if both else (drags, meter)
    if head is not None and head < LESS_HEAD_percent:
        worn = f"{head:.0f} % of the head of the curve are left as well" + (
            "; they share one flow meter, so either of them, or both" if both else "")  # fmt: skip
        causes = WORN.because(worn), meter
    return found("warn", seen, *causes, evidence=facts)


def _together(evidence: Evidence) -> bool:
    speeds = evidence.numbers("pump_speed.1", "pump_speed.2")
    return speeds is not None and min(speeds) > 0 and abs(speeds[0] - speeds[1]) <= _ALIKE_percent


def _efficiency_part(evidence: Evidence, number: int, facts: Facts) -> float | None:
    """Of a pump that runs alone, or beside one at equal speed, what is left of its efficiency; both are noted."""
    measured = evidence.number(f"pump_efficiency.{number}")
    speed, flow = evidence.number(f"pump_speed.{number}"), evidence.number("flow")
    other = evidence.number(f"pump_command.{3 - number}")
    if measured is None or speed is None or flow is None or flow < _LEAST_l_min or other is None:
        return None
    if other > 0 and not _together(evidence):
        return None
    due = SkidPumps(plant_of(evidence).pumps).efficiency_percent(speed, flow / 2 if other > 0 else flow)
    if due is None:
        return None
    facts |= {f"efficiency_{number}_percent": round(measured, 1), f"due_{number}_percent": round(due, 1)}
    return measured / due
