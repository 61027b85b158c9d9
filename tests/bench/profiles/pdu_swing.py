"""Swings of the power that a PDU carries: amplitude, frequency and ramps of known waves."""

from __future__ import annotations

import asyncio
from math import pi, sin
from typing import Any

from ...system.bench import BRANCHES
from ..figure import Figure
from .patched import Patch
from .pdu_inputs import moving
from .single import Rig, run

MEAN_A, SWING_A, V = 25.0, 8.0, 240.0
FREQUENCIES_Hz = (0.2, 0.53, 1.0, 2.93)
TRIANGLE_s, LOW_A, HIGH_A = 8.0, 10.0, 40.0
ONE_BIN = Patch(
    "pdu/swing.py",
    "        total = sum(self._best)\n",
    "        total = self._best[1]\n",
    "one bin stands for the wave",
)
NO_BALANCE = Patch(
    "pdu/swing.py",
    "bin = self._best_bin + (behind - before) / total",
    "bin = self._best_bin",
    "frequencies are those of whole bins",
)
NO_RISE = Patch(
    "pdu/swing.py", "            if value > rise:", "            if value < rise:", "rises are not looked for"
)


def sines(*changes: Patch) -> tuple[float, float]:
    """(Largest error of the amplitude, as a part; of the frequency, Hz.)"""
    worst = [0.0, 0.0]
    for frequency in FREQUENCIES_Hz:

        def change(equipment: Any, now_s: float, frequency: float = frequency) -> None:
            equipment.current_A = [MEAN_A + SWING_A * sin(2 * pi * frequency * now_s)] * BRANCHES

        async def session(rig: Rig) -> tuple[float, float]:
            await asyncio.sleep(32)
            return await rig.value("swing_amplitude"), await rig.value("swing_frequency")

        amplitude_W, found_Hz = run("pdu", session, *changes, prepare=moving(change))
        true_W = 2 * SWING_A * BRANCHES * 3 * V
        worst = [max(worst[0], abs(amplitude_W / true_W - 1)), max(worst[1], abs(found_Hz - frequency))]
    return worst[0], worst[1]


def ramp(*changes: Patch) -> float:
    """Error of both ramps of a triangle, as a part."""

    def change(equipment: Any, now_s: float) -> None:
        place = now_s % TRIANGLE_s / TRIANGLE_s
        equipment.current_A = [LOW_A + (HIGH_A - LOW_A) * (1 - abs(2 * place - 1))] * BRANCHES

    async def session(rig: Rig) -> float:
        await asyncio.sleep(32)
        true_kW_s = (HIGH_A - LOW_A) / (TRIANGLE_s / 2) * BRANCHES * 3 * V / 1000
        return max([abs(await rig.value(name) / true_kW_s - 1) for name in ("ramp_up", "ramp_down")])

    return run("pdu", session, *changes, prepare=moving(change))


def measure() -> dict[str, Figure]:
    one = "one PDU's firmware on a virtual board"
    amplitude, frequency = sines()
    waves = f"sines of {', '.join(f'{f:g}' for f in FREQUENCIES_Hz)} Hz, 92 kW from peak to peak"
    return {
        "amplitude_error": Figure(amplitude, f"{waves}; {one}", sines(ONE_BIN)[0], ONE_BIN.off),
        "frequency_error": Figure(frequency, f"{waves}; {one}", sines(NO_BALANCE)[1], NO_BALANCE.off),
        "ramp_error": Figure(ramp(), f"up and down of a triangle of 43 kW/s; {one}", ramp(NO_RISE), NO_RISE.off),
    }
