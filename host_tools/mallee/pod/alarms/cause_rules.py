"""Which alarms follow from which: data for `suppression`. A row says what a cause explains, where, and why.

An alarm is never hidden under one of lower priority, unless `blind` says that nothing of it can be known anyway. Alarms that call
for an act of their own stay: trips, ground faults, a welded contactor, the warning that a branch is about to trip.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Where = Literal["device", "number", "inside", "loop", "racks", "pod"]
"""Where the consequences are: at the same device; there with the same number (branch, pump, phase); at what is inside of the
place of the cause; at the other skids of the same loop; at other units of the same racks, with the same number; anywhere."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """`cause` and `explains` are names without numbers; "*" is every alarm, "=" the same as the cause."""

    cause: str
    explains: tuple[str, ...]
    where: Where
    why: str
    lead_s: float = 0.0
    """A consequence may be seen before its cause: so long it is held back."""
    linger_s: float = 10.0
    """A consequence may outlast its cause: so long it is not told after it."""
    within_s: float | None = None
    """Of independent parts: only what came together has one cause."""
    blind: bool = False


_SILENCE = ("line_silent", "gateway_silent", "feed_silent", "no_answer")
_DEAD = ("undervoltage", "phase_loss", "power_fail", "contactor_disagrees", "metering_fault")
_HYDRAULIC = ("flow_low", "flow_critical", "pump_no_effect")

RULES: tuple[Rule, ...] = (
    *(
        Rule(cause=place, explains=(*_SILENCE, "lease_lost", "leases_lost"), where="inside", blind=True,
             why="What all share is broken, not each of them; their leases lapse meanwhile.")
        for place in ("pod_silent", "gateway_silent", "line_silent", "feed_silent")
    ),
    Rule(cause="no_answer", explains=("*",), where="device", blind=True, linger_s=0.0,
         why="What a silent controller said last is not known to be true."),
    Rule(cause="controller_quarantined", explains=("*",), where="device",
         why="What it says is not believed, and it loses its lease. What is more urgent is told all the same: it may be true."),
    Rule(cause="no_answer", explains=("lease_lost",), where="device", why="It lost its lease by the silence."),
    Rule(cause="leases_lost", explains=("lease_lost",), where="pod", lead_s=0.9,
         why="One host was away from all of them."),
    Rule(cause="feed_lost", explains=("supply_lost", "no_answer", "feed_undervoltage", "feed_phase_lost", *_DEAD),
         where="inside", lead_s=0.9, linger_s=30.0,
         why="Without the feed no phase has voltage, contactors drop out, and supplies run on their buffers."),
    Rule(cause="feed_lost", explains=("feed_undervoltage", "feed_phase_lost", "feed_silent"), where="device", linger_s=30.0,
         why="Less of the same."),
    Rule(cause="supply_lost", explains=_DEAD, where="device", linger_s=30.0,
         why="Behind an open breaker no phase has voltage, and contactors drop out."),
    Rule(cause="feed_phase_lost", explains=("phase_loss", "undervoltage"), where="inside",
         why="The conductor is open upstream of all units."),
    Rule(cause="feed_phase_lost", explains=("feed_undervoltage",), where="device", why="A lost phase is low."),
    Rule(cause="feed_undervoltage", explains=("undervoltage",), where="inside", why="The supply upstream is low."),
    Rule(cause="feed_undervoltage", explains=("=",), where="device", why="Phases of one supply fall together."),
    Rule(cause="feed_overvoltage", explains=("overvoltage",), where="inside", why="The supply upstream is high."),
    Rule(cause="feed_overvoltage", explains=("=",), where="device", why="Phases of one supply rise together."),
    Rule(cause="phase_loss", explains=("undervoltage",), where="device",
         why="The lost phase is low, and the others sag under its load."),
    *(
        Rule(cause=each, explains=("=",), where="device", within_s=within_s, why=why)
        for each, within_s, why in (
            ("undervoltage", None, "Phases of one supply fall together."),
            ("overvoltage", None, "Phases of one supply rise together."),
            ("metering_fault", 5.0, "The chips share one bus and one supply."),
        )
    ),
    Rule(cause="feed_overload", explains=("main_overload",), where="inside", why="The feed is full before its units are."),
    Rule(cause="main_overload", explains=("overload_warning",), where="device", why="The load of the whole unit is too high."),
    Rule(cause="instantaneous_trip", explains=("overload_trip", "trip_ahead", "overload_warning"), where="number",
         linger_s=60.0, why="The thermal image of a branch that tripped is still warm."),
    Rule(cause="overload_trip", explains=("trip_ahead", "overload_warning"), where="number", linger_s=60.0,
         why="What was announced has happened."),
    Rule(cause="trip_ahead", explains=("overload_warning",), where="number", linger_s=30.0,
         why="The same overload, told more urgently."),
    Rule(cause="contactor_welded", explains=("contactor_disagrees",), where="number", why="The welded poles say so too."),
    Rule(cause="leak", explains=("=",), where="racks", linger_s=60.0,
         why="Each rack's rope is read by a unit on each feed: one leak, told twice."),
    Rule(cause="leak", explains=("leak_balance",), where="pod", why="The vessels lose what the rack spills."),
    Rule(cause="leak_stop", explains=("leak_rope", "leak_balance", *_HYDRAULIC), where="device",
         why="Both witnesses are why the skid stopped, and a stopped skid gives no flow."),
    Rule(cause="leak_stop", explains=("leak_balance",), where="loop", why="Skids on one vessel lose the same coolant."),
    Rule(cause="leak_rope", explains=("leak_balance",), where="device", why="The second witness of the same leak."),
    Rule(cause="leak_rope", explains=("leak_balance",), where="loop", why="Skids on one vessel lose the same coolant."),
    *(
        Rule(cause=each, explains=("=",), where="loop", why=why)
        for each, why in (
            ("leak_balance", "Skids on one vessel lose the same coolant."),
            ("dry_run", "Skids on one vessel run dry together."),
            ("level_low", "Skids on one vessel see the same level."),
            ("return_pressure_low", "Skids on one vessel see the same pressure."),
            ("return_pressure_stop", "Skids on one vessel see the same pressure."),
            ("supply_pressure_high", "Skids on one manifold see the same pressure."),
            ("over_temperature", "Skids on one facility loop get the same water, and mix into one manifold."),
            ("flow_low", "Skids on one manifold hold the same differential pressure."),
            ("flow_critical", "Skids on one manifold hold the same differential pressure."),
        )
    ),
    *(
        Rule(cause=each, explains=("return_pressure_low", "return_pressure_stop", "level_low", *_HYDRAULIC), where=where,
             why="Pumps that were stopped before they ran dry give no flow; what stopped them is the news.")
        for each in ("dry_run", "return_pressure_stop")
        for where in ("device", "loop")
    ),
    Rule(cause="return_pressure_low", explains=_HYDRAULIC, where="device", why="Pumps slow down so as not to cavitate."),
    Rule(cause="supply_pressure_stop", explains=("supply_pressure_high", *_HYDRAULIC), where="device",
         why="The skid stopped because of it."),
    Rule(cause="supply_pressure_high", explains=("flow_low",), where="device", why="Pump speed is limited."),
    *(
        Rule(cause="pump_no_effect", explains=("flow_low", "flow_critical"), where=where,
             why="The pump that does nothing is why there is too little.")
        for where in ("device", "loop")
    ),
    Rule(cause="pump_no_effect", explains=("pump_worn", "speed_feedback_fault"), where="number",
         why="A pump that stands is neither worn nor badly measured."),
    Rule(cause="filter_blocked", explains=("filter_loaded",), where="device", why="It was announced."),
    Rule(cause="supply_temperature_lost", explains=("supply_sensor_fault",), where="device", why="All of them are lost."),
    Rule(cause="differential_pressure_lost", explains=("flow_low", "flow_implausible"), where="device",
         why="They are judged by the sensor that is lost."),
    Rule(cause="valve_deviation", explains=("heat_implausible",), where="device", why="The valve is not where it seems."),
)  # fmt: skip


def lead_s(name: str) -> float:
    """How long an alarm (its name without the number) is held back for its cause to be seen."""
    return max((rule.lead_s for rule in RULES if name in rule.explains), default=0.0)
