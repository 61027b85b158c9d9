"""The host's serial link against the whole firmware, through a line with everything that can go wrong on one."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mallee import resources
from mallee.device.device import Device
from mallee.device.discovery import discover
from mallee.link import pdus
from mallee.link.failures import NoAnswer, Refused
from mallee.link.rtu import SerialLink
from mallee.poll.group import fast_group
from mallee.poll.poller import Poller
from mallee.sim.line.faults import Faults
from mallee.sim.loop import run_in_world

from .serial_bench import SerialBench

IDENTITY = (0x4D4C, 1, *resources.dictionary("pump").version)  # magic, profile, map version


@pytest.mark.parametrize(("baud", "framing"), [(9600, "8N1"), (19200, "8E1"), (38400, "8O1"), (115200, "8N2")])
def test_a_device_over_rtu(baud, framing):
    bench = SerialBench(baud=baud, framing=framing)

    async def test(link: SerialLink) -> None:
        device = await Device.connect(link, 1)
        fast = await device.read_fast()
        assert fast["supply_temperature"].value == pytest.approx(37.0, abs=0.02)
        assert (await device.read("bus_clients")).value is None
        with pytest.raises(Refused):
            await link.request(1, pdus.read_input(36, 1))
        with pytest.raises(NoAnswer):
            await link.request(2, pdus.read_input(0, 1))
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await link.request(1, pdus.read_input(0, 1))
        # Request 8, answer 7 characters, silence on the host's side at most and on the controller's once.
        bits = bench.bus.line.character_ns / 1e9
        silence_s = 3.5 * 11 / baud if baud <= 19200 else 0.00175
        assert 15 * bits + silence_s <= loop.time() - began_s <= 15 * bits + 2 * silence_s + 0.001
        summary = link.statistics.summary()
        assert (summary.damaged, summary.noise_bytes, summary.late, summary.echoes) == (0, 0, 0, 0)

    bench.run_link(test)


def test_a_dongle_that_echoes_is_recognised():
    bench = SerialBench(echo=True)

    async def test(link: SerialLink) -> None:
        with pytest.raises(Refused):  # the pump has no coils; its echo looks like consent
            await link.request(1, pdus.write_coil(3, True))
        assert link.echo is True
        answer = await link.request(1, pdus.read_input(0, 4))
        assert tuple(answer.registers) == IDENTITY
        assert link.statistics.echoes >= 3

    bench.run_link(test)


def test_an_echo_is_not_taken_for_the_answer_of_a_dead_unit():
    bench = SerialBench(echo=True)

    async def test(link: SerialLink) -> None:
        for _ in range(3):
            with pytest.raises(NoAnswer):
                await link.request(7, pdus.write_coil(3, True))
            await asyncio.sleep(1)
        assert link.statistics.unit(7).answers == 0

    bench.run_link(test)


def test_a_late_answer_is_never_taken_for_that_of_another_request():
    bench = SerialBench(faults=Faults(late=0.5, late_s=0.9))

    async def test(link: SerialLink) -> None:
        right = 0
        for turn in range(60):
            address = turn % 4
            with suppress(NoAnswer):
                answer = await link.request(1, pdus.read_input(address, 1))
                assert answer.registers[0] == IDENTITY[address]
                right += 1
            await asyncio.sleep(0.1)
        unit = link.statistics.unit(1)
        assert unit.late > 0 and unit.resyncs > 0 and right > 10

    bench.run_link(test)


FAULTS = st.builds(
    Faults,
    flip=st.sampled_from([0.0, 1e-4, 1e-3, 1e-2]),
    drop=st.sampled_from([0.0, 1e-3, 2e-2]),
    insert=st.sampled_from([0.0, 1e-3, 2e-2]),
    truncate=st.sampled_from([0.0, 0.1]),
    silent=st.sampled_from([0.0, 0.1]),
    late=st.sampled_from([0.0, 0.3]),
    late_s=st.sampled_from([0.2, 1.0]),
    babble=st.sampled_from([0.0, 1.0]),
)


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(faults=FAULTS, echo=st.booleans(), seed=st.integers(0, 1000))
def test_whatever_the_line_does_no_wrong_value_comes_out(faults, echo, seed):
    bench = SerialBench(faults=faults, echo=echo, seed=seed)

    async def test(link: SerialLink) -> None:
        failed = 0
        for turn in range(25):
            address, count = turn % 4, 1 + turn // 4 % 2 if turn % 4 < 3 else 1
            try:
                answer = await link.request(1, pdus.read_input(address, count))
                assert tuple(answer.registers) == IDENTITY[address : address + count]
            except NoAnswer:
                failed += 1
            await asyncio.sleep(0.05)
        unit, line = link.statistics.unit(1), bench.bus.line
        assert unit.timeouts + unit.held_back == failed
        assert unit.answers == 25 - failed
        if not sum(n for name, n in line.counts.items() if name != "echo"):
            assert failed == 0

    bench.run_link(test)


def test_a_request_that_nobody_waits_for_any_more_is_counted():
    async def test(link: SerialLink) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.005):  # its own eight characters take longer
                await link.request(1, pdus.read_input(0, 1))
        answer = await link.request(1, pdus.read_input(0, 1))
        assert tuple(answer.registers) == IDENTITY[:1]
        unit = link.statistics.unit(1)
        assert (unit.given_up, unit.answers, unit.timeouts) == (1, 1, 0)
        assert unit.resyncs == 1  # the unit proves first that its next answer is the right one

    SerialBench().run_link(test)


def test_two_controllers_on_one_line_do_not_disturb_each_other():
    bench = SerialBench(units=(1, 17))

    async def test(link: SerialLink) -> None:
        for turn in range(20):
            unit = (1, 17)[turn % 2]
            answer = await link.request(unit, pdus.read_input(11, 1))
            assert answer.registers == [unit]
            written = await link.request(unit, pdus.write_registers(211, [3600 + turn]))
            assert not written.isError()
        await asyncio.sleep(1)
        for unit in (1, 17):
            device = await Device.connect(link, unit)
            health = {name: (await device.read(name)).value for name in ("bus_errors", "bus_noise", "bus_unanswered")}
            assert health == {"bus_errors": 0, "bus_noise": 0, "bus_unanswered": 0}
            foreign = (await device.read("bus_foreign")).value
            assert isinstance(foreign, int) and foreign >= 40  # requests of the other one, and its answers
        assert bench.bus.line.counts["collision"] == 0

    bench.run_link(test)


def test_one_broadcast_latches_both_controllers_and_their_copies_are_read():
    bench = SerialBench(units=(1, 17))

    async def test(link: SerialLink) -> None:
        poller, heard = Poller(), []
        poller.subscribe(heard.append)
        for unit in (1, 17):
            device = await Device.connect(link, unit, name=str(unit))
            poller.add(device, [fast_group(device.dictionary, 1.0)])
        assert poller.latch(link, 1.0) == 2
        await asyncio.sleep(10)
        await poller.close()
        assert [poller.unsynchronised(name) for name in ("1", "17")] == [0, 0]
        for number in range(2, 9):
            pair = [polled for polled in heard if polled.latch == number]
            assert sorted(polled.device for polled in pair) == ["1", "17"] and all(polled.good for polled in pair)
        summary = link.statistics.summary()
        assert (summary.timeouts, summary.damaged, summary.late) == (0, 0, 0)

    bench.run_link(test)


@pytest.mark.parametrize(("answer_s", "lost"), [(0.15, [5]), (None, [1, 5, 17])])
def test_a_unit_that_is_silent_leaves_its_neighbours_their_turn(answer_s, lost):
    """Without a limit of its own for the answer the silent one has the line for as long as the others wait for it."""
    bench = SerialBench(units=(1, 17))

    async def test(_: SerialLink) -> None:
        link = SerialLink(bench.address, timeout_s=0.4, answer_s=answer_s)

        async def answers(unit: int) -> bool:
            try:
                await link.request(unit, pdus.read_input(11, 1))
            except NoAnswer:
                return False
            return True

        units = (5, 1, 17)
        found = await asyncio.gather(*map(answers, units))
        assert sorted(unit for unit, here in zip(units, found, strict=True) if not here) == lost
        await link.close()

    bench.run_link(test)


def test_a_line_that_is_slow_is_scanned_with_the_time_that_it_is_given():
    """A bad gateway, or an emulated board: every answer comes three seconds late."""
    bench = SerialBench(faults=Faults(late=1.0, late_s=3.0))
    found = []

    async def scan() -> None:
        await asyncio.sleep(1)
        found.append(await discover([bench.address], (1,)))
        await asyncio.sleep(10)
        found.append(await discover([bench.address], (1,), probe_s=20))

    try:
        run_in_world(bench.world, scan())
    finally:
        bench.world.close()
    assert found[0] == [] and [each.unit for each in found[1]] == [1]


def test_a_whole_line_is_scanned_in_25_seconds():
    bench = SerialBench()

    async def scan() -> None:
        await asyncio.sleep(1)
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        found = await discover([bench.address])
        assert [(each.unit, each.name, each.profile) for each in found] == [(1, "bench", "pump")]
        assert loop.time() - began_s <= 25

    try:
        run_in_world(bench.world, scan())
    finally:
        bench.world.close()
