"""Where set-points come from: the host's while it has the lease, else the local ones, which are read when they change."""

from core.starting import at_start
from maps.pump import Local, Mode, Remote

from pump.control import flow_needed_l_min, guarded

# In the order of control.Setpoints, then the mode.
_REMOTE = (
    Remote.remote_supply_temperature,
    Remote.remote_differential_pressure,
    Remote.remote_flow,
    Remote.remote_speed,
    Remote.remote_mode,
)
_LOCAL = (
    Local.supply_temperature_setpoint,
    Local.differential_pressure_setpoint,
    Local.flow_setpoint,
    Local.speed_setpoint,
    Local.mode_setpoint,
)


class Targets:
    @at_start
    def __init__(self, holdings):
        self._holdings = holdings
        self._local = []

    def configured(self):
        """The local ones were written."""
        self._local = self._read(_LOCAL)

    def of(self, remote, dew_point_degC, margin_K, rise_K=None):
        """Mode, and the four set-points with the dew-point guard. `rise_K`: of the coolant, where the flow follows the heat that
        the host announces."""
        values = self._read(_REMOTE) if remote else self._local
        targets = values[:4]
        if remote and rise_K is not None and values[4] == Mode.FLOW:
            coming_kW = self._holdings.get(Remote.remote_heat)
            if coming_kW is not None:
                targets[2] = max(targets[2], flow_needed_l_min(coming_kW, rise_K))
        targets[0] = guarded(targets[0], dew_point_degC, margin_K)
        return values[4], targets

    def _read(self, fields):
        setting = self._holdings.setting
        return [setting(field) for field in fields]
