"""What one row of a map file must be. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from ..problem import Problem
from .mapchecks import WITHOUT_LIMITS
from .rows import PointRow
from .scaling import FACTOR_MAX, FACTOR_MIN

_BIT_TABLES = ("coil", "discrete")
_SEVERAL = ("text", "hex", "flags")


def row_problems(row: PointRow, index: int) -> Iterator[Problem]:
    """What is wrong with one row of a map file."""

    def problem(key: str, what: str, likely: str, next: str) -> Problem:
        return Problem(("point", index, key), f"{row.name}: {what}", likely, next)

    if (row.kind == "bit") != (row.table in _BIT_TABLES):
        yield problem(
            "kind",
            f"kind {row.kind!r} cannot stand in the table {row.table!r}",
            "coils and discrete inputs are bits, and registers are not",
            'write kind = "bit" for a coil or discrete input; bits of a register are kind = "flags"',
        )
    if row.registers is not None and row.kind not in _SEVERAL:
        yield problem(
            "registers", f"kind {row.kind!r} has its own width", "`registers` is of text, hex and flags", "leave it out"
        )
    if row.registers is None and row.kind in ("text", "hex"):
        yield problem("kind", f"how long is this {row.kind}?", "`registers` was forgotten", "add `registers = 8`")
    if row.kind == "flags" and (row.registers or 1) > 4:
        yield problem("registers", "flags have 64 bits at the most", "these are several registers", "give each its row")
    for key in ("scale", "offset", "low", "high"):
        value = getattr(row, key)
        if value is not None and not math.isfinite(value):
            yield problem(key, f"{key} = {value} is no number", "a typing error", "write a finite number")
    if row.scale == 0:
        yield problem("scale", "with scale = 0 every value would be the same", "a typing error", "write 1 or leave it")
    elif math.isfinite(row.scale) and not FACTOR_MIN <= abs(row.scale) <= FACTOR_MAX:
        yield problem(
            "scale",
            f"scale = {row.scale:g} is not from {FACTOR_MIN:g} to {FACTOR_MAX:g}",
            "a typing error: no register holds steps of that size",
            "write the size of one step of the register in the point's unit, such as 0.01",
        )
    if math.isfinite(row.offset) and abs(row.offset) >= FACTOR_MAX:
        yield problem("offset", f"offset = {row.offset:g} is not below {FACTOR_MAX:g}", "a typing error", "correct it")
    yield from _choices(row, problem)
    yield from _writing(row, problem)


def _choices(row: PointRow, problem: Callable[[str, str, str, str], Problem]) -> Iterator[Problem]:
    if row.kind not in ("enum", "flags"):
        if row.choices:
            yield problem(
                "choices",
                f"kind {row.kind!r} has no choices",
                "names are of enum and flags",
                'write kind = "enum" or "flags", or leave them out',
            )
        return
    if not row.choices:
        yield problem(
            "kind", f"this {row.kind} names nothing", "`choices` was forgotten", "add `choices = { off = 0 }`"
        )
    bound = 16 * (row.registers or 1) if row.kind == "flags" else 0x10000
    for name, value in row.choices.items():
        if not 0 <= value < bound:
            yield problem(
                "choices",
                f"{name} = {value} is not from 0 to {bound - 1}",
                "a bit's number is meant, not its mask" if row.kind == "flags" else "a register holds 16 bits",
                f"write 0 to {bound - 1}",
            )
    if len(set(row.choices.values())) < len(row.choices):
        yield problem("choices", "two names have one number", "a line was copied", "give each its own number")


def _writing(row: PointRow, problem: Callable[[str, str, str, str], Problem]) -> Iterator[Problem]:
    if not row.write:
        if row.low is not None or row.high is not None:
            yield problem(
                "low" if row.low is not None else "high",
                "limits of a point that is not written",
                "`write = true` was forgotten",
                "add it if the point may be written; otherwise leave the limits out",
            )
        return
    if row.table in ("input", "discrete"):
        yield problem(
            "write",
            f"the table {row.table!r} cannot be written",
            "Modbus has no function for it",
            'a set-point is table = "holding", a switch table = "coil"',
        )
    if row.kind == "hex":
        yield problem("write", "hex is not written", "nobody could say what it does", "give it a kind with limits")
    if row.kind in WITHOUT_LIMITS and (row.low is not None or row.high is not None):
        yield problem(
            "low" if row.low is not None else "high",
            f"a {row.kind} has no limits",
            "limits are of numbers",
            "leave them out",
        )
