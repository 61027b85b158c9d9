"""Between the pod's state and the cooling supervisor: its settings, its inputs, and what becomes of its set-points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..reading import Scalar
from .config import ControlSection
from .cooling.settings import CoolingSettings
from .cooling.supervisor import CoolingInput, RackHeat, SkidInput
from .document import RackState, SkidSetPoints, SkidState
from .member import Member


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
