"""The dictionary: everything a host needs to know of a controller's registers and alarms, as data.

It is compiled from firmware/maps (mallee.deploy.dictionary) or from another vendor's map, travels as deflated CBOR, and
is known by its hash. Addresses are protocol addresses (0 is the first register of its table).
"""

from __future__ import annotations

import hashlib
import zlib
from functools import cached_property
from typing import Any, Literal

import cbor2
import msgspec

FORMAT = 1
READ_REGISTERS_MAX = 125  # MODBUS Application Protocol V1.1b3, 6.3
LATCHED = "latched."
"""What the names of points begin with that are a copy of the fast block, made by a latch command."""
Table = Literal["input", "holding", "coil", "discrete"]
Kind = Literal[
    "u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64", "flags", "enum", "text", "hex", "quality", "bit"
]  # fmt: skip
Order = Literal["ABCD", "CDAB", "BADC", "DCBA"]
"""How the bytes of a value are sent: as the standard has it, low register first, bytes swapped in each register, or both."""

WIDTH: dict[str, int] = {
    "u16": 1,
    "s16": 1,
    "u32": 2,
    "s32": 2,
    "u64": 4,
    "s64": 4,
    "f32": 2,
    "f64": 4,
    "flags": 1,
    "enum": 1,
    "quality": 1,
    "bit": 1,
}
SENTINEL: dict[str, int] = {
    # "Not available", as SunSpec has it (wire contract, Maps).
    "u16": 0xFFFF,
    "enum": 0xFFFF,
    "flags": 0xFFFF,
    "s16": 0x8000,
    "u32": 0xFFFFFFFF,
    "s32": 0x80000000,
    "u64": 0xFFFFFFFFFFFFFFFF,
}


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One value of an enumeration or one bit of a flags register."""

    value: int
    name: str
    meaning: str


class Code(msgspec.Struct, frozen=True):
    """A raw number that is no value, and what it says instead."""

    raw: int
    """As its registers hold it: without a sign."""
    quality: Literal["not_available", "fault", "not_fitted", "not_yet"]


class Point(msgspec.Struct, frozen=True, omit_defaults=True):
    """One value that a device offers.

    `name` is unique in the dictionary (`branch.3.energy`); `registers` its width; `scale` the power of ten of a raw unit.
    `low`, `high` and `default` are in `unit`. `quality_address` and `quality_slot` say where its quality stands.
    What stands behind those is of devices that are not ours: a value is `raw * 10**scale * factor + offset`.
    """

    name: str
    table: Table
    address: int
    kind: Kind
    meaning: str
    registers: int = 1
    scale: int = 0
    unit: str = ""
    low: float | None = None
    high: float | None = None
    default: float | None = None
    choices: tuple[Choice, ...] = ()
    quality_address: int | None = None
    quality_slot: int | None = None
    factor: float = 1.0
    offset: float = 0.0
    order: Order = "ABCD"
    codes: tuple[Code, ...] | None = None
    """Raw numbers that are no values; None: the sentinel of its kind alone, as all mallee controllers have it."""
    read_only: bool = False
    """Of a holding register or coil that must not be written."""
    interval_s: float | None = None
    """How often the map says that it should be read; None: it says nothing."""

    @property
    def writable(self) -> bool:
        return self.table in ("holding", "coil") and not self.read_only

    @property
    def end(self) -> int:
        return self.address + self.registers


class AlarmEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One alarm: its discrete input is `code`, the validity of that is at `code + validity_offset`."""

    code: int
    name: str
    priority: Literal["low", "medium", "high", "critical"]
    group: str
    condition: str
    cause: str
    consequence: str
    remedy: str
    delay_ms: int = 0
    latch: bool = False
    deadband_percent: int = 0
    """Of its limit: an active alarm goes when the value is back by this."""


def alarm_point(alarm: AlarmEntry) -> str:
    """Name of its discrete input among the points that are polled."""
    return f"alarm.{alarm.name}"


def valid_point(alarm: AlarmEntry) -> str:
    """Name of the twin that says whether it can be judged."""
    return f"alarm.{alarm.name}.valid"


class Abilities(msgspec.Struct, frozen=True):
    """What requests a device takes that is not ours, and how it can be told from others.

    `bauds` and `framings` are of its serial line, `units` pairs (first, last) of the unit addresses that it can have; empty: the
    map does not say. `expect` is a pattern with * and ? for the text of the point `probe`.
    """

    functions: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 15, 16)
    registers_per_request: int = 125
    probe: str = ""
    """The point that is read to see whether the device answers."""
    expect: str | None = None
    bauds: tuple[int, ...] = ()
    framings: tuple[str, ...] = ()
    units: tuple[tuple[int, int], ...] = ()


class Dictionary(msgspec.Struct, frozen=True, dict=True):
    """All points and alarms of one profile at one map version."""

    profile: str
    version: tuple[int, int]
    description: str
    points: tuple[Point, ...]
    alarms: tuple[AlarmEntry, ...] = ()
    validity_offset: int = 128
    fast: tuple[int, int] | None = None
    """Fast block: first input register and how many."""
    format: int = FORMAT
    abilities: Abilities | msgspec.UnsetType = msgspec.UNSET
    """Of a device that is not ours. Ours take all that the standard has; unset, it is no part of the hash."""

    @property
    def foreign(self) -> Abilities | None:
        """None: this describes a mallee controller, which tells its own identity."""
        return None if self.abilities is msgspec.UNSET else self.abilities

    @property
    def registers_per_request(self) -> int:
        """Registers, or bits, that one request may read."""
        return READ_REGISTERS_MAX if self.foreign is None else self.foreign.registers_per_request

    @cached_property
    def by_name(self) -> dict[str, Point]:
        return {point.name: point for point in self.points}

    @cached_property
    def alarm_by_code(self) -> dict[int, AlarmEntry]:
        return {alarm.code: alarm for alarm in self.alarms}

    @cached_property
    def alarm_points(self) -> dict[str, Point]:
        """The discrete inputs of the alarms, `alarm.NAME`, and their validity twins, `alarm.NAME.valid`. They are no values by
        themselves: mallee.device.alarms makes readings of them."""
        found: dict[str, Point] = {}
        for alarm in self.alarms:
            for name, address in (
                (alarm_point(alarm), alarm.code),
                (valid_point(alarm), alarm.code + self.validity_offset),
            ):
                found[name] = Point(name, "discrete", address, "bit", alarm.condition)
        return found

    def blocks(self, table: Table) -> list[tuple[int, int]]:
        """Contiguous spans (first address, count) of a table: a request may cover any part of one, never two."""
        spans: list[tuple[int, int]] = []
        points = (*self.points, *self.alarm_points.values()) if table == "discrete" else self.points
        for point in sorted((p for p in points if p.table == table), key=lambda p: p.address):
            if spans and spans[-1][0] + spans[-1][1] == point.address:
                spans[-1] = (spans[-1][0], spans[-1][1] + point.registers)
            else:
                spans.append((point.address, point.registers))
        return spans


def encode(dictionary: Dictionary) -> bytes:
    """Deflated canonical CBOR: the same dictionary gives the same bytes."""
    plain: Any = msgspec.to_builtins(dictionary)
    return zlib.compress(cbor2.dumps(plain, canonical=True), 9)


def decode(data: bytes) -> Dictionary:
    """The inverse of `encode`. Raises ValueError on anything that is not a dictionary of this format."""
    try:
        plain = cbor2.loads(zlib.decompress(data))
        dictionary = msgspec.convert(plain, Dictionary)
    except (zlib.error, cbor2.CBORError, EOFError, msgspec.ValidationError) as error:
        raise ValueError(f"not a dictionary: {error}") from error
    if dictionary.format != FORMAT:
        raise ValueError(f"dictionary format {dictionary.format}, this program reads {FORMAT}")
    return dictionary


def hash_of(dictionary: Dictionary) -> int:
    """First eight bytes of the SHA-256 over the canonical CBOR before deflation, as the identity block has it."""
    plain: Any = msgspec.to_builtins(dictionary)
    return int.from_bytes(hashlib.sha256(cbor2.dumps(plain, canonical=True)).digest()[:8], "big")
