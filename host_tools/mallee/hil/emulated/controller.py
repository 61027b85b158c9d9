"""A controller as it leaves `mallee flash`: a profile under its own main.py on an emulated Pico, with its equipment and line."""

from __future__ import annotations

from pathlib import Path

from ...deploy.build import build
from ...deploy.identity import build_info
from .boards import PduBench, SkidBench
from .bus import Bus
from .console import Console
from .flash import install
from .pico import Pico

# ticks_ms and ticks_us of a board wrap together here, for the first time 12.4 days after power-on (2^30 ms).
TICKS_WRAP_us = (1 << 30) * 1000
_STOPPED = """
import gc, micropython
from core.controller import Controller
c=Controller.running; p=c.profile
"""


class EmulatedController:
    """Without `wired` nothing but the line is attached to the board. `wraps_after_us` sets its clock before power-on, so that it
    wraps that much later. A `blank` one has MicroPython and nothing else. `sampled_us` are the moments at which the hard tick
    took a sample, `metered_us` those at which a PDU began to read the meter of branch 1."""

    def __init__(
        self,
        image: Path,
        profile: str,
        *,
        unit: int = 1,
        wired: bool = True,
        blank: bool = False,
        wraps_after_us: float | None = None,
    ) -> None:
        self.profile = profile
        self.unit = unit
        self.pico = Pico(image if blank else install(image, _files(profile, unit)))
        if wraps_after_us is not None:
            self.pico.mcu.clock.tick((TICKS_WRAP_us - wraps_after_us) * 1000.0)
        self.bench = (PduBench if profile == "pdu" else SkidBench)(self.pico) if wired else None
        self.bus = Bus(self.pico)
        self.console = Console(self.pico)
        self.sampled_us: list[float] = []
        self.metered_us: list[float] = []
        if self.bench is not None:
            adc = self.bench.adc if isinstance(self.bench, PduBench) else self.bench.adcs[0]
            adc.taken = lambda: self.sampled_us.append(self.pico.now_us)
        if isinstance(self.bench, PduBench):
            self.bench.meters[0].taken = lambda: self.metered_us.append(self.pico.now_us)

    def boot(self) -> None:
        """Power on; main.py is about to start then, and takes some two seconds of the board's time. Raises TimeoutError."""
        self.pico.boot()

    def stop(self) -> str:
        """Interrupt the application; its hard tick goes on. What it printed since the start. Then `self.console` has the prompt,
        with the controller as `c` and its profile as `p`."""
        self.pico.send(b"\x03")
        printed = self.pico.read_until(b">>> ").decode()
        self.console.enter()
        self.console.run(_STOPPED)
        return printed


def _files(profile: str, unit: int) -> dict[str, bytes]:
    bundle = build("rp2_pico", profile)
    made = bundle.manifest
    who = build_info(
        profile=profile,
        dictionary_hash=made.dictionary_hash,
        version=made.mallee,
        unit=unit,
        name=profile,
        serial="EMULATED",
    )
    return {**bundle.contents, "build_info.py": who}
