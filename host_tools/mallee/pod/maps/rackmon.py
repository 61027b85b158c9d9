"""The rack monitor's map of a device, as a dictionary: JSON, as OpenBMC's rackmon reads it for Open Rack equipment.

The format is described in OpenBMC's own "Rack Monitor Register Map". All its registers are holding registers, read by FC03.
`keep` and `changes_only` are about what the rack monitor stores, and change nothing here. A special handler's shell command is
never run: it says that a master writes the register, so that point may be written. `precision` is a count of bits behind the
point: value = raw / 2**precision * scale + shift.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ...device.dictionary import Abilities, Choice, Dictionary, Kind, Point
from ...errors import MalleeError
from ..lines import Path
from ..tomlfile import explained
from .mapchecks import checked
from .scaling import FACTOR_MAX, FACTOR_MIN, scaling

_WHOLE: dict[tuple[int, bool], Kind] = {
    (1, False): "u16", (1, True): "s16", (2, False): "u32", (2, True): "s32", (4, False): "u64", (4, True): "s64",
}  # fmt: skip
_FRAMING = {"EVEN": "8E1", "ODD": "8O1", "NONE": "8N1"}
Address = Annotated[int, Meta(ge=0, le=65535)]
Length = Annotated[int, Meta(ge=1, le=125)]
Baud = Annotated[int, Meta(ge=1200, le=1_000_000)]
Unit = Annotated[int, Meta(ge=0, le=255)]


class Register(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    begin: Address
    length: Length
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    format: Literal["RAW", "STRING", "ASCII", "INTEGER", "LONG", "FLOAT", "FLAGS"] = "RAW"
    keep: Annotated[int, Meta(ge=1)] = 1
    changes_only: bool = False
    interval: Annotated[float, Meta(gt=0)] | None = None
    endian: Literal["B", "L"] = "B"
    sign: bool = False
    precision: Annotated[int, Meta(ge=0, le=63)] | None = None
    scale: float = 1.0
    shift: float = 0.0
    flags: tuple[tuple[Annotated[int, Meta(ge=0, le=63)], str], ...] = ()


class HandlerInfo(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    interpret: str
    shell: str | None = None
    value: Any = None


class Handler(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    reg: Address
    len: Length
    action: Literal["write"]
    info: HandlerInfo
    period: int = -1


class BaudConfig(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    reg: Address
    baud_value_map: tuple[tuple[Baud, int], ...]


class RegisterMap(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    address_range: tuple[tuple[Unit, Unit], ...]
    probe_register: Address
    registers: Annotated[tuple[Register, ...], Meta(min_length=1)]
    baudrate: Baud | None = None
    default_baudrate: Baud | None = None
    preferred_baudrate: Baud | None = None
    baud_config: BaudConfig | None = None
    parity: Literal["EVEN", "ODD", "NONE"] | None = None
    special_handlers: tuple[Handler, ...] = ()


def parse_rackmon(text: str, where: str = "map.json") -> Dictionary:
    """The dictionary that a rack monitor's map describes. Raises MalleeError that names the file, the place in it and why."""
    data = _plain(text, where)

    def at(path: Path) -> str:
        return f"{where}: {_dotted(path)}"

    try:
        found = msgspec.convert(data, RegisterMap)
    except msgspec.ValidationError as error:
        raise explained(at, data, str(error), RegisterMap) from error
    twice = {name for name, count in Counter(register.name for register in found.registers).items() if count > 1}
    points: list[Point] = []
    for index, register in enumerate(found.registers):
        point = _point(register, f"{at(('registers', index))} ({register.name})")
        if register.name in twice:  # real files have such: all of them answer to the name, each to name.address
            point = msgspec.structs.replace(point, name=f"{point.name}.{register.begin}")
        points.append(_written(point, found.special_handlers))
    probe = next((p.name for p in points if p.address <= found.probe_register < p.end), None)
    if probe is None:
        raise MalleeError(
            f"{at(('probe_register',))}: no register of the file holds {found.probe_register}",
            "the register that tells whether the device is there must be one that can be read",
            "add it to `registers`, or name one that is there",
        )
    bauds = {found.baudrate, found.default_baudrate, found.preferred_baudrate}
    bauds |= {baud for baud, _ in found.baud_config.baud_value_map} if found.baud_config else set()
    abilities = Abilities(
        functions=(3, 16),
        probe=probe,
        bauds=tuple(sorted(baud for baud in bauds if baud is not None)),
        framings=() if found.parity is None else (_FRAMING[found.parity],),
        units=found.address_range,
    )
    places: list[Path] = [("registers", index) for index in range(len(points))]
    unused = [h.reg for h in found.special_handlers if not any(p.writable and p.address == h.reg for p in points)]
    description = f"{found.name}, from a rack monitor's map." + "".join(
        f" Its special handler of register {register} is not used: no whole number stands there." for register in unused
    )
    return checked(found.name, description, points, abilities, places, at)


def _point(register: Register, where: str) -> Point:
    kind, scale, factor, offset = _kind(register, where)
    words = register.name.replace("_", " ")
    return Point(
        name="".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in register.name),
        table="holding",
        address=register.begin,
        kind=kind,
        meaning=words,
        registers=register.length,
        scale=scale,
        factor=factor,
        offset=offset,
        choices=_flags(register, where) if kind == "flags" else (),
        order="DCBA" if register.endian == "L" else "ABCD",
        codes=(),
        read_only=True,
        interval_s=register.interval,
    )


def _kind(register: Register, where: str) -> tuple[Kind, int, float, float]:
    """(kind, scale, factor, offset)."""
    if register.format in ("STRING", "ASCII"):
        return "text", 0, 1.0, 0.0
    if register.format == "RAW":
        return "hex", 0, 1.0, 0.0
    if register.format == "FLAGS":
        return "flags", 0, 1.0, 0.0
    kind = _WHOLE.get((register.length, register.sign))
    if kind is None:
        raise MalleeError(
            f"{where}: a number of {register.length} registers",
            "numbers have 1, 2 or 4 registers here; the length is wrong, or it is a STRING",
            "correct `length` or `format`",
        )
    if register.format != "FLOAT":
        return kind, 0, 1.0, 0.0
    if register.precision is None:
        raise MalleeError(
            f"{where}: a FLOAT without `precision`",
            "it is a fixed-point number: without the count of bits behind the point its value is not known",
            "add `precision`; 0 where there are none",
        )
    factor = register.scale / (1 << register.precision)
    if not FACTOR_MIN <= abs(factor) <= FACTOR_MAX or not abs(register.shift) < FACTOR_MAX:
        raise MalleeError(
            f"{where}: scale = {register.scale}, shift = {register.shift}: "
            f"scale / 2^precision is not from {FACTOR_MIN:g} to {FACTOR_MAX:g}, or shift not below {FACTOR_MAX:g}",
            "a typing error: no register holds steps of that size",
            "correct them",
        )
    return kind, *scaling(factor), register.shift


def _flags(register: Register, where: str) -> tuple[Choice, ...]:
    """A name that several bits have gets the bit's number: a set of names must not lose one of them."""
    bits = [bit for bit, _ in register.flags]
    beyond = [bit for bit in bits if bit >= 16 * register.length]
    if not bits or beyond or len(set(bits)) < len(bits):
        what = f"bit {beyond[0]} of {16 * register.length}" if beyond else "no flags" if not bits else "a bit twice"
        raise MalleeError(
            f"{where}: FLAGS with {what}",
            "each flag is [bit, name], bits counted from the lowest of all its registers",
            "correct `flags` or `length`",
        )
    names = Counter(name for _, name in register.flags)
    return tuple(Choice(bit, f"{name}_{bit}" if names[name] > 1 else name, "") for bit, name in register.flags)


def _written(point: Point, handlers: tuple[Handler, ...]) -> Point:
    """A register that the rack monitor writes may be written: a whole number, within what the register holds."""
    for handler in handlers:
        whole = point.kind.startswith("u") and point.factor == 1.0 and point.scale == 0
        if (handler.reg, handler.len) == (point.address, point.registers) and whole:
            high = float((1 << 16 * point.registers) - 1)
            return msgspec.structs.replace(point, read_only=False, low=0.0, high=high)
    return point


def _plain(text: str, where: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = Counter(key for key, _ in pairs)
        for key, count in keys.items():
            if count > 1:
                raise MalleeError(
                    f"{where}: the key {key!r} stands {count} times in one object",
                    "a line was copied; JSON readers would take any of them",
                    "leave one",
                )
        return dict(pairs)

    def no_number(word: str) -> float:
        raise MalleeError(
            f"{where}: {word} is no number in JSON", "a program wrote a value that it did not know", "mend it"
        )

    try:
        data = json.loads(text, object_pairs_hook=once, parse_constant=no_number)
    except json.JSONDecodeError as error:
        raise MalleeError(
            f"{where}:{error.lineno}: {error.msg.lower()} (column {error.colno})",
            "a typing error: this is not JSON",
            "mend the line; JSON has no comments and no comma behind the last element",
        ) from error
    except (RecursionError, ValueError) as error:
        raise MalleeError(f"{where}: {error}", "this is no map file", "name the rack monitor's JSON file") from error
    if not isinstance(data, dict):
        raise MalleeError(
            f"{where}: a list or a value, where an object with `name` and `registers` belongs",
            "another JSON file was named",
            "name the rack monitor's file of one kind of device",
        )
    return data


def _dotted(path: Path) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "the file"
