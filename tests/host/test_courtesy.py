"""A serial link that shares its line: when it sends, and when it does not."""

from __future__ import annotations

import asyncio

import pytest
from mallee.link import pdus
from mallee.link.courtesy import Courtesy, Manners
from mallee.link.failures import NoAnswer, OthersTalk
from mallee.link.rtu import SerialLink
from mallee.link.rtu_frames import character_s, encode, silence_s

from .line_loop import LineDevice, LineLoop, LineMaster, run_on_line

MANNERS = Manners(quiet_s=2.5, settled_s=5.0, asleep_s=1.8)
READ = pdus.encode(pdus.read_input(0, 2))


def device(unit: int = 1) -> LineDevice:
    answers = {READ: b"\x04\x04\x12\x34\x56\x78"}
    return LineDevice(unit, lambda pdu: pdu if pdu[0] == 8 else answers.get(pdu))


def asked(link: SerialLink):
    return link.exchange(1, READ, timeout_s=0.3)


def line() -> LineLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, LineLoop)
    return loop


async def _tries(link: SerialLink, until_s: float, each_s: float = 0.5) -> list[tuple[float, str]]:
    loop, found = line(), []
    while loop.time() < until_s:
        try:
            await asked(link)
            found.append((loop.time(), "answer"))
        except OthersTalk as error:
            found.append((loop.time(), "listening" if error.listening else "other"))
        await asyncio.sleep(each_s)
    return found


def test_it_listens_first_and_then_has_the_line():
    async def main(address):
        link = SerialLink(address, manners=MANNERS)
        found = await _tries(link, 6.0)
        return found, bytes(line().written)

    found, _ = run_on_line(main, [device()])
    kinds = [kind for _, kind in found]
    assert kinds[0] == "listening" and kinds[-1] == "answer" and kinds == sorted(kinds, reverse=True)
    assert 2.5 <= next(at for at, kind in found if kind == "answer") <= 3.1


@pytest.mark.parametrize("interval_s", [0.02, 0.25, 1.0, 2.0])
def test_not_a_byte_is_sent_while_another_master_talks(interval_s):
    master = LineMaster([encode(1, READ), encode(9, READ)], interval_s=interval_s, begins_s=1.2)

    async def main(address):
        link = SerialLink(address, manners=MANNERS)
        found = await _tries(link, 20.0)
        return found, bytes(line().written)

    found, written = run_on_line(main, [device()], masters=[master])
    assert written == b"" and found[-1][1] == "other"


@pytest.mark.parametrize(("comes_s", "goes_on"), [(4.0, False), (9.5, True)])
def test_who_was_there_first_goes_on_and_who_began_in_the_same_moment_yields(comes_s, goes_on):
    master = LineMaster([encode(9, READ)], interval_s=0.37, begins_s=comes_s)

    async def steady(address):
        link = SerialLink(address, manners=MANNERS)
        found = []
        while line().time() < 25.0:
            try:
                await asked(link)
            except OthersTalk as error:
                found.append("listening" if error.listening else "other")
            except NoAnswer:
                found.append("collision")
            else:
                found.append("answer")
            await asyncio.sleep(0.5)
        return found

    kinds = run_on_line(steady, [device()], masters=[master])[-10:]
    assert ({"answer"} <= set(kinds) <= {"answer", "collision"}) if goes_on else set(kinds) == {"other"}, kinds


def test_it_goes_on_when_the_other_one_dies():
    async def main(address):
        loop = line()
        link = SerialLink(address, manners=MANNERS)
        loop.at(8_000_000, loop._events.clear)  # the master's next frames
        return await _tries(link, 14.0, 0.25)

    found = run_on_line(main, [device()], masters=[LineMaster([encode(1, READ)], interval_s=1.0)])
    first_s = next(at for at, kind in found if kind == "answer")
    assert 9.5 <= first_s <= 11.0 and found[-1][1] == "answer"


@pytest.mark.parametrize("stopped_s", [1.9, 5.0, 60.0])
def test_who_stood_still_listens_before_it_sends(stopped_s):
    """The loop's time goes on without it, as for a process that was stopped."""

    async def main(address):
        loop = line()
        link = SerialLink(address, manners=MANNERS)
        await _tries(link, 5.0)
        before = len(loop.written)
        loop.now_us += round(stopped_s * 1e6)
        with pytest.raises(OthersTalk) as told:
            await asked(link)
        return before == len(loop.written), told.value.listening

    assert run_on_line(main, [device()]) == (True, True)


def test_a_pause_between_the_decision_and_the_frame_is_noticed():
    async def main(address):
        loop = line()
        link = SerialLink(address, manners=MANNERS)
        await _tries(link, 5.0)
        silence, before = link._wire.silence, len(loop.written)

        async def slept(at_most_s):
            found = await silence(at_most_s)
            loop.now_us += 10_000_000
            return found

        link._wire.silence = slept
        with pytest.raises(OthersTalk):
            await asked(link)
        return before == len(loop.written)

    assert run_on_line(main, [device()])


@pytest.mark.parametrize("echo", [False, True])
def test_own_requests_and_their_answers_are_nobody_elses(echo):
    async def main(address):
        link = SerialLink(address, manners=MANNERS)
        found = await _tries(link, 30.0, 0.05)
        return [kind for at, kind in found if at > 3.5]

    assert set(run_on_line(main, [device(), device(2)], echo=echo)) == {"answer"}


def test_who_had_the_line_and_yielded_hears_a_successor_that_asks_the_same():
    """A line that is only read: both hosts ask with the same frames."""
    master = LineMaster([encode(1, READ)], interval_s=0.5, begins_s=12.0)

    async def main(address):
        link, loop = SerialLink(address, manners=MANNERS), line()
        await _tries(link, 9.0)
        loop.now_us += 4_000_000  # it stands still, and the other one begins
        before = len(loop.written)
        kinds = [kind for _, kind in await _tries(link, 30.0)]
        return before == len(loop.written), kinds[-1]

    assert run_on_line(main, [device()], masters=[master]) == (True, "other")


def test_without_manners_it_sends_at_once():
    async def main(address):
        return await asked(SerialLink(address))

    assert run_on_line(main, [device()]) == b"\x04\x04\x12\x34\x56\x78"


def test_what_is_not_sent_and_who_was_heard_are_counted():
    async def main(address):
        link = SerialLink(address, manners=MANNERS)
        found = await _tries(link, 10.0)
        held = sum(kind != "answer" for _, kind in found)
        return held, link.statistics.unit(1).held_back, link.statistics.foreign_requests

    held, counted, heard = run_on_line(main, [device()], masters=[LineMaster([encode(9, READ)], interval_s=1.0)])
    assert (
        held - 1 <= counted <= held and counted > 10 and heard >= 8
    )  # the first one opened the port and was not sent either


def test_answers_and_noise_are_no_master():
    courtesy = Courtesy(MANNERS, character_s(19200, "8E1"), silence_s(19200))
    courtesy.opened(0.0)
    for step in range(1, 40):
        now_s = 0.25 * step
        courtesy.heard(encode(1, b"\x04\x04\x12\x34\x56\x78") if step % 2 else b"\x00\xff\x31", now_s)
    assert courtesy.hold_s(9.9) == 0.0 and courtesy.foreign_requests == 0
    courtesy.heard(encode(3, READ), 10.0)
    assert courtesy.hold_s(10.1) == pytest.approx(2.4) and courtesy.other_master
