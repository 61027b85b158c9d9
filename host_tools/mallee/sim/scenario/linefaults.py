"""Faults of serial lines. A line's target is its port as the pod file names it; seeds are the run's, by way of the line."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated

from msgspec import Meta

from ...link import pdus
from ..line.faults import Faults
from ..podlines import on_lines
from ..serialbus import SerialBus
from .stage import Parameters, Probability, Stage, Undo
from .stranger import RtuStranger


class Noisy(Parameters, frozen=True):
    flip: Probability = 1e-4
    drop: Probability = 2e-4
    insert: Probability = 2e-4
    lead: Probability = 0.05


class Late(Parameters, frozen=True):
    late: Probability = 0.3
    late_s: Annotated[float, Meta(gt=0, le=60)] = 0.5


class Babble(Parameters, frozen=True):
    babble: Annotated[float, Meta(gt=0, le=1000)] = 20.0


class Truncated(Parameters, frozen=True):
    truncate: Probability = 0.05


def disturbed(stage: Stage, target: str, p: Parameters) -> Undo:
    """The parameters are fields of mallee.sim.line.faults.Faults; those of other faults stay as they are."""
    bus = stage.world.network.lines[target]
    wanted: dict[str, float] = {name: getattr(p, name) for name in p.__struct_fields__}
    whole = {name: getattr(Faults(), name) for name in wanted}

    def put(values: dict[str, float]) -> None:
        bus.disturb(replace(bus.line.faults, **values))

    return stage.standing.hold((target, *wanted), put, wanted, whole)


def cut(stage: Stage, target: str, p: Parameters) -> Undo:
    """Of a line: nobody hears anybody. Of a controller: it alone is off."""
    lines = stage.world.network.lines
    bus, end = (lines[target], None) if target in lines else _place(stage, target)

    def put(off: bool) -> None:
        bus.catch_up()
        if end is None:
            bus.line.broken = off
        elif off:
            bus.line.cut.add(end)
        else:
            bus.line.cut.discard(end)

    return stage.standing.hold((target, "cut"), put, True, False)


def echo(stage: Stage, target: str, p: Parameters) -> Undo:
    line = stage.world.network.lines[target].line
    return stage.standing.set(line, "echo", line.echo | line.masters)


class DiesInFrame(Parameters, frozen=True):
    after_bytes: Annotated[int, Meta(ge=0, le=256)] = 5


def dies_in_frame(stage: Stage, target: str, p: DiesInFrame) -> None:
    bus, end = _place(stage, target)
    world = stage.world

    def die(time_us: int) -> None:
        at_us = time_us + math.ceil(p.after_bytes * bus.line.character_ns / 1000)
        starts = world.controller(target).board.starts

        def kill() -> None:
            board = world.controller(target).board
            if board.running and board.starts == starts:
                world.kill(target)

        world.queue.at(at_us, kill)

    bus.when_it_sends(end, die)


class StrangerPolls(Parameters, frozen=True):
    every_s: Annotated[float, Meta(ge=0.01, le=600)] = 0.2


def stranger_polls(stage: Stage, target: str, p: StrangerPolls) -> Undo:
    units = [c.unit for c in stage.config.controllers if on_lines(stage.config).get(c.name) == target]
    requests = [(unit, pdus.encode(pdus.read_input(0, 4))) for unit in units]
    return RtuStranger(stage.world, target, requests, p.every_s).leave


def _place(stage: Stage, controller: str) -> tuple[SerialBus, int]:
    bus = stage.world.network.lines[on_lines(stage.config)[controller]]
    return bus, bus.end_of(stage.world.controller(controller).server)
