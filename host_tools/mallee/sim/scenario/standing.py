"""What faults set while they stand. Several may be about one thing: the latest counts, and the last that ends gives back what
there was before any of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Standing:
    """Of one run. Parts are told apart by identity: they live as long as it."""

    def __init__(self) -> None:
        self._held: dict[Hashable, list[Callable[[], None]]] = {}

    def set(self, part: object, attribute: str, value: Any) -> Callable[[], None]:
        """Set an attribute of a part of the world; returns what ends that."""
        before = getattr(part, attribute)
        return self.hold((id(part), attribute), lambda each: setattr(part, attribute, each), value, before)

    def hold(self, thing: Hashable, put: Callable[[T], None], value: T, before: T) -> Callable[[], None]:
        """`put(value)`; `before` is asked for when nothing stands for the thing yet. Returns what ends that."""
        held = self._held.setdefault(thing, [])
        if not held:
            held.append(lambda: put(before))

        def mine() -> None:
            put(value)

        held.append(mine)
        put(value)

        def end() -> None:
            counted = held[-1] is mine
            held.remove(mine)
            if counted:
                held[-1]()
            if len(held) == 1:
                held.clear()

        return end
