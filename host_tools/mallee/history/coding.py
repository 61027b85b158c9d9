"""A value as a whole number and back, exactly as its series says. What is not known is None on both sides."""

from __future__ import annotations

import struct
from collections.abc import Callable

from ..reading import Scalar
from .series import Series

Raw = int | float
"""A float only of coding `real`; as a column of a block it is its bits."""
Coder = Callable[[Scalar], Raw | None]
_DOUBLE, _BITS = struct.Struct("<d"), struct.Struct("<q")


def encoder(series: Series) -> Coder:
    """From the value to its raw number; None too for what no value of this series can be."""
    if series.coding == "number":
        return _number(series.scale)
    if series.coding == "real":
        return lambda value: float(value) if isinstance(value, int | float) else None
    if series.coding == "bit":
        return lambda value: None if value is None else int(bool(value))
    if series.coding == "choice":
        numbers = {name: number for number, name in series.choices}
        return lambda value: _named(value, numbers, "unknown_")
    bits = {name: bit for bit, name in series.choices}

    def flags(value: Scalar) -> Raw | None:
        if not isinstance(value, frozenset):
            return None
        found = [_named(name, bits, "bit_") for name in value]
        return None if None in found else sum(1 << bit for bit in found if bit is not None)

    return flags


def decoder(series: Series) -> Callable[[int], Scalar]:
    """From the number of a column to the value, the same that was recorded. Of coding `real` columns have the bits."""
    if series.coding == "number":
        if series.scale < 0:
            divisor = 10**-series.scale
            return lambda raw: raw / divisor
        factor = 10**series.scale
        return (lambda raw: raw) if factor == 1 else (lambda raw: raw * factor)
    if series.coding == "real":
        return real
    if series.coding == "bit":
        return bool
    names = dict(series.choices)
    if series.coding == "choice":
        return lambda raw: names.get(raw) or f"unknown_{raw}"
    return lambda raw: frozenset(names.get(bit, f"bit_{bit}") for bit in range(raw.bit_length()) if raw >> bit & 1)


def real(raw: int) -> float:
    """A double from its bits."""
    return _DOUBLE.unpack(_BITS.pack(raw))[0]


def bits_of(value: float) -> int:
    return _BITS.unpack(_DOUBLE.pack(value))[0]


def _number(scale: int) -> Coder:
    # A value is its raw number over a power of ten, rounded once; times that power it is within half a step of it again.
    if scale < 0:
        divisor = 10**-scale
        return lambda value: round(value * divisor) if isinstance(value, int | float) else None
    factor = 10**scale
    if factor == 1:
        return lambda value: value if isinstance(value, int) else None
    return lambda value: value // factor if isinstance(value, int) else None


def _named(value: Scalar, numbers: dict[str, int], prefix: str) -> int | None:
    if not isinstance(value, str):
        return None
    number = numbers.get(value)
    if number is None and value.startswith(prefix) and value[len(prefix) :].isdigit():
        return int(value[len(prefix) :])
    return number
