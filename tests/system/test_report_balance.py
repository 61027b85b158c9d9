"""Unbalance and neutral current as the host computes them are those that real firmware measures."""

from __future__ import annotations

import asyncio
import struct

import pytest
from mallee.pod.power.balance import BranchPhases, advise

from .bench import BRANCHES, Bench, PduBench

PARTS = ((1.0, 0.4, 0.6), (1.0, 0.5, 0.5), (0.9, 1.0, 0.2))
"""Of its current, each phase of a branch; again for each three branches."""


class Lopsided(PduBench):
    def pack(self) -> bytes:
        words: list[int] = []
        milli_V = round(1000 * self.voltage_V)
        for branch in range(BRANCHES):
            amps = [self.current_A[branch] * part for part in PARTS[branch % len(PARTS)]]
            milli = [round(1000 * each) for each in amps]
            watts = [round(self.voltage_V * each) for each in milli]
            words += [max(milli), milli_V, milli_V, milli_V, *milli, *watts, *(each // 10 for each in watts)]
        tail = 50_000, self.contacts, self.absent, *self.rope_ohm, self.wired
        return struct.pack(f"<{len(words) + len(tail)}i", *words, *tail)


def test_the_host_and_the_controller_mean_the_same_by_unbalance():
    bench = Bench("pdu")
    bench.equipment = Lopsided()

    async def test(device) -> None:
        await asyncio.sleep(6)
        names = [f"branch.{n}.phase_current.{p}" for n in range(1, BRANCHES + 1) for p in (1, 2, 3)]
        found = await device.read_many(
            [*names, "unbalance", "neutral_current", *(f"phase_current.{p}" for p in (1, 2, 3))]
        )

        def amps(n, p):
            return found.number(f"branch.{n}.phase_current.{p}")

        branches = [BranchPhases(n, "rack", (amps(n, 1), amps(n, 2), amps(n, 3))) for n in range(1, BRANCHES + 1)]
        advice = advise(branches)
        assert advice.unbalance is not None and advice.unbalance > 0.2
        assert 100 * advice.unbalance == pytest.approx(found.number("unbalance"), abs=0.1)
        assert advice.neutral_A == pytest.approx(found.number("neutral_current"), rel=0.02)
        for now, phase in zip(advice.phases_A or (), (1, 2, 3), strict=True):
            assert now == pytest.approx(found.number(f"phase_current.{phase}"), abs=0.2)
        assert advice.moves and (advice.expected_unbalance or 1.0) < 0.1

    bench.run(test)
