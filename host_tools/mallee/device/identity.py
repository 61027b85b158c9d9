"""Who answers: the identity block of a mallee controller, and the standard's device identification of
anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pymodbus.pdu import ModbusPDU

from .. import resources
from ..errors import ExitCode, MalleeError
from ..link import pdus
from ..link.base import Link, Priority
from ..link.failures import GATEWAY_PATH, GATEWAY_TARGET, Refused, Unreached
from .codec import decode
from .dictionary import Point

MAGIC = 0x4D4C  # wire contract: "ML", the first word of the identity block of every mallee controller
CONTROLLER_IN_FLIGHT = 16  # wire contract: what every mallee controller takes on TCP

# MODBUS Application Protocol V1.1b3, 6.21: object ids 0-6; vendor objects begin at 0x80.
OBJECT_NAMES = {
    0: "vendor",
    1: "product_code",
    2: "revision",
    3: "vendor_url",
    4: "product",
    5: "model",
    6: "application",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity block. `firmware` is `major.minor.patch`; `dictionary_hash` names the map in every
    detail."""

    profile: str
    map_version: tuple[int, int]
    dictionary_hash: int
    firmware: str
    unit: int | None
    serial_number: str | None
    name: str | None


@cache
def _points() -> tuple[tuple[Point, ...], int]:
    """The identity block's points: at the same addresses on every profile, so any bundled dictionary tells
    them."""
    dictionary = next(iter(resources.bundled_dictionaries().values()))
    first, count = dictionary.blocks("input")[0]
    return tuple(p for p in dictionary.points if p.table == "input" and first <= p.address < first + count), count


def identity_registers() -> int:
    """How many input registers from 0 on the block has."""
    return _points()[1]


def decode_identity(words: Sequence[int]) -> Identity | None:
    """The identity from the block's registers, None when the magic word says that this is something else."""
    points, _ = _points()
    values = {point.name: decode(point, words[point.address : point.end]) for point in points}
    if values["magic"] != MAGIC:
        return None
    return Identity(
        profile=str(values["profile"]),
        map_version=(_int(values["map_major"]), _int(values["map_minor"])),
        dictionary_hash=_int(values["dictionary_hash"]),
        firmware=".".join(str(_int(values[f"firmware_{part}"])) for part in ("major", "minor", "patch")),
        unit=values["unit_address"] if isinstance(values["unit_address"], int) else None,
        serial_number=_str(values["serial_number"]),
        name=_str(values["name"]),
    )


def _int(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _str(value: object) -> str | None:
    return value if isinstance(value, str) else None


async def read_identity(link: Link, unit: int, *, timeout_s: float | None = None) -> Identity | None:
    """Read the identity block. None when what answers is no mallee controller. Raises NoAnswer, LinkDown."""
    _, count = _points()
    try:
        answer = await link.request(unit, pdus.read_input(0, count), priority=Priority.PROBE, timeout_s=timeout_s)
    except Refused as error:
        if error.exception_code in (GATEWAY_PATH, GATEWAY_TARGET):
            raise Unreached(link.address, unit, error) from error
        return None
    identity = decode_identity(answer.registers)
    if identity is not None:
        link.allow_in_flight(unit, CONTROLLER_IN_FLIGHT)
    return identity


async def require_identity(link: Link, unit: int) -> Identity:
    """Like `read_identity`, but a foreign device is an error."""
    identity = await read_identity(link, unit)
    if identity is None:
        raise MalleeError(
            f"{link.address} unit {unit} answers, but is no mallee controller",
            "the address belongs to another Modbus device",
            "`mallee scan` shows what each address is; correct it in the pod file, or give the device a map file: [[device]] "
            "with `map`, or ADDRESS#UNIT:MAP (docs/devices.md)",
            ExitCode.NO_ANSWER,
        )
    return identity


async def read_identification(link: Link, unit: int, *, timeout_s: float | None = None) -> dict[int, str]:
    """FC43/14 objects by id, all that the device streams. Raises Refused when it does not know the
    function."""
    objects: dict[int, str] = {}
    first = 0
    for _ in range(16):  # a device that always says "more follows" must not hold us
        answer: ModbusPDU = await link.request(
            unit, pdus.identification(first), priority=Priority.PROBE, timeout_s=timeout_s
        )
        information = getattr(answer, "information", {})
        for number, data in information.items():
            parts = data if isinstance(data, list) else [data]
            objects[number] = b" ".join(parts).decode("ascii", "replace")
        following = getattr(answer, "next_object_id", 0)
        if not getattr(answer, "more_follows", 0) or following <= first:
            break
        first = following
    return objects
