"""What stands in a map file: the device, and one row a point. Plain structures.

Limits stand with their settings; `mallee.pod.maps.mapfile` checks what the rows must be to each other.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ...device.dictionary import Order, Table

Word = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=40)]
PointName = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=60)]
Raw = int  # what a register holds; the checks have the bounds
Seconds = Annotated[float, Meta(ge=0.05, le=86_400)]
Kind = Literal[
    "u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64", "flags", "enum", "text", "hex", "bit"
]  # fmt: skip


class DeviceSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    profile: Word
    """What it is, in one word: `mallee status` shows it."""
    meaning: str = ""
    probe: str | None = None
    """The point that is read to see whether it answers; otherwise the first one."""
    expect: str | None = None
    """What the text of the probe point must be, with * and ?; anything else is another device."""
    functions: tuple[Literal[1, 2, 3, 4, 5, 6, 15, 16], ...] = (1, 2, 3, 4, 5, 6, 15, 16)
    registers_per_request: Annotated[int, Meta(ge=1, le=125)] = 125
    order: Order = "ABCD"
    """Of values of several registers, where a point does not say otherwise."""
    interval_s: Seconds | None = None
    """How often a point should be read that does not say otherwise."""
    baud: tuple[Annotated[int, Meta(ge=1200, le=1_000_000)], ...] = ()
    framing: tuple[Literal["8E1", "8O1", "8N1", "8N2"], ...] = ()
    units: tuple[tuple[Annotated[int, Meta(ge=1, le=255)], Annotated[int, Meta(ge=1, le=255)]], ...] = ()
    """Unit addresses that it can have: pairs of the first and the last."""


class PointRow(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: PointName
    table: Table
    address: Annotated[int, Meta(ge=0, le=65535)]
    """As on the wire: 0 is what register tables print as 30001 or 40001."""
    kind: Kind
    meaning: Annotated[str, Meta(min_length=1)]
    unit: str = ""
    scale: float = 1.0
    """Value = raw number * scale + offset."""
    offset: float = 0.0
    order: Order | None = None
    registers: Annotated[int, Meta(ge=1, le=125)] | None = None
    """Of text, hex and flags."""
    choices: dict[Word, Raw] = {}
    """Names of an enumeration's numbers, or of the bits of flags."""
    write: bool = False
    low: float | None = None
    high: float | None = None
    not_available: tuple[Raw, ...] = ()
    """Raw numbers that are no values, as the registers hold them."""
    not_fitted: tuple[Raw, ...] = ()
    fault: tuple[Raw, ...] = ()
    interval_s: Seconds | None = None
    count: Annotated[int, Meta(ge=1, le=1000)] = 1
    """So many of them: NAME.1, NAME.2, …"""
    stride: Annotated[int, Meta(ge=1, le=65535)] | None = None
    """Registers from one to the next; otherwise its own width."""


class MapFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    device: DeviceSection
    points: Annotated[tuple[PointRow, ...], Meta(min_length=1)] = msgspec.field(name="point")
