"""A started controller and what it did in its first 300 ms, made once for all the tests of a profile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mallee.hil.emulated.boards import PduBench, SkidBench
from mallee.hil.emulated.bus import Bus, Exchange
from mallee.hil.emulated.console import BoardError
from mallee.hil.emulated.costs import Rig
from mallee.link import pdus
from mallee.link.rtu_frames import encode

from .line import exchanges

LARGEST = {"pdu": (200, 125), "pump": (100, 45)}  # block of input registers: address, registers
RUN_us = 300_000


LOCKED = """
micropython.heap_lock()
try: c.transport.wait(60)
finally: micropython.heap_unlock()
"""


def rtu_allocates(rig: Rig, bus: Bus) -> int:
    """0 when a request is received, served and answered with the heap locked, before the main loop runs; else 1."""
    rig.console.start(LOCKED)
    answer = bus.exchange(encode(1, pdus.encode(pdus.read_input(0, 36))), 40_000).answer
    try:
        rig.console.finish()
    except BoardError:
        return 1
    return 0 if answer else 1


class Started:
    def __init__(self, image: Path, profile: str, *, line: bool = False) -> None:
        """`line` has a master ask some times as well."""
        self.rig = Rig(image, profile)
        if isinstance(self.rig.bench, PduBench):
            self.rig.bench.set_current_A([10.0] * 8)
        bus = Bus(self.rig.pico)
        self.rtu_allocates = rtu_allocates(self.rig, bus) if line else 0
        self.rig.start()
        self.began_us = self.rig.pico.now_us
        self.rig.pico.run(RUN_us)
        self.sampled_us = list(self.rig.sampled_us)
        self.exchanges: list[Exchange] = []
        if line:
            self.exchanges = exchanges(bus, 1, LARGEST[profile])
        self.opened: list[tuple[float, int]] = []
        self.injected_us = 0.0
        if isinstance(self.rig.bench, PduBench):
            self._overcurrent(self.rig.bench)
        elif self.rig.bench is not None:
            self._dry_run(self.rig.bench)
        self.ended = self.rig.stop()
        self.costs: dict[str, Any] = self.rig.costs()

    def _overcurrent(self, bench: PduBench) -> None:
        bench.contactors.opened = lambda bits: self.opened.append((self.rig.pico.now_us, bits))
        self.injected_us = self.rig.pico.now_us
        bench.set_current_A([10.0, 10.0, 750.0, *[10.0] * 5])
        self.rig.pico.run(20_000)

    def _dry_run(self, bench: SkidBench) -> None:
        self.injected_us = self.rig.pico.now_us
        bench.set("level", 1.0)
        self.rig.pico.run(330_000)
