"""Between the pod's state and the cooling supervisor: its settings, its inputs, and what becomes of its set-points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from ..reading import Scalar
from .config import ControlSection
from .cooling.settings import CoolingSettings
from .cooling.supervisor import CoolingInput, RackHeat, SkidInput
from .document import RackState, SkidSetPoints, SkidState
from .member import Member
from .reasons import Outcome, Reason

_MODE = Reason(of="mode", value="differential_pressure", unit="", rule="this host always holds pressure: flow follows")


def settings_of(control: ControlSection) -> CoolingSettings:
    """Those that a pod file may set; the others have their defaults."""
    return CoolingSettings(
        supply_temperature_degC=control.supply_temperature_degC,
        differential_pressure_kPa=control.differential_pressure_kPa,
        dew_point_margin_K=control.dew_point_margin_K,
        feed_forward=control.feed_forward,
        heat_lag_s=control.heat_lag_s,
        pressure_reset=control.pressure_reset,
        least_pressure=control.least_pressure,
        facility_approach_K=control.facility_approach_K,
        staging=control.staging,
    )


def cooling_input(
    skids: Sequence[SkidState], racks: Sequence[RackState], members: Mapping[str, Member]
) -> CoolingInput:
    """What cooling control needs of the state: the skids, and the heat of the racks."""
    return CoolingInput(
        skids=tuple(
            SkidInput(
                name=skid.name,
                # In quarantine it goes on alone: a controller does not stop its pumps for want of a host.
                running=skid.quarantined or any(pump.value == "running" for pump in skid.pump_state),
                answering=skid.answering and not skid.quarantined,
                differential_pressure_kPa=skid.differential_pressure.number,
                dew_point_degC=skid.dew_point.number,
                facility_supply_degC=skid.facility_supply_temperature.number,
                standing_by=members[skid.name].remote.get("remote_operation") == "standby",
                run_h=members[skid.name].run_h,
            )
            for skid in skids
        ),
        racks=tuple(RackHeat(r.name, r.estimate_kW, r.rated_kW, r.liquid_kW) for r in racks),
    )


def remote_values(wanted: SkidSetPoints | None) -> dict[str, Scalar]:
    """The names of the remote block for what the pod wants; a controller's block takes those that it has."""
    if wanted is None:
        return {}
    return {
        "remote_mode": "differential_pressure",
        "remote_supply_temperature": wanted.supply_temperature_degC,
        "remote_differential_pressure": wanted.differential_pressure_kPa,
        "remote_heat": wanted.heat_kW,
        "remote_operation": wanted.operation,
    }


def reasons(
    decided: Sequence[Reason], wanted: Mapping[str, SkidSetPoints], members: Mapping[str, Member], *, advise: bool
) -> tuple[Reason, ...]:
    """Of each set-point of each skid, by the name of its register: what the supervisor decided for all, and what came of it."""
    found: list[Reason] = []
    for name, set_points in wanted.items():
        values = remote_values(set_points)
        for reason in (*decided, _MODE):
            point = f"remote_{reason.of}"
            value = values[point]
            assert value is None or isinstance(value, float | int | str)
            outcome, detail = ("advised", "") if advise else _outcome(members[name], point, value)
            if value is None and reason.value is not None:
                reason = replace(reason, rule="it does not run: it carries no heat")
            found.append(replace(reason, of=f"{name}.{point}", value=value, outcome=outcome, detail=detail))
    return tuple(found)


def _outcome(member: Member, point: str, value: float | str | None) -> tuple[Outcome, str]:
    if not member.answering:
        return "failed", member.reason
    if not member.lease.held:
        return "failed", member.lease.note or "the lease is not held yet"
    if point not in member.remote:
        return "failed", "its firmware has no such set-point"
    stands = member.remote[point]
    if isinstance(value, float | int) and isinstance(stands, float | int) and stands != value:
        return "limited", f"{stands:g} is what its register allows"
    return "written", ""
