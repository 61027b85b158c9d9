"""A check with what belongs to it: its name, what it looks at, the causes it may name, the alarms that it explains.

docs/doctor.md is rendered from these, so that what is told there is what is done.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from .finding import Cause, Finding, State

E = TypeVar("E")
Facts = dict[str, float | int | str | None]


class Likely(msgspec.Struct, frozen=True):
    """A cause as it is known beforehand; `because` ties it to what was seen."""

    cause: str
    remedy: str
    tell: str = ""

    def because(self, because: str, *, remedy: str = "", proven: bool = False) -> Cause:
        """`remedy`: in place of the general one. `proven`: nothing has to tell it apart any more."""
        return Cause(self.cause, because, remedy or self.remedy, "" if proven else self.tell)


@dataclass(frozen=True)
class NamedCheck(Generic[E]):
    """A Check of diagnosis.finding: `check(evidence)` is its finding."""

    name: str
    causes: tuple[Likely, ...]
    explains: tuple[str, ...]
    """Alarms of the controller that are told with this finding, and not once more by themselves; `name` means `name.1` too."""
    judge: Callable[[E], Finding]

    @property
    def looks_at(self) -> str:
        return inspect.getdoc(self.judge) or ""

    def __call__(self, evidence: E) -> Finding:
        return msgspec.structs.replace(self.judge(evidence), check=self.name)


def named(
    name: str, *causes: Likely, explains: tuple[str, ...] = ()
) -> Callable[[Callable[[E], Finding]], NamedCheck[E]]:
    """Make a check of a function of evidence; its docstring says what it looks at."""
    return lambda judge: NamedCheck(name, causes, explains, judge)


def found(state: State, seen: str, *causes: Cause, certain: bool = False, evidence: Facts | None = None) -> Finding:
    """A finding whose check is named by NamedCheck."""
    return Finding("", state, seen, causes, certain, evidence or {})


def well(seen: str, evidence: Facts | None = None) -> Finding:
    return found("ok", seen, evidence=evidence)


def unknown(why: str, evidence: Facts | None = None) -> Finding:
    return found("unknown", why, evidence=evidence)
