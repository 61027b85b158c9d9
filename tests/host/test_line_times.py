"""What an address tells of a line's times, at work on the line model."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from mallee.link import pdus
from mallee.link.failures import Damaged, NoAnswer
from mallee.link.rtu import SerialLink
from mallee.link.rtu_frames import encode

from .line_loop import LineDevice, LineLoop, run_on_line

READ = pdus.encode(pdus.read_input(0, 2))
ANSWER = b"\x04\x04\x12\x34\x56\x78"


def line() -> LineLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, LineLoop)
    return loop


def device(reply_s: float = 0.0, *, dead: bool = False) -> LineDevice:
    made = LineDevice(1, lambda pdu: pdu if pdu[0] == 8 else ANSWER if pdu == READ else None, reply_s)
    made.dead = dead
    return made


@pytest.mark.parametrize(("silence_ms", "least_ms"), [(None, 2.0), (25.0, 25.0)])
def test_frames_are_apart_as_the_address_says(silence_ms, least_ms):
    async def main(address):
        link = SerialLink(replace(address, silence_ms=silence_ms))
        began_s = 0.0
        for number in range(11):
            await link.exchange(1, READ)
            if number == 0:
                began_s = line().time()
        return (line().time() - began_s) / 10

    character_ms = 1000 * 11 / 19200
    frames_ms = character_ms * (len(encode(1, READ)) + len(encode(1, ANSWER))) + 3.5 * character_ms
    between_ms = 1000 * run_on_line(main, [device()]) - frames_ms
    assert least_ms <= between_ms <= least_ms + 3.0


@pytest.mark.parametrize(("answer_ms", "took_ms"), [(None, 1000), (80.0, 80)])
def test_a_dead_unit_costs_what_the_address_says(answer_ms, took_ms):
    async def main(address):
        link = SerialLink(replace(address, answer_ms=answer_ms))
        began_s = line().time()
        with pytest.raises(NoAnswer):
            await link.exchange(1, READ, timeout_s=1.0)
        return 1000 * (line().time() - began_s)

    assert took_ms <= run_on_line(main, [device(dead=True)]) <= took_ms + 20


def test_a_slow_unit_is_waited_for():
    async def main(address):
        return await SerialLink(replace(address, answer_ms=400.0), answer_s=0.15).exchange(1, READ, timeout_s=1.0)

    assert run_on_line(main, [device(reply_s=0.3)]) == ANSWER


@pytest.mark.parametrize(("pause_ms", "whole"), [(None, False), (150.0, True)])
def test_an_answer_may_pause_within_for_as_long_as_the_address_says(pause_ms, whole):
    """A serial server whose network holds the second half back for 100 ms."""

    async def main(address):
        link, loop = SerialLink(replace(address, pause_ms=pause_ms)), line()
        hand_over = loop._hand_over

        def halves(data: bytes) -> None:
            held.extend(data)
            if len(held) >= 5 and not cut:
                cut.append(True)
                hand_over(bytes(held[:5]))
                del held[:5]
                loop.at(loop.now_us + 100_000, rest)

        def rest() -> None:
            hand_over(bytes(held))

        held, cut = bytearray(), []
        loop._hand_over = halves
        try:
            return await link.exchange(1, READ, timeout_s=0.05)
        except Damaged:
            return None

    assert (run_on_line(main, [device()]) == ANSWER) is whole
