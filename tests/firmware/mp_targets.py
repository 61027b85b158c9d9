from maps.pump import Local, Mode, Remote
from pump.control import flow_needed_l_min
from pump.targets import Targets


class Holdings:
    """Values by field, as core.bank.Table gives them."""

    def __init__(self, values):
        self.values = values

    def get(self, field, at=0):
        return self.values.get(field)

    setting = get


def remote(heat_kW, mode=Mode.FLOW):
    values = {
        Remote.remote_supply_temperature: 30.0,
        Remote.remote_differential_pressure: 150.0,
        Remote.remote_flow: 400.0,
        Remote.remote_speed: 40.0,
        Remote.remote_mode: mode,
        Remote.remote_heat: heat_kW,
        Local.flow_setpoint: 600.0,
        Local.mode_setpoint: Mode.FLOW,
        Local.supply_temperature_setpoint: 37.0,
    }
    targets = Targets(Holdings(values))
    targets.configured()
    return targets


def test_the_flow_carries_the_heat_that_is_announced():
    assert abs(flow_needed_l_min(668.0, 10.0) - 1000.0) < 1e-3  # 4.008 kJ/(l K)
    mode, values = remote(668.0).of(True, 10.0, 2.5, 10.0)
    assert mode == Mode.FLOW and abs(values[2] - 1000.0) < 1e-3
    assert remote(668.0).of(True, 10.0, 2.5, 20.0)[1][2] == flow_needed_l_min(668.0, 20.0)


def test_and_is_never_below_what_the_host_wants():
    assert remote(100.0).of(True, 10.0, 2.5, 10.0)[1][2] == 400.0


def test_without_heat_without_a_rise_in_another_mode_or_without_a_lease_nothing_is_added():
    assert remote(None).of(True, 10.0, 2.5, 10.0)[1][2] == 400.0
    assert remote(668.0).of(True, 10.0, 2.5, None)[1][2] == 400.0
    assert remote(668.0, Mode.DIFFERENTIAL_PRESSURE).of(True, 10.0, 2.5, 10.0)[1][2] == 400.0
    assert remote(668.0).of(False, 10.0, 2.5, 10.0)[1][2] == 600.0


def test_the_supply_stays_above_the_dew_point():
    assert remote(None).of(True, 29.0, 2.5)[1][0] == 31.5
