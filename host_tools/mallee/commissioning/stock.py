"""What a scan found, and who each controller shall be: before there is a pod file. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..deploy.identity import Who, check
from ..device.discovery import Found
from ..errors import MalleeError
from ..pod.drafting import clean, draft
from .model import Named

FORMAT = 1


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """`named` are the first of `controllers`, as far as it has come. `written`: the pod file was."""

    format: int = FORMAT
    targets: tuple[str, ...]
    found: tuple[Found, ...]
    named: tuple[Named, ...] = ()
    written: bool = False

    @property
    def controllers(self) -> tuple[Found, ...]:
        """Ours; other devices only stand in the pod file, as comments."""
        return tuple(one for one in self.found if one.mallee)

    @property
    def next(self) -> Found | None:
        return self.controllers[len(self.named)] if len(self.named) < len(self.controllers) else None

    @property
    def taken(self) -> frozenset[str]:
        return frozenset(one.name for one in self.named)


def proposed(one: Found, taken: frozenset[str]) -> str:
    """Its own name where it has one that nobody else has, else the first free number."""
    if one.name and clean(one.name) == one.name and one.name not in taken:
        return one.name
    kind = "skid" if one.profile == "pump" else one.profile or "controller"
    return next(name for name in (f"{kind}-{number}" for number in range(1, 1000)) if name not in taken)


def checked(name: str, unit: int, taken: frozenset[str]) -> None:
    """Raises MalleeError for who a controller cannot be."""
    check(Who(name=name, unit=unit))
    if clean(name) != name or name in taken:
        raise MalleeError(
            f"no controller can be called {name!r} here",
            "another one has the name, or it has characters that a pod file does not take",
            "letters, digits, blanks, and _ . - behind the first one; each name once",
        )


def pod_file(stock: Stock, pod_name: str) -> str:
    """Its text. Raises MalleeError where no controller is left."""
    by_place = {(each.address, each.was_unit): each for each in stock.named}
    return draft([_as_named(one, by_place.get((one.address, one.unit))) for one in stock.found], pod_name)


def _as_named(one: Found, named: Named | None) -> Found:
    return one if named is None else msgspec.structs.replace(one, name=named.name, unit=named.unit)


def table(named: Sequence[Named]) -> list[dict[str, object]]:
    """For people: who each was, and is."""
    return [
        {
            "controller": each.name,
            "at": f"{each.address} unit {each.unit}",
            "was": f"{each.was_name or 'without a name'}, unit {each.was_unit}",
            "verdict": each.verdict,
            "note": each.note,
        }
        for each in named
    ]
