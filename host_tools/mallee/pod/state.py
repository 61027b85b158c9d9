"""From what the controllers said to the state of the pod. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from ..device.dictionary import Dictionary
from ..reading import Quality, Reading, Snapshot
from .config import Controller, Pdu, PodConfig, Skid
from .document import (
    BranchState,
    ControllerState,
    FeedState,
    Finding,
    LeaseView,
    PduState,
    PodTotals,
    SkidState,
    TrustView,
    Value,
    value_of,
)
from .mastership import Mastership

_SKID_POINTS = (
    "supply_temperature",
    "return_temperature",
    "facility_supply_temperature",
    "facility_return_temperature",
    "active_supply_temperature",
    "differential_pressure",
    "active_differential_pressure",
    "supply_pressure",
    "return_pressure",
    "flow",
    "facility_flow",
    "heat",
    "dew_point",
    "level",
    "valve_position",
    "valve_command",
    "mode",
)


class MemberView(msgspec.Struct, frozen=True):
    """What is known of one controller: its last fast block (None before the first), and whether it answers
    now."""

    answering: bool
    snapshot: Snapshot | None = None
    snapshot_age_s: float = 0.0
    """By a clock that no correction of the date moves."""
    dictionary: Dictionary | None = None
    firmware: str | None = None
    silent_s: float | None = None
    reason: str = ""
    not_asked: bool = False
    """Another master talks on its line, or may."""
    lease_ours: bool = False
    lease_note: str = ""
    trust: TrustView = TrustView()


class _Values:
    """The last snapshot's values at a later moment: they age, and then they are stale."""

    def __init__(self, view: MemberView, stale_after_s: float) -> None:
        self._readings: dict[str, Reading] = {}
        if view.snapshot is not None:
            # Not the date of now: a computer's clock that is set back would make old values new.
            now = view.snapshot.when + timedelta(seconds=view.snapshot_age_s)
            disbelieved = view.snapshot.keys() if view.trust.quarantined else view.trust.doubted
            self._readings = {name: r.aged(now, stale_after_s) for name, r in view.snapshot.items()}
            self._readings |= {
                name: _disbelieved(self._readings[name]) for name in disbelieved if name in self._readings
            }

    def value(self, name: str) -> Value:
        return value_of(self._readings.get(name))

    def named(self, names: Sequence[str]) -> dict[str, Any]:
        return {name: self.value(name) for name in names}

    def array(self, name: str) -> tuple[Value, ...]:
        """`name.1`, `name.2`, … as far as they exist."""
        found: list[Value] = []
        while f"{name}.{len(found) + 1}" in self._readings:
            found.append(self.value(f"{name}.{len(found) + 1}"))
        return tuple(found)

    def flag(self, name: str, flag: str) -> bool | None:
        value = self.value(name)
        if value.quality is not Quality.GOOD or not isinstance(value.value, list):
            return None
        return flag in value.value


def _disbelieved(reading: Reading) -> Reading:
    return Reading(reading.name, None, reading.unit, reading.time, reading.age_s, Quality.QUARANTINED)


def stale_after_s(config: PodConfig) -> float:
    """A value that missed three scans is stale."""
    return max(3.0 * config.control.scan_s, 2.0)


def lease_view(view: MemberView) -> LeaseView:
    """The lease as the last fast block had it, and whether it is ours since."""
    snapshot = view.snapshot
    if snapshot is None:
        return LeaseView(note=view.lease_note)
    state, holder, epoch = (snapshot.value(f"lease_{part}") for part in ("state", "holder", "epoch"))
    remaining_s = snapshot.number("lease_remaining")
    lapsed = view.silent_s is not None and view.silent_s >= (remaining_s or 0.0)
    return LeaseView(
        state=state if isinstance(state, str) else None,
        holder=holder if isinstance(holder, int) else None,
        epoch=epoch if isinstance(epoch, int) else None,
        remaining_s=remaining_s,
        ours=view.lease_ours and not lapsed,
        note=view.lease_note,
    )


def skid_state(skid: Skid, view: MemberView, stale_s: float) -> SkidState:
    values = _Values(view, stale_s)
    return SkidState(
        **_common(skid, view, values),
        **values.named(_SKID_POINTS),
        pump_speed=values.array("pump_speed"),
        pump_command=values.array("pump_command"),
        pump_state=values.array("pump_state"),
    )


def pdu_state(pdu: Pdu, view: MemberView, stale_s: float) -> PduState:
    values = _Values(view, stale_s)
    branches = tuple(
        BranchState(
            number=number,
            rack=rack,
            power=values.value(f"branch.{number}.power"),
            current=values.value(f"branch.{number}.current"),
            thermal=values.value(f"branch.{number}.thermal"),
            closed=values.flag("closed", f"branch_{number}"),
            tripped=values.flag("tripped", f"branch_{number}"),
        )
        for number, rack in enumerate(pdu.racks, 1)
    )
    return PduState(
        **_common(pdu, view, values),
        feed=pdu.feed,
        main_A=pdu.main_A,
        **values.named(("power", "energy", "unbalance", "frequency")),
        phase_current=values.array("phase_current"),
        phase_voltage=values.array("phase_voltage"),
        branches=branches,
    )


def _common(controller: Controller, view: MemberView, values: _Values) -> dict[str, Any]:
    return {
        "name": controller.name,
        "address": controller.address,
        "unit": controller.unit,
        "answering": view.answering,
        "silent_s": view.silent_s,
        "reason": view.reason,
        "not_asked": view.not_asked,
        "profile": None if view.dictionary is None else view.dictionary.profile,
        "firmware": view.firmware,
        "state": values.value("state"),
        "lease": lease_view(view),
        "trust": view.trust,
    }


def totals(skids: Sequence[SkidState], feeds: Sequence[FeedState]) -> PodTotals:
    """Sums of the pod; None as long as a part is not known."""
    return PodTotals(
        power_kW=_sum([feed.power_kW for feed in feeds]),
        energy_kWh=_sum([feed.energy_kWh for feed in feeds]),
        heat_kW=_sum([skid.heat.number for skid in skids]),
        flow_l_min=_sum([skid.flow.number for skid in skids]),
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def skid_states(config: PodConfig, views: Mapping[str, MemberView]) -> tuple[SkidState, ...]:
    return tuple(skid_state(skid, views[skid.name], stale_after_s(config)) for skid in config.skids)


def pdu_states(config: PodConfig, views: Mapping[str, MemberView]) -> tuple[PduState, ...]:
    return tuple(pdu_state(pdu, views[pdu.name], stale_after_s(config)) for pdu in config.pdus)


def device_states(config: PodConfig, views: Mapping[str, MemberView]) -> tuple[ControllerState, ...]:
    """Devices that are not ours: whether they answer. Nothing in the pod depends on them."""
    empty = MemberView(answering=False)
    return tuple(
        ControllerState(**_common(device, views[device.name], _Values(empty, 0.0))) for device in config.devices
    )


def lease_findings(mastership: Mastership, controllers: Sequence[ControllerState]) -> tuple[Finding, ...]:
    """Another host that controls the pod, or single controllers whose set-points somebody else sets."""
    if mastership.role == "standby":
        what = f"this host only listens: {mastership.why}; it takes over when that one falls silent"
        return (Finding(level="warning", where="pod", what=what),)
    return tuple(
        Finding(level="warning", where=c.name, what=f"not ours to control: {c.lease.note}")
        for c in controllers
        if c.answering and not c.quarantined and not c.lease.ours and c.lease.note
    )
