"""The speed input of a drive: plain PWM, and 0-10 V with a live zero."""

import sys


class Module:
    pass


class Pwm:
    made = []

    def __init__(self, pin, freq, duty_u16):
        self.duties = [duty_u16]
        Pwm.made.append(self)

    def duty_u16(self, duty):
        self.duties.append(duty)


machine = Module()
machine.PWM, machine.Pin = Pwm, lambda number: number
sys.modules["machine"] = machine

from drivers.pump_drive import PumpDrive  # noqa: E402


def test_plain_pwm():
    drive = PumpDrive(8, 1000, (0.0, 1.0), 40.0)
    assert Pwm.made[-1].duties == [26214], "there is no moment at another speed"
    drive.drive(100.0)
    drive.drive(130.0)
    drive.drive(-3.0)
    drive.stop(0)
    assert Pwm.made[-1].duties[1:] == [65535, 65535, 0, 0]


def test_a_live_zero_is_above_nothing_and_nothing_is_stop():
    drive = PumpDrive(8, 1000, (0.2, 0.9), 0.0)
    for percent, part in ((0, 0.0), (0.001, 0.2), (50, 0.55), (100, 0.9)):
        assert abs(drive.duty(percent) / 65535 - part) < 1e-4


def test_a_valve_that_shall_be_closed_is_told_so():
    drive = PumpDrive(8, 1000, (0.1, 0.9), 0.0, valve=True)
    for percent, part in ((-3, 0.1), (0, 0.1), (50, 0.5), (100, 0.9)):
        assert abs(drive.duty(percent) / 65535 - part) < 1e-4
