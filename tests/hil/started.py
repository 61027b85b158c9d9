"""A started controller and what it did, measured once for all the figures of a profile."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from mallee.hil.emulated.boards import PduBench
from mallee.hil.emulated.bus import Bus, Exchange
from mallee.hil.emulated.console import BoardError, Console
from mallee.hil.emulated.controller import EmulatedController, TICKS_WRAP_us
from mallee.hil.emulated.costs import costs
from mallee.link import pdus
from mallee.link.rtu_frames import encode

from .line import exchanges

LARGEST = {"pdu": (200, 125), "pump": (100, 45)}  # block of input registers: address, registers
TURNS = {"pdu": 648, "pump": 36}  # of housekeeping: a whole sweep for swings
WRAPS_AFTER_us = 2_900_000  # from power-on: ticking for half a second and more
RUN_us = 500_000
METERED_us = 2_200_000  # of the main loop's time, so that two collections are in it

LOCKED = """
micropython.heap_lock()
try: c.transport.wait(60)
finally: micropython.heap_unlock()
"""


def rtu_allocates(console: Console, bus: Bus, unit: int) -> int:
    """0 when a request is received, served and answered with the heap locked, by a controller that was stopped; else 1."""
    console.start(LOCKED)
    answer = bus.exchange(encode(unit, pdus.encode(pdus.read_input(0, 36))), 100_000).answer
    try:
        console.finish()
    except BoardError:
        return 1
    return 0 if answer else 1


class Started:
    def __init__(self, image: Path, profile: str) -> None:
        controller = EmulatedController(image, profile, wraps_after_us=WRAPS_AFTER_us)
        self.bench, pico = controller.bench, controller.pico
        if isinstance(self.bench, PduBench):
            self.bench.set_current_A([10.0] * 8)
        controller.boot()
        pico.run(TICKS_WRAP_us - RUN_us / 2 - pico.now_us)
        first = len(controller.sampled_us)
        pico.run(RUN_us)
        self.sampled_us = controller.sampled_us[first:]
        self.exchanges: list[Exchange] = exchanges(controller.bus, controller.unit, LARGEST[profile])
        self.rounds_ms: list[float] = []
        if isinstance(self.bench, PduBench):
            first = len(controller.metered_us)
            pico.run(METERED_us)
            self.rounds_ms = [(after - before) / 1000 for before, after in pairwise(controller.metered_us[first:])]
        self.opened: list[tuple[float, int]] = []
        self.injected_us = pico.now_us
        if isinstance(self.bench, PduBench):
            self.bench.contactors.opened = lambda bits: self.opened.append((pico.now_us, bits))
            self.bench.set_current_A([10.0, 10.0, 750.0, *[10.0] * 5])
            pico.run(20_000)
        self.stack_bytes = controller.stack_bytes
        controller.stop()
        self.rtu_allocates = rtu_allocates(controller.console, controller.bus, controller.unit)
        self.costs: dict[str, Any] = costs(controller.console, TURNS[profile])
