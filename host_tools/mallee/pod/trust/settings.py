"""What a controller may say and still be believed, how long it may say otherwise, and how it is believed again."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(ge=0, le=3600)]
Number = Annotated[float, Meta(ge=-100_000, le=100_000)]
Times = Annotated[float, Meta(ge=1, le=1000)]
Scans = Annotated[int, Meta(ge=1, le=1000)]


class QuarantineSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[quarantine]` of a pod file. Limits are far outside of what sensors and equipment can show: a value beyond them was not
    measured. A sensor that is merely wrong is for the controller and for the physics check."""

    enabled: bool = True
    frozen_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0
    """It answers, and its sequence number or its uptime has not moved for so long."""
    updating_s: Annotated[float, Meta(ge=1, le=86_400)] = 600.0
    """The same while it says that it takes new firmware: then nothing has to move."""
    impossible_scans: Scans = 3
    """So many new measurements in a row with a value that cannot be …"""
    impossible_s: Seconds = 2.0
    """… over at least this time. Such a value is never used, not even for one scan."""
    temperature_degC: tuple[Number, Number] = (-40.0, 125.0)
    """Lowest and highest. Transmitters of the skid end at 100 °C (boards/equipment/pump.py), and a coolant loop boils above."""
    pressure_kPa: tuple[Number, Number] = (-110.0, 2500.0)
    """Above ambient: there is no pressure below vacuum, and PN 25 is above every part of a coolant loop."""
    percent: tuple[Number, Number] = (-10.0, 120.0)
    """Levels, humidity, positions and speeds: NAMUR NE 43 has measurements from -1.25 to 103.1 % of a transmitter's span."""
    flow_l_min: Annotated[float, Meta(gt=0, le=100_000)] = 4000.0
    """Of one skid: 5 m/s in DN 125, more than twice what such pipes are laid out for."""
    branch_A: Annotated[float, Meta(gt=0, le=10_000)] = 132.0
    """What a branch's metering chip can show of each phase (docs/pdu.md). Phase currents of a PDU are the sum over eight."""
    main_times: Times = 20.0
    """Phase current over main_A: a breaker of band D opens at once above it (IEC 60898-1), so it lasts for no two scans."""
    voltage_times: Times = 2.0
    """Phase voltage over the nominal one: without a neutral a phase goes up to √3 of it."""
    power_times: Times = 2.0
    """Active power over phase voltages × currents: it is never above them; twice covers windows that are not the same."""
    clock_s: Annotated[float, Meta(ge=2, le=3600)] = 10.0
    """An uptime that is off by more has jumped …"""
    clock_part: Annotated[float, Meta(ge=0, le=0.5)] = 0.02
    """… beyond this part of the time since it was last read: slow clocks drift. Crystals keep 0.0001, resonators 0.005."""
    clock_every_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0
    """The uptime is read so often: one request more; with each scan while something is doubtful."""
    return_after_s: Annotated[float, Meta(ge=1, le=86_400)] = 60.0
    """It is believed again after so long without anything doubtful: by itself after a frozen sequence or a clock that jumped,
    and once somebody has reset the alarm after impossible values."""
    returns_max: Annotated[int, Meta(ge=0, le=1000)] = 3
    """After so many returns by itself within a day it stays in quarantine until somebody resets the alarm."""
