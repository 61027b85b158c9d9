"""Alarms that settings cannot bring: what a person does for them, or why they are not tried. The one place for that.

Every alarm of the maps is brought by settings (`thresholds.py`, `plan_skid_alarms.py`, `plan_pdu_alarms.py`), or stands here; a
test holds it, and docs/commission.md is rendered from it.
"""

from __future__ import annotations

import msgspec

_WIRE = "Take off one wire of {}"
_PUT_ON = "Put the wire on again"


class Hand(msgspec.Struct, frozen=True):
    """`do` and `undo` for each alarm of that name in order; where there are fewer, the others are of the same kind, and only
    these are tried."""

    do: tuple[str, ...]
    undo: str = _PUT_ON
    settle_s: float = 30.0
    consequence: str = ""
    keep: tuple[str, ...] = ()
    """Points that change by it, and are put back."""


_AT_TRANSMITTER = "Put a current source in place of the transmitter of {}, at {}"

BY_HAND: dict[str, Hand] = {
    # Skid. The first three are also brought by settings, where the limits of the registers reach what is measured.
    "dry_run": Hand(
        (_AT_TRANSMITTER.format("the level", "4.2 mA: 1 %"),),
        "Put the transmitter back",
        consequence="both pumps stop, latched: the other skid must carry the pod, or the racks be without power",
    ),
    "return_pressure_stop": Hand(
        (_AT_TRANSMITTER.format("the return pressure", "4.1 mA"),),
        "Put the transmitter back",
        consequence="both pumps slow down, and stop after 10 s, latched: the other skid must carry the pod",
    ),
    "filter_blocked": Hand(
        (_AT_TRANSMITTER.format("the filter's differential pressure", "18 mA"),), "Put the transmitter back", 40.0
    ),
    "valve_deviation": Hand(
        (
            "Take the actuator's supply away while it moves, or hold its linkage: its feedback must stay more than 10 % off",
        ),
        "Give the actuator its supply again, and wait until it stands still",
        180.0,
        "supply temperature is not controlled for some three minutes",
    ),
    "pump_no_effect": Hand(
        tuple(f"Switch off the drive of pump {pump} at its own switch" for pump in (1, 2)),
        "Switch the drive on again",
        consequence="the pump stops, and the other one takes over within seconds",
    ),
    "supply_sensor_fault": Hand(tuple(_WIRE.format(f"supply temperature sensor {number}") for number in (1, 2, 3))),
    "supply_temperature_lost": Hand(
        ("Take off one wire of each of the three supply temperature sensors",),
        "Put the wires on again",
        consequence="the valve follows return and facility temperature meanwhile",
    ),
    "differential_pressure_lost": Hand(
        (_WIRE.format("the differential pressure transmitter"),),
        consequence="the loop follows supply minus return pressure meanwhile",
    ),
    "humidity_lost": Hand((_WIRE.format("the humidity sensor"),), settle_s=90.0),
    "sensor_fault": Hand((_WIRE.format("the facility supply temperature sensor"),)),
    "interlock_sensor_lost": Hand(
        tuple(_WIRE.format(f"the transmitter of {what}") for what in ("level", "supply pressure", "return pressure")),
        consequence="that interlock is without effect meanwhile",
    ),
    "speed_feedback_fault": Hand(tuple(_WIRE.format(f"the speed feedback of pump {pump}") for pump in (1, 2))),
    "level_low": Hand(
        ("Open the level switch: lift its float, or take off a wire. Skip it where the tank has none",),
        "Close it again",
    ),
    "leak_rope_fault": Hand(tuple(f"Take off one wire of leak rope {rope}" for rope in (1, 2))),
    # PDU.
    "contactor_disagrees": Hand(("Take off the wire of the feedback contact of branch 1",)),
    "leak": Hand(
        tuple(f"Wet leak rope {rope}" for rope in (1, 2)),
        "Dry the leak rope",
        consequence="the branches of that rack open, and are closed again afterwards",
        keep=tuple(f"branch_switch.{branch}" for branch in range(1, 9)),
    ),
    "ground_fault": Hand(("Press the test button of the ground-fault relay, or take off its wire",), "Reset the relay"),
    "power_fail": Hand(
        ("Take the input of the controller's own supply away; its buffer must carry it meanwhile",),
        "Give the supply its input again",
        consequence="if the buffer ends, the controller stops, and only the breakers protect the branches",
    ),
}

NOT_TRIED: dict[str, str] = {
    "loop_overrun": "needs a controller that is too busy; the doctor's step reads its counters instead",
    "settings_lost": "needs both copies of the settings in flash damaged",
    "restarted": "needs a firmware that hangs or fails",
    "update_failed": "needs new firmware that fails on trial: `mallee update` tells when one does",
    "fallback": "needs an application that fails three times in a row",
    "tick_stopped": "needs a stopped hard tick: nothing would be protected meanwhile",
    "heat_implausible": "takes sensors that contradict each other for 5 minutes; each sensor is read by a step of its own",
    "flow_implausible": "takes a flow meter that contradicts the pumps for 5 minutes; the flow is read by a step of its own",
    "metering_fault": "a chip cannot be taken off a board that runs; expected-chips holds that each of them answers",
    "fast_channel_fault": "as metering_fault; and nothing would be protected meanwhile",
    "phase_loss": "a phase of the feed would have to be opened under load; that each phase is measured is tried by undervoltage",
    "contactor_welded": "needs a welded pole under current; each branch's step holds that no current flows once it is open",
}
