"""Controllers that lie: they run as they should, and what they answer is not what is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta

from ...device.dictionary import Dictionary
from ...device.writing import find_point
from ...resources import dictionary
from ..liar import Liar, Lie, frozen, moved, saying
from .stage import Parameters, Stage, Undo


class Says(Parameters, frozen=True):
    point: str
    value: float


class Jumps(Parameters, frozen=True):
    by_s: Annotated[int, Meta(ge=-(10**9), le=10**9)]


def lying(lie: Callable[[Dictionary, Any], Lie]) -> Callable[[Stage, str, Any], Undo]:
    """The lie is made when the fault begins, from the dictionary of the controller."""

    def begin(stage: Stage, target: str, p: Any) -> Undo:
        server = stage.world.controller(target).server
        told = lie(dictionary("pump" if target in stage.equipment.skids else "pdu"), p)

        def put(lie: Lie | None) -> None:
            server.liar = None if lie is None else Liar(lie)

        return stage.standing.hold((target, "lie"), put, told, None)

    return begin


repeats = lying(lambda book, p: frozen())
says = lying(lambda book, p: saying(find_point(book, p.point), p.value))
jumps = lying(lambda book, p: moved(find_point(book, "uptime"), p.by_s))
