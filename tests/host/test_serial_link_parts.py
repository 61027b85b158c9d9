"""Parts of the serial link: frames, what is in a heap of bytes, how trust is won back."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee.link import pdus
from mallee.link.address import SerialAddress
from mallee.link.reception import Reception
from mallee.link.resync import Suspect
from mallee.link.rtu_frames import answer_length, character_s, crc16, encode, fits, silence_s, whole
from mallee.link.statistics import LinkStatistics
from mallee.link.wire import Wire

READ = b"\x04\x00\x00\x00\x02"
ANSWER = b"\x04\x04\x4d\x4c\x00\x01"
WRITE = b"\x06\x00\xd3\x0e\x10"


def reception(request: bytes = READ, *, unit: int = 1, echo: bool | None = False, exceptions: bool = True):
    late: list[int] = []
    statistics = LinkStatistics()
    made = Reception(unit, request, echo=echo, statistics=statistics, exceptions=exceptions, late=late.append)
    return made, statistics, late


def test_check_sum_and_times():
    assert crc16(b"123456789") == 0x4B37
    assert encode(2, b"\x07") == b"\x02\x07\x41\x12"  # MODBUS over Serial Line V1.02, appendix B
    assert silence_s(19200) == pytest.approx(0.002005, abs=1e-6) and silence_s(115200) == 0.00175
    assert character_s(9600, "8N1") == pytest.approx(0.0010417, abs=1e-7)


def test_lengths_of_answers():
    for pdu in (ANSWER, b"\x84\x02", WRITE, b"\x10\x00\x01\x00\x02", b"\x16" + bytes(6), b"\x14\x06\x05\x06abcd"):
        frame = encode(9, pdu)
        assert answer_length(frame) == len(frame) and whole(frame, 0, len(frame))
    identification = encode(1, b"\x2b\x0e\x03\x83\x00\x00\x02\x00\x03abc\x01\x00")
    assert answer_length(identification) == len(identification)
    assert answer_length(identification[:9]) is None


@given(cut=st.integers(0, 20), noise=st.binary(max_size=6).filter(lambda data: 1 not in data))
def test_an_answer_in_pieces_behind_noise(cut, noise):
    made, statistics, _ = reception()
    data = noise + encode(1, ANSWER)
    found = made.feed(data[:cut]) or made.feed(data[cut:])
    assert found == ANSWER and statistics.noise_bytes == len(noise) and made.clean == (not noise)


def test_an_answer_full_of_sentinels_has_no_frames_in_it():
    request = pdus.encode(pdus.read_input(0, 20))
    made, statistics, late = reception(request)
    answer = b"\x04\x28" + b"\xff" * 40
    pieces = [made.feed(bytes((byte,))) for byte in encode(1, answer)]
    assert pieces[-1] == answer and not any(pieces[:-1]) and not late and statistics.noise_bytes == 0


def test_others_and_wrong_answers_are_reported_and_the_right_one_found():
    made, _, late = reception()
    wrong = encode(2, ANSWER) + encode(1, b"\x04\x02\x00\x01") + encode(1, b"\x03\x04\x00\x01\x00\x01")
    assert made.feed(wrong) is None and late == [2, 1, 1]
    assert made.feed(encode(1, ANSWER)) == ANSWER and not made.clean


def test_an_echo_is_stripped_and_never_an_answer():
    made, statistics, _ = reception(echo=None)
    assert made.feed(encode(1, READ)) is None and made.echo_seen
    assert made.feed(encode(1, ANSWER)) == ANSWER and made.clean and statistics.echoes == 1
    made, _, _ = reception(WRITE, echo=True)
    assert made.feed(encode(1, WRITE)) is None
    assert made.feed(encode(1, WRITE)) == WRITE
    made, _, _ = reception(WRITE, echo=False)
    assert made.feed(encode(1, WRITE)) == WRITE


def test_an_exception_where_it_could_be_that_of_another_request_is_no_proof():
    made, _, late = reception(exceptions=False)
    assert made.feed(encode(1, b"\x84\x02")) is None and late == [1]


def test_fits():
    assert fits(b"\x10\x00\x01\x00\x01\x02\x00\x05", b"\x10\x00\x01\x00\x01")
    assert not fits(b"\x10\x00\x01\x00\x01\x02\x00\x05", b"\x10\x00\x02\x00\x01")
    assert fits(b"\x08\x00\x00\x12\x34", b"\x88\x01") and not fits(b"\x08\x00\x00\x12\x34", b"\x08\x00\x00\x12\x35")


def test_a_question_is_never_one_that_is_open():
    suspect = Suspect("seed")
    suspect.opened(READ)
    asked: list[bytes] = []
    for _ in range(12):
        question = suspect.question()
        assert question not in asked
        assert question[0] == 8 or question[3:] != READ[3:]
        assert suspect.proves_by_exception(question) == (question[0] == 8)
        suspect.opened(question)
        asked.append(question)
    assert {question[0] for question in asked} == {4, 8}  # one that is silent to loop-backs is asked otherwise
    suspect.answered()
    assert not suspect.suspected
    suspect.loops_back = True
    assert all(suspect.question()[0] == 8 for _ in range(6))


def test_what_others_say_while_nobody_asks_is_kept_within_bounds_and_counted() -> None:
    async def main() -> None:
        statistics = LinkStatistics(serial=True)
        wire = Wire(SerialAddress("/dev/none", 115200, "8N1"), statistics, lambda error: None)
        for _ in range(100):
            wire._arrived(b"\x00" * 1000)
        assert statistics.bytes_in == 100_000
        assert len(wire.take()) + statistics.unread_bytes == 100_000 and statistics.unread_bytes > 80_000

    asyncio.run(main())
