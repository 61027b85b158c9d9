"""Interlocks and alarms of a skid, each brought once. Pure.

Thresholds come from the dictionary. What stands here is what moves together with a setting, because settings must keep their
order, or the controller would do something about the measurement first; and alarms that take more than one setting.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..device.dictionary import Dictionary
from .model import Limit, Step, Write
from .plan_alarms import Beside, FLOWS_s, active, by_hand, normal, provoked, resets
from .thresholds import alarms_by_name, thresholds

_BOTH_STOP = "both pumps stop, latched: the other skid must carry the pod, or the racks be without power"
_LOCKED = tuple(Limit(f"pump_state.{pump}", one_of=("locked",)) for pump in (1, 2))
_RUNS = (Limit("state", one_of=("local",)), Limit("operation", one_of=("run",)))
_FLOWS = Limit("flow", low=100.0, unit="l/min")
_FILTER_kPa = 8.5
"""What a clean filter has at rated flow, from which it is loaded by the settings below."""

BESIDE: dict[str, Beside] = {
    "dry_run": Beside(consequence=_BOTH_STOP, expect=_LOCKED),
    # The limit comes along, as it must not be above the stop. It slows the pumps down: the stop must be passed before that helps.
    "supply_pressure_stop": Beside(
        (Write("supply_pressure_limit", of="supply_pressure", part=0.85),), 0.15, consequence=_BOTH_STOP, expect=_LOCKED
    ),
    # Below the pressure at rest, as the controller would otherwise slow down until the limit is kept.
    "supply_pressure_high": Beside(
        (
            Write("differential_pressure_setpoint", of="return_pressure", part=0.9),
            Write("supply_pressure_limit", of="return_pressure", part=0.9),
        ),
        given=(Limit("return_pressure", low=112.0, unit="kPa"),),
        consequence="both pumps slow down to their minimum for half a minute: the other skid must carry the pod",
        alone=True,
    ),
    # Half of it stays below the pressure there is, or the skid would stop.
    "return_pressure_low": Beside(margin=0.2, consequence="both pumps slow down for some seconds"),
    "return_pressure_stop": Beside(consequence=_BOTH_STOP, expect=_LOCKED),
    # The set-point must not be above the alarm's limit.
    "over_temperature": Beside(
        (Write("supply_temperature_setpoint", of="supply_temperature", part=0.96),),
        0.04,
        consequence="supply temperature falls by up to a kelvin, and comes back within a minute",
    ),
    # No warning can be below 10 %, and a clean filter has less: it is told that a new one has hardly any resistance.
    "filter_loaded": Beside(
        (Write("filter_clean", 1.0), Write("filter_limit", 10.0)),
        given=(Limit("filter_clean", low=_FILTER_kPa, unit="kPa"),),
        first_until=(_FLOWS,),
        expect=(Limit("filter_loading", low=80.0, unit="%"),),
        alone=True,
    ),
}


def skid_alarm_steps(name: str, dictionary: Dictionary) -> Iterator[Step]:
    reached = {}
    for found in thresholds(dictionary):
        beside = BESIDE.get(found.name, Beside())
        yield provoked(name, found, dictionary, beside)
        reached[found.name] = found.reached(dictionary, beside.margin)
    yield _flow(name, dictionary)
    yield _balance(name, dictionary)
    yield from by_hand(name, dictionary, reached)
    if "leak_rope" in dictionary.by_name:
        yield _rope(name, dictionary)


def _flow(name: str, dictionary: Dictionary) -> Step:
    """In flow mode twice the flow there is cannot be had, as the limit of supply pressure is where the pressure is already."""
    entries = [alarms_by_name(dictionary)[alarm][0] for alarm in ("flow_low", "flow_critical")]
    return Step(
        id=f"{name}/alarm/flow",
        device=name,
        kind="move",
        title="flow_low and flow_critical come when the flow is too little, and go again",
        first_until=(_FLOWS, *(normal(entry) for entry in entries)),
        first_s=FLOWS_s,
        do=(
            Write("mode_setpoint", "flow"),
            Write("flow_setpoint", of="flow", part=2.0),
            Write("supply_pressure_limit", of="supply_pressure", part=0.98),
        ),
        expect=(*(active(entry) for entry in entries), Limit("flow")),
        settle_s=max(entry.delay_ms for entry in entries) / 1000 + 40.0,
        back=(*(normal(entry) for entry in entries), *_RUNS),
        back_s=90.0,
        consequence=f"{name} slows down a little for two minutes, and the other skid takes over what it leaves",
        alarms=tuple(entry.name for entry in entries),
    )


def _balance(name: str, dictionary: Dictionary) -> Step:
    """The vessel is told to be half as large: so much of its coolant is gone at once."""
    entry = alarms_by_name(dictionary)["leak_balance"][0]
    return Step(
        id=f"{name}/alarm/leak_balance",
        device=name,
        kind="move",
        title="leak_balance comes when the vessel has lost coolant, and goes again",
        given=(normal(entry), Limit("level", low=20.0, unit="%")),
        do=(Write("vessel_volume", of="vessel_volume", part=0.5),),
        expect=(active(entry), Limit("lost_volume", low=0.5, unit="l")),
        settle_s=10.0,
        back=(normal(entry), *_RUNS),
        back_s=30.0,
        consequence=f"{name} gives the alarm leak_balance; it would stop if its leak rope were wet as well",
        alarms=(entry.name,),
    )


def _rope(name: str, dictionary: Dictionary) -> Step:
    """Both sources of a leak at once; without the balance the rope would be no more than an alarm."""
    rope, balance, stop = (alarms_by_name(dictionary)[alarm][0] for alarm in ("leak_rope", "leak_balance", "leak_stop"))
    return Step(
        id=f"{name}/hand/leak",
        device=name,
        kind="hand",
        title="with the leak rope wet and coolant gone the skid stops, latched, where nobody loses cooling by that",
        given=(normal(rope), Limit("peer_running", one_of=("closed",))),
        do=(Write("vessel_volume", of="vessel_volume", part=0.5),),
        expect=(active(rope), active(balance), active(stop), *_LOCKED),
        settle_s=30.0,
        after=resets(stop),
        back=(normal(rope), normal(stop), *_RUNS),
        back_s=60.0,
        consequence=_BOTH_STOP,
        question=f"Wet the leak rope under {name}, then say yes.",
        undo=f"Dry the leak rope under {name}, then say yes.",
        alarms=(rope.name, stop.name),
    )
