"""Parts of a link that are pure: addresses, MBAP framing, back-off, the gate, percentiles."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee.deploy.identity import FRAMINGS as DEVICE_FRAMINGS
from mallee.errors import ExitCode, MalleeError
from mallee.link.address import SerialAddress, TcpAddress, parse_address
from mallee.link.backoff import Backoff
from mallee.link.base import Priority
from mallee.link.failures import LinkDown, Malformed
from mallee.link.gate import Gate
from mallee.link.mbap import Frame, MbapStream, encode
from mallee.link.opening import open_link
from mallee.link.pdus import read_input
from mallee.link.reporting import view
from mallee.link.rtu_frames import character_s
from mallee.link.statistics import LinkStatistics, percentile

from .virtual_loop import run_virtual

frames = st.lists(
    st.builds(Frame, st.integers(0, 0xFFFF), st.integers(0, 255), st.binary(min_size=1, max_size=253)),
    max_size=8,
)


@given(frames, st.data())
def test_frames_survive_any_splitting_and_merging(sent: list[Frame], data: st.DataObject) -> None:
    stream = b"".join(encode(*frame) for frame in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    parser, received = MbapStream(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += parser.feed(stream[start:end])
    assert received == sent
    assert parser.waiting_bytes == 0


@given(st.binary(max_size=2000))
def test_garbage_never_makes_the_parser_hoard_or_crash(garbage: bytes) -> None:
    parser = MbapStream()
    try:
        for at in range(0, len(garbage), 7):
            parser.feed(garbage[at : at + 7])
            assert parser.waiting_bytes <= 259
    except Malformed:
        pass


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tcp://10.0.0.7", TcpAddress("10.0.0.7", 502)),
        ("tcp://pod.example:1502", TcpAddress("pod.example", 1502)),
        ("tcp://[fe80::1]:502", TcpAddress("fe80::1", 502)),
        ("serial:///dev/ttyUSB0", SerialAddress("/dev/ttyUSB0", 19200, "8E1")),
        (
            "serial:///dev/ttyUSB0?silence_ms=5&pause_ms=120.5&answer_ms=300",
            SerialAddress("/dev/ttyUSB0", silence_ms=5.0, pause_ms=120.5, answer_ms=300.0),
        ),
        ("serial://COM3?baud=115200&framing=8n1", SerialAddress("COM3", 115200, "8N1")),
    ],
)
def test_addresses(text: str, expected: TcpAddress | SerialAddress) -> None:
    assert parse_address(text) == expected
    assert parse_address(str(expected)) == expected


@pytest.mark.parametrize("framing", DEVICE_FRAMINGS)
def test_a_line_is_addressed_with_whatever_framing_a_controller_can_have(framing: str) -> None:
    address = parse_address(f"serial:///dev/ttyUSB0?framing={framing}")
    assert isinstance(address, SerialAddress) and address.framing == framing
    assert character_s(9600, framing) == (10 if framing == "8N1" else 11) / 9600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0.7",
        "http://x",
        "tcp://",
        "tcp://x:0",
        "tcp://x:99999",
        "tcp://x:1/y",
        "serial://",
        "serial:///dev/x?baud=fast",
        "serial:///dev/x?bauds=9600",
        "serial:///dev/x?silence_ms=1.9",
        "serial:///dev/x?baud=1200&silence_ms=20",
        "serial:///dev/x?pause_ms=long",
        "serial:///dev/x?answer_ms=nan",
        "serial:///dev/x?answer_ms=60000",
    ],
)
def test_wrong_addresses_say_what_is_right(text: str) -> None:
    with pytest.raises(MalleeError) as caught:
        parse_address(text)
    assert caught.value.code is ExitCode.USAGE
    assert "tcp://HOST:PORT" in caught.value.next


def test_a_serial_port_that_is_not_there_says_what_to_do() -> None:
    link = open_link("serial:///dev/mallee-none?baud=19200")
    with pytest.raises(LinkDown, match="there is no serial port /dev/mallee-none") as caught:
        run_virtual(link.request(1, read_input(0, 1)))
    assert "list_ports" in caught.value.next


def test_backoff_grows_to_its_ceiling_and_repeats_from_its_seed() -> None:
    one, two = Backoff("a", 1.0, 60.0), Backoff("a", 1.0, 60.0)
    delays = [one.failed(0.0) for _ in range(12)]
    assert delays == [two.failed(0.0) for _ in range(12)]
    assert delays[0] <= 1.25
    assert 45.0 <= delays[-1] <= 75.0
    assert one.blocks(0.0)
    one.succeeded()
    assert not one.blocks(0.0)


def test_gate_order_and_bounds() -> None:
    async def main() -> None:
        gate, order = Gate(2), []
        gate.allow(1, 2)

        async def job(name: str, unit: int, priority: Priority, hold_s: float) -> None:
            async with gate.turn(unit, priority):
                order.append(name)
                await asyncio.sleep(hold_s)

        first = [
            asyncio.create_task(job("a", 1, Priority.POLL, 1)),
            asyncio.create_task(job("b", 2, Priority.POLL, 5)),
        ]
        await asyncio.sleep(0)
        later = [
            asyncio.create_task(job("b2", 2, Priority.WRITE, 0)),  # its unit is at its bound until b is done
            asyncio.create_task(job("poll", 3, Priority.POLL, 0)),
            asyncio.create_task(job("write", 4, Priority.WRITE, 0)),
        ]
        await asyncio.gather(*first, *later)
        assert order == ["a", "b", "write", "poll", "b2"]

    run_virtual(main())


@pytest.mark.parametrize("updates", [1, 4])
def test_what_comes_last_has_one_part_in_five_of_a_full_line_and_all_of_an_idle_one(updates) -> None:
    """However many ask so: together, and each as much as the others."""

    async def main() -> None:
        async def held(unit: int, priority: Priority, each_s: float, until_s: float) -> float:
            held_s = 0.0
            while asyncio.get_running_loop().time() < until_s:
                async with gate.turn(unit, priority):
                    await asyncio.sleep(each_s)
                    held_s += each_s
            return held_s

        gate = Gate(1)
        held_s = await asyncio.gather(
            *(held(20 + unit, Priority.PROBE, 0.06, 30.0) for unit in range(updates)),
            *(held(unit, Priority.POLL, 0.01, 30.0) for unit in range(2, 10)),
        )
        piece_s, poll_s = held_s[:updates], held_s[updates:]
        assert 0.17 < sum(piece_s) / sum(held_s) < 0.22
        assert min(poll_s) > 0.95 * max(poll_s) and max(piece_s) - min(piece_s) < 0.13
        assert await held(20, Priority.PROBE, 0.06, 60.0) > 29.0

    run_virtual(main())


def test_a_cancelled_wait_gives_its_place_back() -> None:
    async def main() -> None:
        gate = Gate(1)

        async def hold(seconds: float) -> None:
            async with gate.turn(1, Priority.POLL):
                await asyncio.sleep(seconds)

        for cancel_at in (0.5, 1.0):
            holder = asyncio.create_task(hold(1.0))
            await asyncio.sleep(0)
            waiter = asyncio.create_task(hold(1.0))
            await asyncio.sleep(cancel_at)
            waiter.cancel()
            await asyncio.gather(holder, waiter, return_exceptions=True)
            async with asyncio.timeout(5):
                await hold(0.1)

    run_virtual(main())


def test_percentile_is_nearest_rank() -> None:
    assert percentile([], 0.5) is None
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([float(n) for n in range(1, 101)], 0.99) == 99.0


def test_what_is_seen_of_a_link_each_second_is_the_sum_of_its_units() -> None:
    statistics = LinkStatistics(serial=True)
    for number in (1, 2):
        unit = statistics.unit(number)
        unit.requests, unit.timeouts, unit.damaged, unit.malformed, unit.late, unit.held_back = 10, 1, 2, 3, 4, 5
        unit.exceptions[2] = number
        unit.answered(number / 1000)
    statistics.opened(100.0)
    statistics.busy_s, statistics.noise_bytes = 2.0, 7
    seen = view("serial:///dev/ttyUSB0", statistics, 110.0)
    assert (seen.requests, seen.timeouts, seen.exceptions, seen.damaged, seen.late, seen.held_back) == (
        20,
        2,
        3,
        10,
        8,
        10,
    )
    assert (seen.noise_bytes, seen.load, seen.rtt_p99_ms, seen.reconnects) == (7, 0.2, 2.0, 0)
    assert view("tcp://192.0.2.1:502", LinkStatistics(), 1.0).rtt_p99_ms is None
