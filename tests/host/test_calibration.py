"""The arithmetic of a calibration against a front end written down here by itself, and what it refuses."""

from math import acos, cos, pi

import pytest
from mallee.device.calibration import Corrections, Load, Shown, check_reference, corrected
from mallee.errors import ExitCode, MalleeError

LOADS = {Load.NO_LOAD: (0.0, 1.0), Load.NOMINAL: (40.0, 1.0), Load.HALF: (20.0, 0.5)}
VOLTS = 230.0


def front_end(volts: float, amps: float, factor: float, leading: bool, settings: Corrections) -> Shown:
    """A divider 2 % high, a transformer 5 % low that lets 20 mA and 1.5 W through and is 40 us late."""
    late = 2 * pi * 50 * (40 + settings.current_delay) * 1e-6
    angle = acos(factor) * (-1 if leading else 1) + late
    v, i = volts * 1.02, amps * 0.95 + 0.02
    p = volts * 1.02 * amps * 0.95 * cos(angle) + 1.5
    return Shown(
        v * settings.voltage_gain,
        i * settings.current_gain + settings.current_offset,
        p * settings.voltage_gain * settings.current_gain + settings.power_offset,
    )


def points(settings: Corrections, leading: bool = False, loads=tuple(Load)):
    shown = {load: front_end(VOLTS, *LOADS[load], leading, settings) for load in loads}
    told = {load: Shown(VOLTS, LOADS[load][0], VOLTS * LOADS[load][0] * LOADS[load][1]) for load in loads}
    return shown, told


def calibrated(settings: Corrections, **options) -> Corrections:
    leading = options.get("leading", False)
    return corrected(settings, *points(settings, **options), frequency_Hz=50.0, leading=leading)


@pytest.mark.parametrize("leading", [False, True])
@pytest.mark.parametrize("before", [Corrections(), Corrections(1.05, 0.9, 0.01, -3.0, 25.0)], ids=["new", "again"])
def test_every_load_is_right_afterwards(before, leading):
    found = calibrated(before, leading=leading)
    assert found.current_delay == pytest.approx(-40.0, abs=1.0)
    for amps, factor in ((40.0, 1.0), (20.0, 0.5), (5.0, 0.8), (63.0, 0.95)):
        seen = front_end(VOLTS, amps, factor, leading, found)
        assert seen.voltage_V == pytest.approx(VOLTS, rel=1e-4)
        assert seen.current_A == pytest.approx(amps, rel=1e-4)
        assert seen.power_W == pytest.approx(VOLTS * amps * factor, rel=5e-4)


def test_one_point_at_a_time_comes_to_the_same():
    settings = Corrections()
    for load in Load:
        settings = calibrated(settings, loads=(load,))
    whole = calibrated(Corrections())
    assert settings.current_gain == pytest.approx(whole.current_gain, rel=1e-6)
    assert settings.power_offset == pytest.approx(whole.power_offset, rel=1e-6)
    assert settings.current_delay == pytest.approx(whole.current_delay, abs=0.01)


def refused(shown, told, **options) -> MalleeError:
    with pytest.raises(MalleeError) as error:
        corrected(Corrections(), shown, told, frequency_Hz=50.0, **options)
    assert error.value.code == ExitCode.REFUSED and error.value.likely and error.value.next
    return error.value


def test_what_is_no_calibration_is_refused():
    shown, told = points(Corrections())
    assert "0.52 A flow" in refused({Load.NO_LOAD: Shown(VOLTS, 0.52, 0.0)}, {}).what
    assert "without load" in refused({Load.NO_LOAD: Shown(VOLTS, 0.1, 0.0)}, {}).what
    far = {Load.NOMINAL: Shown(VOLTS, 60.0, VOLTS * 60.0)}
    assert "another transformer" in refused({Load.NOMINAL: shown[Load.NOMINAL]}, far).likely
    assert "half load" in refused({Load.HALF: shown[Load.HALF]}, {Load.HALF: told[Load.HALF]}).what, "gains come first"
    crossed = {**shown, Load.HALF: Shown(shown[Load.HALF].voltage_V, shown[Load.HALF].current_A, 4000.0)}
    assert "degrees off" in refused(crossed, told).what
    impossible = {**shown, Load.HALF: Shown(shown[Load.HALF].voltage_V, shown[Load.HALF].current_A, 9000.0)}
    assert "VA" in refused(impossible, told).what


@pytest.mark.parametrize(
    ("reference", "load", "what"),
    [
        (Shown(0.0, 40.0, 9200.0), Load.NOMINAL, "reference voltage is 0"),
        (Shown(VOLTS, 40.0, 0.0), Load.NOMINAL, "reference power is 0"),
        (Shown(VOLTS, float("nan"), 9200.0), Load.NOMINAL, "reference current is nan"),
        (Shown(VOLTS, 20.0, 2300.0), Load.NOMINAL, "power factor is 0.50"),
        (Shown(VOLTS, 40.0, 9200.0), Load.HALF, "power factor is 1.00"),
    ],
)
def test_a_reference_that_cannot_be_is_refused(reference, load, what):
    with pytest.raises(MalleeError, match=what):
        check_reference(reference, load, "phase 1")
