"""What a check says: a state, what was seen, and what may be behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import msgspec

State = Literal["ok", "warn", "fail", "unknown"]
E = TypeVar("E")


class Cause(msgspec.Struct, frozen=True):
    """One explanation. `tell` is what would prove or disprove it, "" where that is done."""

    cause: str
    because: str
    remedy: str
    tell: str = ""


class Finding(msgspec.Struct, frozen=True):
    """`causes` are in the order of their likelihood; `certain`: the evidence leaves only the first. `unknown`: could not be
    checked."""

    check: str
    state: State
    seen: str
    causes: tuple[Cause, ...] = ()
    certain: bool = False
    evidence: dict[str, float | int | str | None] = msgspec.field(default_factory=dict)


Check = Callable[[E], Finding]
"""A list of these is all the mechanism there is."""


def examine(checks: Sequence[Check[E]], evidence: E) -> list[Finding]:
    """In their order."""
    return [check(evidence) for check in checks]
