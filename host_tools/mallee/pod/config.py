"""The pod file: what belongs to the pod, where its controllers answer, what it shall hold. Plain structures.

Limits stand with their settings as (lowest, highest); `mallee.pod.loader` checks them and names the line.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from .parameters import PlantParameters
from .power.settings import PowerSection
from .topology.settings import PhysicsSection
from .trust.settings import QuarantineSection

Ampere = Annotated[float, Meta(ge=1, le=10_000)]
Kilowatt = Annotated[float, Meta(gt=0, le=5_000)]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]*$", max_length=32)]


class PodSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: Name
    host_id: Annotated[int, Meta(ge=1, le=65534)] = 1
    """Number of the host in the lease; two hosts of one pod need different ones."""


class ControlSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    scan_s: Annotated[float, Meta(ge=0.1, le=60)] = 1.0
    """Every controller is read, and every lease renewed, this often."""
    lease_s: Annotated[int, Meta(ge=1, le=3600)] = 4
    """A controller that hears nothing for this long goes on alone, and another host may take it (docs/hosts.md)."""
    share_lines: bool = True
    """On a serial line nothing is sent while another master talks, nor before that was listened for (2.5 scans)."""
    supply_temperature_degC: Annotated[float, Meta(ge=15, le=45)] = 37.0
    differential_pressure_kPa: Annotated[float, Meta(ge=20, le=350)] = 200.0
    dew_point_margin_K: Annotated[float, Meta(ge=0, le=10)] = 2.5
    feed_forward: bool = True
    """Tell each skid the heat that is on its way, from the power the racks draw."""
    heat_lag_s: Annotated[float, Meta(ge=0, le=120)] = 8.0
    """Heat comes from the racks to the skids with devices and pipes between; their valves need part of that time."""
    pressure_reset: bool = True
    """Less differential pressure while the racks draw less than their ratings: flow follows the most loaded one."""
    least_pressure: Annotated[float, Meta(ge=0.1, le=1)] = 0.5
    """Part of differential_pressure_kPa that is never reset below."""
    facility_approach_K: Annotated[float, Meta(ge=0, le=20)] = 3.0
    """The supply set-point stays so much above the warmest facility water: below that valves open for nothing."""
    staging: bool = True
    """One of several skids stands by while the load is below 40 % for a while."""


class HistorySection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`mallee run` records where there is this table (docs/history.md)."""

    path: Annotated[str, Meta(min_length=1)] = "history.db"
    """From the folder of the pod file."""
    raw_days: Annotated[float, Meta(ge=0.05, le=3650)] = 14.0
    """Every scan is kept so long …"""
    minute_days: Annotated[float, Meta(ge=0.05, le=3650)] = 180.0
    """… lowest, mean and highest of each minute so long …"""
    max_age_days: Annotated[float, Meta(ge=0.05, le=36500)] = 1825.0
    """… and of each hour so long."""
    max_size_MB: Annotated[int, Meta(ge=64, le=10_000_000)] = 4096
    """Of the file and its log. When it is reached before that, each is kept for a shorter time, in proportion."""


class UpdateSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Firmware over the bus."""

    keys: str = ""
    """File of the device keys, from the folder of the pod file (docs/update.md). "": images are not signed."""


class Feed(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: Name
    main_A: Ampere
    voltage_V: Annotated[float, Meta(ge=100, le=1000)] = 415.0
    """Line to line."""
    policy: Literal["shed", "reserve"] = "shed"
    """When another feed is lost: act within the time that this one's main carries the load (`shed`), or keep the racks so low
    that it always can (`reserve`, N-1)."""


class Controller(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: Name
    address: str
    """tcp://HOST:PORT or serial:///dev/ttyUSB0"""
    unit: Annotated[int, Meta(ge=0, le=255)] = 1


class Pdu(Controller, kw_only=True, forbid_unknown_fields=True, frozen=True):
    feed: Name
    main_A: Ampere
    racks: tuple[str, ...]
    """The rack that branch 1, 2, … feeds; "" for a branch that is not used."""
    branch_A: Ampere | None = None
    """Rating of each branch; None: its controller knows it, the pod does not."""


class Skid(Controller, kw_only=True, forbid_unknown_fields=True, frozen=True):
    pass


class MappedDevice(Controller, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """A Modbus device that is not ours: read and written by the points of its map file, and never controlled."""

    map: str
    """Path of the map file, from the folder of the pod file."""


class Rack(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: Name
    power_kW: Kilowatt
    liquid_kW: Annotated[float, Meta(ge=0, le=5_000)]
    """Part of the power that goes into the coolant; the rest heats the room."""
    priority: Annotated[int, Meta(ge=0, le=255)] = 100
    """Who gives way: racks with a large number first. 0 is the most important."""
    power_limit: str = ""
    """Where its power can be limited: redfish+http://HOST:PORT/redfish/v1/Chassis/NAME, or redfish+https. "": nowhere."""
    minimum_kW: Annotated[float, Meta(ge=0, le=5_000)] | None = None
    """It is never limited below this; a third of its power when it is not said."""

    @property
    def least_kW(self) -> float:
        return self.power_kW / 3.0 if self.minimum_kW is None else self.minimum_kW


class Loop(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A coolant loop: these skids cool these racks. A pod without one is one loop of all its skids and racks."""

    name: Name
    skids: tuple[str, ...]
    racks: tuple[str, ...]


class PodConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    pod: PodSection
    control: ControlSection = ControlSection()
    feeds: tuple[Feed, ...] = msgspec.field(name="feed", default=())
    pdus: tuple[Pdu, ...] = msgspec.field(name="pdu", default=())
    skids: tuple[Skid, ...] = msgspec.field(name="skid", default=())
    devices: tuple[MappedDevice, ...] = msgspec.field(name="device", default=())
    racks: tuple[Rack, ...] = msgspec.field(name="rack", default=())
    loops: tuple[Loop, ...] = msgspec.field(name="loop", default=())
    power: PowerSection = PowerSection()
    physics: PhysicsSection = PhysicsSection()
    quarantine: QuarantineSection = QuarantineSection()
    plant: PlantParameters = PlantParameters()
    history: HistorySection | None = None
    update: UpdateSection = UpdateSection()

    @property
    def controllers(self) -> tuple[Controller, ...]:
        """The mallee controllers."""
        return (*self.skids, *self.pdus)

    @property
    def members(self) -> tuple[Controller, ...]:
        """All that stands on the pod's lines."""
        return (*self.controllers, *self.devices)
