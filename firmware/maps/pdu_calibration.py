"""Calibration of the PDU's meters: what corrects each phase of each branch, and a close look at one branch."""

from maps.fields import Holding, Input, flags, s16, s32, u16, u32
from maps.pdu import BranchBit


class Calibration(Holding):
    """Corrections of transformers, dividers and chip; in flash with the other settings. `mallee calibrate` finds them."""

    ARRAY = "branch"
    START = 300
    COUNT = 8
    STRIDE = 15
    voltage_gain = u16(0, -4, "1", low=0.5, high=1.9999, default=1, count=3)
    """Factor of the voltage, phases 1-3; it goes into the power too."""
    current_gain = u16(3, -4, "1", low=0.5, high=1.9999, default=1, count=3)
    """Factor of the current, phases 1-3; it goes into the power too."""
    current_offset = s16(6, -4, "A", low=-0.0639, high=0.0639, default=0, count=3)
    """Added to the current behind its gain, phases 1-3."""
    power_offset = s16(9, -2, "W", low=-10.48, high=10.48, default=0, count=3)
    """Added to the active power, phases 1-3."""
    current_delay = s16(12, -1, "us", low=-499.5, high=499.5, default=0, count=3)
    """Delays the current by this, phases 1-3, against a transformer that leads; below 0 it delays the voltage. 10 us are
    0.18 degrees at 50 Hz."""


class CloseLookAt(Holding):
    """Which branch is looked at."""

    close_branch = u16(30, low=0, high=8, default=0)
    """Number of the branch that the registers of the close look show; 0: none. It is not stored."""


class CloseLook(Input):
    """One branch at the full resolution of its metering chip, three times a second. For calibration and for tests."""

    close_shown = u16(560)
    """Number of the branch shown; not available while there is none, or while its meter has no good values."""
    close_sequence = u16(561)
    """Counts the times that all three phases were renewed."""
    close_voltage = u32(562, -3, "V", count=3)
    """Phases 1-3 to neutral."""
    close_current = u32(568, -4, "A", count=3)
    """Phases 1-3."""
    close_power = s32(574, -2, "W", count=3)
    """Active power, phases 1-3."""
    calibration_pending = flags(580, BranchBit)
    """Branches whose metering chip has yet to take its calibration and to read it back."""
