"""Raw registers to values and back, as a dictionary's point describes them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..reading import Quality, Scalar
from .dictionary import SENTINEL, Point

# Wire contract: quality registers hold two bits a slot, slot k in register base + k // 8, bits 2 * (k % 8).
_QUALITY = (Quality.GOOD, Quality.NOT_FITTED, Quality.FAULT, Quality.NOT_YET)
_SIGN_BIT = {"s16": 0x8000, "s32": 0x80000000}
_RANGE = {
    "u16": (0, 0xFFFF),
    "s16": (-0x8000, 0x7FFF),
    "u32": (0, 0xFFFFFFFF),
    "s32": (-0x80000000, 0x7FFFFFFF),
    "u64": (0, 0xFFFFFFFFFFFFFFFF),
    "enum": (0, 0xFFFF),
    "flags": (0, 0xFFFF),
}


def decode(point: Point, words: Sequence[int]) -> Scalar:
    """The value in the point's unit; None for the sentinel "not available".

    An enumeration gives its name, flags the set of names, text a string. `words` are the point's registers,
    high first.
    """
    if point.kind == "text":
        return _text(words)
    raw = 0
    for word in words:
        raw = raw << 16 | word
    if point.kind == "quality":
        return raw
    if raw == SENTINEL[point.kind]:
        return None
    if point.kind == "enum":
        return next((choice.name for choice in point.choices if choice.value == raw), f"unknown_{raw}")
    if point.kind == "flags":
        names = {choice.value: choice.name for choice in point.choices}
        return frozenset(names.get(bit, f"bit_{bit}") for bit in range(16) if raw >> bit & 1)
    sign = _SIGN_BIT.get(point.kind, 0)
    signed = (raw ^ sign) - sign
    return signed / 10**-point.scale if point.scale < 0 else signed * 10**point.scale


def encode(point: Point, value: Scalar) -> list[int]:
    """The registers for a value, nearest raw step. Raises ValueError when this kind cannot hold the value."""
    if point.kind in ("quality", "bit"):
        raise ValueError(f"{point.name} is not written as registers")
    if point.kind == "text":
        return _text_words(point, value)
    return _words(_raw(point, value), point.registers)


def _raw(point: Point, value: Scalar) -> int:
    if value is None:
        return SENTINEL[point.kind]
    if point.kind == "enum" and isinstance(value, str):
        for choice in point.choices:
            if choice.name == value:
                return choice.value
        raise ValueError(f"{value!r} is none of {', '.join(choice.name for choice in point.choices)}")
    if point.kind == "flags" and isinstance(value, frozenset | set):
        return _flag_bits(point, frozenset(value))
    if not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(f"{value!r} is not a finite number")
    raw = round(value * 10**-point.scale) if point.scale < 0 else round(value / 10**point.scale)
    low, high = _RANGE[point.kind]
    if not low <= raw <= high:
        raise ValueError(f"{value:g} {point.unit} does not fit a register of kind {point.kind}")
    mask = (1 << 16 * point.registers) - 1
    if raw & mask == SENTINEL[point.kind]:
        raise ValueError(f"{value:g} {point.unit} is the code for 'not available' in kind {point.kind}")
    return raw & mask


def _flag_bits(point: Point, names: frozenset[str]) -> int:
    bits = {choice.name: choice.value for choice in point.choices}
    unknown = sorted(names - bits.keys())
    if unknown:
        raise ValueError(f"{unknown[0]!r} is none of {', '.join(bits)}")
    return sum(1 << bits[name] for name in names)


def _words(raw: int, registers: int) -> list[int]:
    return [raw >> 16 * (registers - 1 - index) & 0xFFFF for index in range(registers)]


def _text(words: Sequence[int]) -> str | None:
    return text_in(b"".join(word.to_bytes(2, "big") for word in words))


def text_in(data: bytes) -> str | None:
    """The text that these bytes hold, None for an empty one."""
    data = data.rstrip(b"\0")
    return data.decode("ascii", "replace") if data else None


def _text_words(point: Point, value: Scalar) -> list[int]:
    data = b"" if value is None else str(value).encode("ascii", "replace")
    if len(data) > point.registers * 2:
        raise ValueError(f"{point.name} takes at most {point.registers * 2} characters")
    data = data.ljust(point.registers * 2, b"\0")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def quality_in(words: Sequence[int], slot: int) -> Quality:
    """Quality of a slot; `words` are the quality registers from their base on. IndexError behind their
    end."""
    return _QUALITY[words[slot // 8] >> 2 * (slot % 8) & 3]


def quality_register(point: Point) -> int | None:
    """Input register that holds this point's quality, None when it has none."""
    if point.quality_address is None or point.quality_slot is None:
        return None
    return point.quality_address + point.quality_slot // 8
