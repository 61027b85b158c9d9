"""Raw registers to values and back, as a dictionary's point describes them. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from ..reading import Quality, Scalar
from .dictionary import SENTINEL, Point
from .raw import FLOATS, bytes_of, no_value, number_in

# Wire contract: quality registers hold two bits a slot, slot k in register base + k // 8, bits 2 * (k % 8).
_QUALITY = (Quality.GOOD, Quality.NOT_FITTED, Quality.FAULT, Quality.NOT_YET)
_RANGE = {
    "u16": (0, 0xFFFF),
    "s16": (-0x8000, 0x7FFF),
    "u32": (0, 0xFFFFFFFF),
    "s32": (-0x80000000, 0x7FFFFFFF),
    "u64": (0, 0xFFFFFFFFFFFFFFFF),
    "s64": (-0x8000000000000000, 0x7FFFFFFFFFFFFFFF),
    "enum": (0, 0xFFFF),
}


def decode(point: Point, words: Sequence[int]) -> Scalar:
    """The value in the point's unit; None for the sentinel "not available".

    An enumeration gives its name, flags the set of names, text a string. `words` are the point's registers,
    high first.
    """
    data = b"".join(word.to_bytes(2, "big") for word in words)
    if point.kind == "text":
        return text_in(data)
    if point.kind == "hex":
        return data.hex()
    if point.kind == "quality":
        return int.from_bytes(data, "big")
    raw = number_in(point, data)
    return None if no_value(point, raw) is not None else meant(point, raw)


def meant(point: Point, raw: int | float) -> Scalar:
    """What a raw number that is a value means; None for a value that no float holds."""
    if point.kind == "enum":
        return next((choice.name for choice in point.choices if choice.value == raw), f"unknown_{raw}")
    if point.kind == "flags":
        names = {choice.value: choice.name for choice in point.choices}
        return frozenset(names.get(bit, f"bit_{bit}") for bit in range(16 * point.registers) if int(raw) >> bit & 1)
    scaled = raw / 10**-point.scale if point.scale < 0 else raw * 10**point.scale
    if point.factor == 1.0 and point.offset == 0.0:
        return scaled
    numerator, denominator = ratio(point.factor)
    try:
        value = scaled * numerator / denominator + point.offset
    except OverflowError:  # of whole numbers; floats become infinite
        return None
    return value if math.isfinite(value) else None


@lru_cache(maxsize=4096)
def ratio(factor: float) -> tuple[int, int]:
    """A factor as two whole numbers: 3 * 1 / 20 is 0.15, and 3 * 0.05 is not."""
    return Fraction(repr(factor)).as_integer_ratio()


def encode(point: Point, value: Scalar) -> list[int]:
    """The registers for a value, nearest raw step; of two that are as near the upper one. Raises ValueError when this kind
    cannot hold the value."""
    if point.kind in ("quality", "bit", "hex"):
        raise ValueError(f"{point.name} is not written as registers")
    data = _text_bytes(point, value) if point.kind == "text" else bytes_of(point, _raw(point, value))
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def _raw(point: Point, value: Scalar) -> int | float:
    if value is None:
        if point.codes is not None:
            raise ValueError("this device knows no 'not available'")
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
    try:
        scaled = _scaled(point, value)
        if point.kind in FLOATS:
            return float(scaled)
        whole = math.floor(scaled)
    except OverflowError:
        raise ValueError(f"{_short(value)} {point.unit} does not fit a register of kind {point.kind}") from None
    raw = whole + (scaled - whole >= 0.5)
    low, high = _RANGE.get(point.kind, (0, (1 << 16 * point.registers) - 1))
    if not low <= raw <= high:
        raise ValueError(f"{_short(value)} {point.unit} does not fit a register of kind {point.kind}")
    quality = no_value(point, raw)
    if quality is not None:
        raise ValueError(f"{value:g} {point.unit} is the code for '{quality.replace('_', ' ')}' in kind {point.kind}")
    return raw


def _scaled(point: Point, value: float) -> float:
    """The value in steps of the register. A whole number stays one where it can: a float holds no 64 bits. Raises
    OverflowError."""
    scaled = value - point.offset if point.offset else value
    if point.factor != 1.0:
        numerator, denominator = ratio(point.factor)
        scaled = scaled * denominator / numerator
    if point.scale:
        scaled = scaled * 10**-point.scale if point.scale < 0 else scaled / 10**point.scale
    if math.isinf(scaled):
        raise OverflowError
    return scaled


def _short(value: float) -> str:
    try:
        return f"{value:g}"
    except OverflowError:  # a whole number that no float holds
        return f"a number of {len(str(abs(int(value))))} digits"


def raw_limits(point: Point) -> tuple[int | None, int | None]:
    """The lowest and the highest raw number whose value is within the point's limits, exactly: limits are decimal fractions."""
    step = Fraction(repr(point.factor)) * Fraction(10) ** point.scale
    low, high = (
        None if limit is None else (Fraction(repr(limit)) - Fraction(repr(point.offset))) / step
        for limit in ((point.low, point.high) if step > 0 else (point.high, point.low))
    )
    return None if low is None else math.ceil(low), None if high is None else math.floor(high)


def _flag_bits(point: Point, names: frozenset[str]) -> int:
    bits = {choice.name: choice.value for choice in point.choices}
    unknown = sorted(names - bits.keys())
    if unknown:
        raise ValueError(f"{unknown[0]!r} is none of {', '.join(bits)}")
    return sum(1 << bits[name] for name in names)


def text_in(data: bytes) -> str | None:
    """The text that these bytes hold up to the first NUL, without the spaces that some pad it with; None for an empty one."""
    data = data.partition(b"\0")[0].rstrip(b" ")
    return data.decode("ascii", "replace") if data else None


def _text_bytes(point: Point, value: Scalar) -> bytes:
    data = b"" if value is None else str(value).encode("ascii", "replace")
    if len(data) > point.registers * 2:
        raise ValueError(f"{point.name} takes at most {point.registers * 2} characters")
    return data.ljust(point.registers * 2, b"\0")


def quality_in(words: Sequence[int], slot: int) -> Quality:
    """Quality of a slot; `words` are the quality registers from their base on. IndexError behind their
    end."""
    return _QUALITY[words[slot // 8] >> 2 * (slot % 8) & 3]


def quality_register(point: Point) -> int | None:
    """Input register that holds this point's quality, None when it has none."""
    if point.quality_address is None or point.quality_slot is None:
        return None
    return point.quality_address + point.quality_slot // 8
