"""What a PDU's inputs read when each phase has its own voltage, current and lag, and how inputs move on the world's grid."""

from __future__ import annotations

import struct
from collections.abc import Callable
from math import cos, radians, sin

from ...system.bench import BRANCHES, Bench, PduBench

PHASES = 3


class Phases(PduBench):
    """`phases[branch][phase]` is (V, A, degrees that the current lags behind its voltage). The fast channel sees the largest."""

    def __init__(self) -> None:
        super().__init__()
        self.phases = [[(240.0, 20.0, 0.0)] * PHASES for _ in range(BRANCHES)]
        self.frequency_Hz = 50.0

    def pack(self) -> bytes:
        words: list[int] = []
        for branch, phases in enumerate(self.phases):
            closed = self.contacts >> branch & 1
            amps = [current if closed else 0.0 for _, current, _ in phases]
            apparent = [volts * current * 1000 for (volts, _, _), current in zip(phases, amps, strict=True)]
            words += [round(1000 * max(amps)), *(round(1000 * volts) for volts, _, _ in phases)]
            words += [round(1000 * current) for current in amps]
            words += [round(mVA * cos(radians(lag))) for mVA, (_, _, lag) in zip(apparent, phases, strict=True)]
            words += [round(mVA * sin(radians(lag))) for mVA, (_, _, lag) in zip(apparent, phases, strict=True)]
        tail = round(1000 * self.frequency_Hz), self.contacts, self.absent, *self.rope_ohm, self.wired
        return struct.pack(f"<{len(words) + len(tail)}i", *words, *tail)


def moving(change: Callable[[PduBench, float], None]) -> Callable[[Bench], None]:
    """For `prepare`: `change(equipment, seconds)` on each step of the world, which is every 10 ms."""

    def prepare(bench: Bench) -> None:
        def step(now_us: int, dt_us: int) -> None:
            change(bench.equipment, now_us / 1e6)

        bench.step = step  # type: ignore[method-assign]

    return prepare
