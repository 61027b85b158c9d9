"""Whether the sensors of a skid can be believed one by one: out of range, in each other's place, standing still. Pure."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from ..pod.topology.heatphysics import coolant_kW, facility_kW
from ..reading import Quality
from .evidence import Evidence
from .finding import Finding
from .naming import Facts, Likely, found, named, unknown, well
from .skid_state import SUPPLIES, exchanged, skid_of

TEMPERATURES = (*SUPPLIES, "return_temperature", "facility_supply_temperature", "facility_return_temperature")
PRESSURES = ("differential_pressure", "supply_pressure", "return_pressure", "filter_differential_pressure")
FLOWS = ("flow", "facility_flow")
SPEEDS = ("pump_speed.1", "pump_speed.2")
OTHERS = ("level", "valve_position", "ambient_temperature", "ambient_humidity")
SENSORS = (*TEMPERATURES, *PRESSURES, *FLOWS, *SPEEDS, *OTHERS)

OPEN_OR_SHORTED = Likely(
    "a wire is cut or shorted, or the transmitter is defective",
    "measure the loop's current at the terminal: below 3.6 mA it is open, above 21 mA shorted (NAMUR NE 43)",
    "a loop calibrator in the transmitter's place",
)


@named(
    "sensors",
    OPEN_OR_SHORTED,
    explains=(
        "supply_sensor_fault", "supply_temperature_lost", "differential_pressure_lost", "humidity_lost", "sensor_fault",
        "interlock_sensor_lost", "speed_feedback_fault",
    ),
)  # fmt: skip
def sensors(evidence: Evidence) -> Finding:
    """Whether each transmitter's current is within its range."""
    lost = [name for name in SENSORS if evidence.quality(name) is Quality.FAULT]
    if not lost:
        return well(f"{sum(evidence.number(name) is not None for name in SENSORS)} sensors are in range")
    cause = OPEN_OR_SHORTED.because("what it measures cannot give such a current")
    return found("fail", f"out of range: {', '.join(lost)}", cause, evidence={"lost": ", ".join(lost)})


APART_K = 1.5
"""More than sensors of one place may differ (the controller drops one at 1.0 K)."""
ALIKE_K = 1.0
BALANCE = 0.15
_LEAST_kPa = 10.0

LOOPS_SWAPPED = Likely(
    "two sensors are connected in each other's place",
    "swap their two loops at the terminals (docs/wiring.md has the places)",
    "warm one of them by hand: the other name moves",
)
PIPES_SWAPPED = Likely(
    "supply and return hoses are swapped", "look along the hoses; swap them, and vent", "the hoses' labels"
)


@named(
    "supply and return",
    LOOPS_SWAPPED,
    PIPES_SWAPPED,
    explains=("supply_sensor_fault", "heat_implausible", "interlock_sensor_lost"),
)
def swapped(evidence: Evidence) -> Finding:
    """Whether temperatures and pressures are in the order in which coolant and facility water warm up and lose pressure, and, if
    not, whether they would be with two sensors exchanged: then the heat of both sides must agree too."""
    return _pressures(evidence) or _supply_sensor(evidence) or _sides(evidence) or _in_order(evidence)


def is_swapped(evidence: Evidence) -> bool:
    return swapped(evidence).state == "fail"


def _in_order(evidence: Evidence) -> Finding:
    if evidence.numbers("supply_temperature", "return_temperature", "supply_pressure", "return_pressure") is None:
        return unknown("temperatures or pressures are not known")
    return well("temperatures and pressures are in their order")


def _pressures(evidence: Evidence) -> Finding | None:
    both = evidence.numbers("supply_pressure", "return_pressure")
    if both is None or both[1] - both[0] < _LEAST_kPa:
        return None
    head = evidence.number("differential_pressure")
    facts: Facts = {"supply_kPa": round(both[0], 1), "return_kPa": round(both[1], 1), "differential_kPa": head}
    fits = head is not None and abs(both[1] - both[0] - head) < max(_LEAST_kPa, 0.1 * head)
    because = f"return minus supply is {both[1] - both[0]:.0f} kPa" + (
        f", as the differential transmitter says ({head:.0f} kPa)" if fits else "")  # fmt: skip
    seen = f"return pressure ({both[1]:.0f} kPa) is above supply pressure ({both[0]:.0f} kPa)"
    return found("fail", seen, LOOPS_SWAPPED.because(because, proven=fits), certain=fits, evidence=facts)


def _supply_sensor(evidence: Evidence) -> Finding | None:
    """One of the three supply sensors and another temperature: the others know what the supply is."""
    supplies = evidence.numbers(*SUPPLIES)
    if supplies is None:
        return None
    middle = median(supplies)
    for number, value in enumerate(supplies, 1):
        if abs(value - middle) < APART_K:
            continue
        for name in ("return_temperature", "facility_supply_temperature", "facility_return_temperature"):
            other = evidence.number(name)
            if other is None or abs(other - middle) > ALIKE_K:
                continue
            closes, heats = _balance(evidence, {name: value, "supply_temperature": middle})
            own, _ = _balance(evidence, {})
            if name == "facility_supply_temperature" and not closes:
                continue  # facility water may be as warm as the supply by itself
            seen = f"supply sensor {number} reads {value:.1f} °C beside {middle:.1f}, and {name} reads {other:.1f}"
            facts: Facts = {
                f"supply_{number}_degC": round(value, 2),
                "supply_degC": round(middle, 2),
                name: round(other, 2),
            }
            cause = LOOPS_SWAPPED.because(f"exchanged they fit: {heats}", proven=closes and not own)
            return found("fail", seen, cause, certain=closes and not own, evidence=facts)
    return None


def _sides(evidence: Evidence) -> Finding | None:
    """Both temperatures of one side, while the other side says which way heat goes."""
    known = evidence.numbers(
        "supply_temperature", "return_temperature", "facility_supply_temperature", "facility_return_temperature"
    )
    if known is None:
        return None
    warmed, facility_warmed = known[1] - known[0], known[3] - known[2]
    for one, other, fell, rose, where in (
        ("supply_temperature", "return_temperature", -warmed, facility_warmed, "coolant"),
        ("facility_supply_temperature", "facility_return_temperature", -facility_warmed, warmed, "facility water"),
    ):
        if fell < APART_K or rose < APART_K:
            continue
        values = {one: evidence.number(other) or 0.0, other: evidence.number(one) or 0.0}
        closes, heats = _balance(evidence, values)
        facts: Facts = {name: round(value, 2) for name, value in zip((other, one), values.values(), strict=True)}
        seen = f"the {where} gets colder where the other side says that it gets warmer ({fell:.1f} K)"
        causes = (
            LOOPS_SWAPPED.because(f"exchanged: {heats}"),
            PIPES_SWAPPED.because("the sensors are where the hoses are"),
        )
        return found("fail", seen, *(causes if closes else causes[::-1]), evidence=facts)
    return None


def _balance(evidence: Evidence, values: dict[str, float]) -> tuple[bool, str]:
    """Whether the heat of both sides agrees with these values in place of those read, and both of them in words."""
    skid = exchanged(skid_of(evidence), values)
    one, two = coolant_kW(skid), facility_kW(skid)
    if one is None or two is None:
        return False, "the heat of one side is not known"
    words = f"the coolant gives {one:.0f} kW, the facility water takes {two:.0f} kW"
    return one > 0 and two > 0 and abs(one - two) <= BALANCE * max(one, two), words


LOOKS = 12
"""Fewer say nothing of noise."""
JITTER = 0.25
"""A value with noise turns round in half to two thirds of the looks; one that only follows the load hardly ever."""

STUCK = Likely(
    "the transmitter, or its converter's channel, holds its last value",
    "measure the loop's current: if it moves, the converter; if not, the transmitter. Replace it",
    "disturb what it measures: nothing must move",
)
DAMPED = Likely("the transmitter is damped much more than others", "look at its damping; set it as the others have it")


@named("standing still", STUCK, DAMPED)
def standing_still(evidence: Evidence) -> Finding:
    """Whether a sensor gives the very same number in every look while others of its kind, at this skid and at others, move by
    their noise; or while what it measures has moved by what the others say."""
    if len(evidence.looks) < LOOKS:
        return unknown(f"{len(evidence.looks)} looks are too few to tell noise: look longer with --for")
    noisy = 0
    for name in (*TEMPERATURES, *PRESSURES, *FLOWS, *SPEEDS):
        values = evidence.series(name)
        if not values or len(set(values)) > 1:
            noisy += _jitters(values)
            continue
        if values[0] <= 0:
            continue  # at its zero a transmitter has no noise, or is cut off
        moved = _should_have_moved(evidence, name)
        if moved:
            facts: Facts = {"value": values[0], "looks": len(values), "should_have_moved": round(moved, 2)}
            seen = f"{name} was {values[0]:g} in all {len(values)} looks, and should have moved by {moved:.1f}"
            return found("fail", seen, STUCK.because("other sensors moved by that"), certain=True, evidence=facts)
        told = _noisy_peers(evidence, name)
        if told:
            return _still(evidence, name, values, told)
    if not noisy:
        return unknown("no value has any noise here: one that is stuck can only be told while something moves")
    return well(f"no sensor stands still in {len(evidence.looks)} looks while those of its kind move")


def _should_have_moved(evidence: Evidence, name: str) -> float:
    """By how much, as the other sensors have it; 0 where that is little, or nobody can say."""
    return next(
        (moved for kind, least in _LEAST if name in kind and (moved := _drift(_expected(evidence, name))) > least), 0.0
    )


_LEAST = ((TEMPERATURES, 0.3), (PRESSURES, 4.0), (SPEEDS, 2.0))
"""In their units: more than noise and the controller's averaging make of it."""


def _expected(evidence: Evidence, name: str) -> list[float]:
    """What a sensor must read, look by look, by what the others read; empty where they do not tell."""

    def combined(one: str, other: str, sign: float) -> list[float]:
        pairs = zip(evidence.series(one), evidence.series(other), strict=False)
        return [a + sign * b for a, b in pairs]

    if name in SUPPLIES:
        one, other = (each for each in SUPPLIES if each != name)
        return [both / 2 for both in combined(one, other, 1)]
    if name in SPEEDS:
        return evidence.series(f"pump_command.{name[-1]}")
    pressures = {
        "differential_pressure": ("supply_pressure", "return_pressure", -1.0),
        "supply_pressure": ("return_pressure", "differential_pressure", 1.0),
        "return_pressure": ("supply_pressure", "differential_pressure", -1.0),
    }
    return combined(*pressures[name]) if name in pressures else []


def _drift(values: list[float]) -> float:
    """From the mean of the first third to that of the last."""
    third = len(values) // 3
    return abs(sum(values[-third:]) - sum(values[:third])) / third if third else 0.0


def _noisy_peers(evidence: Evidence, name: str) -> int:
    """How many sensors of the same span and resolution have noise, here and at other skids; 0 where some have none either, or
    nobody can be compared: noise may be below the last digit then."""
    here = next((kind for kind in (TEMPERATURES, FLOWS, SPEEDS) if name in kind), ())
    peers = [evidence.series(other) for other in here if other != name]
    peers += [other.series(name) for other in evidence.alike]
    peers = [peer for peer in peers if len(peer) >= LOOKS]
    noisy = sum(_jitters(peer) for peer in peers)
    return noisy if noisy and noisy >= 0.75 * len(peers) else 0


def _still(evidence: Evidence, name: str, values: list[float], others: int) -> Finding:
    facts: Facts = {"value": values[0], "looks": len(values), "others": others}
    seen = f"{name} was {values[0]:g} in all {len(values)} looks, while {others} like it moved by their noise"
    causes = STUCK.because("not one digit moved"), DAMPED.because("noise may be kept from it")
    return found("fail", seen, *causes, evidence=facts)


def _jitters(values: list[float]) -> bool:
    """It turns round often: noise, and no change of what is measured."""
    if len(values) < LOOKS:
        return False
    moves = [later - earlier for earlier, later in pairwise(values) if later != earlier]
    turns = sum(one * two < 0 for one, two in pairwise(moves))
    return turns >= JITTER * (len(values) - 2)
