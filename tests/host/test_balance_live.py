"""Phase currents of now, from PDUs that answer and others that do not."""

from __future__ import annotations

import pytest
from mallee.history.report.currents import live_phases
from mallee.history.report.reporting import live_balance

from .pod_of_peers import pod_of_peers
from .virtual_loop import run_virtual

RAW_A = {1: (4000, 2000, 2000), 2: (3000, 1000, 1000)}


def test_currents_of_now_are_advised_on_and_what_is_silent_is_not_known():
    async def main():
        async with pod_of_peers() as pod:
            for branch, raws in RAW_A.items():
                for phase, raw in enumerate(raws, 1):
                    pod.pdu_a.set(f"branch.{branch}.phase_current.{phase}", raw)
            pod.pdu_b.silent = True
            return await live_phases(pod.config, 0.5)

    a, b = live_balance(run_virtual(main()), 0.1, 3)
    assert (a.pdu, a.source, a.begin) == ("pdu-a", "live", None)
    assert a.phases_A == (70.0, 30.0, 30.0) and a.neutral_A == 40.0
    assert a.moves is not None and [move.branch for move in a.moves] == [1]
    assert a.expected_unbalance_percent == pytest.approx(100 * (1 - 30 / (130 / 3)), abs=0.01)
    assert b.moves is None and b.unbalance_percent is None and b.note
