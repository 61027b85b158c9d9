"""The pod file: what belongs to the pod, where its controllers answer, what it shall hold. Plain structures."""

import msgspec

from .parameters import PlantParameters


class Struct(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An unknown key in a pod file is an error."""


class PodSection(Struct):
    name: str
    host_id: int = 1
    """Number of the host in the lease; two hosts of one pod need different ones."""


class ControlSection(Struct):
    scan_s: float = 1.0
    lease_s: int = 10
    supply_temperature_degC: float = 37.0
    differential_pressure_kPa: float = 200.0
    dew_point_margin_K: float = 2.5
    feed_forward: bool = True


class Feed(Struct):
    name: str
    main_A: float
    voltage_V: float = 415.0
    """Line to line."""


class Controller(Struct):
    name: str
    address: str
    """tcp://HOST:PORT or serial:///dev/ttyUSB0"""
    unit: int = 1


class Pdu(Controller, kw_only=True):
    feed: str
    main_A: float
    racks: tuple[str, ...]
    """The rack that branch 1, 2, … feeds; "" for a branch that is not used."""


class Skid(Controller, kw_only=True):
    pass


class Rack(Struct):
    name: str
    power_kW: float
    liquid_kW: float
    """Part of the power that goes into the coolant; the rest heats the room."""


class PodConfig(Struct):
    pod: PodSection
    control: ControlSection = ControlSection()
    feeds: tuple[Feed, ...] = msgspec.field(name="feed", default=())
    pdus: tuple[Pdu, ...] = msgspec.field(name="pdu", default=())
    skids: tuple[Skid, ...] = msgspec.field(name="skid", default=())
    racks: tuple[Rack, ...] = msgspec.field(name="rack", default=())
    plant: PlantParameters = PlantParameters()
