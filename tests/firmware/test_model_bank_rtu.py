"""The RTU server beside the model of what the specification wants: on a good line every answer comes, on a bad one an answer that
comes is right, and a request without one was done whole or not at all."""

from __future__ import annotations

import struct

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test
from mallee.sim.line.faults import Faults
from mallee.sim.line.model import Line

from .live_rtu import Doubt, LiveRtu
from .model_bank import ModelBank
from .test_model_bank import COILS, DICTIONARY, FIRST_HOLDING, machine_for

# The same faults each time, and requests alike (Hypothesis takes numbers from the modules that are loaded, too): of damaged
# frames, one in 65,536 has a right check sum by chance.
CHOSEN = settings(max_examples=50, stateful_step_count=30, deadline=None, derandomize=True, database=None)


def is_frame(pdu: bytes) -> bool:
    """Has it the length that its own content announces? On a serial line it is no frame otherwise, and gets no answer."""
    size_at = {15: 5, 16: 5, 23: 9}.get(pdu[0])
    if size_at is None:
        return len(pdu) == (7 if pdu[0] == 22 else 5)
    return len(pdu) > size_at and len(pdu) == size_at + 1 + pdu[size_at]


def test_on_a_good_line_every_answer_comes():
    live = LiveRtu(Line(baud=19200, framing="8E1"), 19200, "8E1")
    doubt = Doubt(live, ModelBank(DICTIONARY, FIRST_HOLDING, COILS))

    def ask(pdu: bytes) -> bytes | None:
        answer = doubt.ask(pdu)
        assert (answer is not None) == is_frame(pdu), pdu.hex(" ")
        return answer

    try:
        run_state_machine_as_test(machine_for(ask, doubt), settings=CHOSEN)
        assert set(doubt.counts) == {"nothing to do"}
        assert live.counts["damaged answer"] == 0 and live.counts["answered"] > 2000
    finally:
        live.close()


def test_on_a_bad_line_nothing_is_done_by_half():
    line = Line(baud=115200, framing="8N1", faults=Faults(flip=2e-4, insert=2e-3, drop=2e-3, truncate=0.01), seed=8)
    live = LiveRtu(line, 115200, "8N1", gap=0.2)
    doubt = Doubt(live, ModelBank(DICTIONARY, FIRST_HOLDING, COILS))

    class Machine(machine_for(doubt.ask, doubt)):
        """More of what is not refused, and changes many places at once."""

        @rule(bits=st.binary(min_size=4, max_size=4))
        def all_coils(self, bits: bytes) -> None:
            pdu = struct.pack(">BHHB", 15, 0, COILS, 4) + bits
            assert doubt.ask(pdu) == doubt.answer(pdu)

        @rule(hold_s=st.integers(10, 100), delay_ms=st.integers(0, 100))
        def two_settings(self, hold_s: int, delay_ms: int) -> None:
            pdu = struct.pack(">BHHBHH", 16, 200, 2, 4, hold_s, delay_ms)
            assert doubt.ask(pdu) == doubt.answer(pdu)

    try:
        run_state_machine_as_test(Machine, settings=CHOSEN)
        # The faults hit requests and answers: both ends of doubt were there.
        assert min(doubt.counts["done"], doubt.counts["not done"]) > 0, doubt.counts
        assert min(live.counts.values()) > 50 and min(line.counts.values()) > 20, (live.counts, line.counts)
    finally:
        live.close()
