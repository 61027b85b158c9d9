"""The PDU's flight recorder, from the converter of a virtual board to the host: real firmware, real link, real command."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest
from mallee.device.recording import Recording
from mallee.link import pdus
from mallee.sim.hostprocess import HostProcess

from .bench import ADDRESS, Bench

LOADS_A = [5.0 * n for n in range(1, 9)]  # of branch 1 to 8
SHORT_A = 500.0
CODE_A = 1000 / 40960
CONVERTER = 1  # bit of `absent`, see sim/chips/absence.py


@pytest.fixture
def bench():
    return Bench("pdu")


async def value(device, name) -> Any:
    return (await device.read(name)).value


async def trip(bench, branch: int, settle_s: float = 0.5) -> None:
    """A short circuit behind `branch`, which protection clears."""
    bench.equipment.current_A[branch - 1] = SHORT_A
    await asyncio.sleep(settle_s)
    bench.equipment.current_A[branch - 1] = LOADS_A[branch - 1]


async def reset_and_close(device, *branches: int) -> None:
    await device.write({"reset_latch": 0xACE})
    await asyncio.sleep(10.5)  # minimum_off_time
    await device.write({f"branch_switch.{branch}": True for branch in branches})
    await asyncio.sleep(2)


def one_trip(found: Recording | None, branch: int) -> bool:
    """The currents are those of a trip of this branch, all of them: none is another's."""
    assert found is not None and len(found.channels) == len(found.samples) == 8
    assert found.before == 200 and found.after == 300 and found.tripped == (f"branch.{branch}.current",)
    for number, values in enumerate(found.samples, 1):
        assert len(values) == 500
        load = pytest.approx(LOADS_A[number - 1], abs=2 * CODE_A)
        if number != branch:
            assert all(current == load for current in values), number
            continue
        step = next(i for i, current in enumerate(values) if current is not None and current > 100)
        # The first sample above the limit is the one before that of the trip, which takes two.
        assert step == found.before - 1, step
        assert all(current == load for current in values[:step])
        assert values[step : step + 2] == pytest.approx((SHORT_A, SHORT_A), abs=2 * CODE_A)
        opened = next(i for i, current in enumerate(values) if i > step and current is not None and current < 1)
        assert found.at_ms(opened) <= 20  # inputs of the virtual board move each 10 ms
        assert all(current == pytest.approx(0, abs=2 * CODE_A) for current in values[opened:])
    return True


def test_an_overcurrent_is_recorded_and_read_by_device_and_command(bench):
    printed: list[Any] = []
    ended: list[tuple[int, str]] = []

    async def test(device):
        bench.equipment.current_A = list(LOADS_A)
        assert await value(device, "recording_sequence") == 0 and await device.read_recording() is None
        await device.write({"set_clock": 1_900_000_000})
        await asyncio.sleep(2)
        await trip(bench, 3)
        found = await device.read_recording()
        assert one_trip(found, 3) and found.sequence == 1 and found.boot_count == 1
        assert found.alarm == "instantaneous_trip.3" and found.alarm_code == await value(device, "first_out")
        assert found.unit == "A" and found.sample_period_us == 1000
        came = next(entry for entry in await device.read_journal() if entry.kind == "alarm_came")
        assert came.code == found.alarm_code and found.time == came.time and found.uptime_s is None
        await asyncio.sleep(1)
        assert await value(device, "recording_sequence") == 1 and await value(device, "recordings_missed") == 0

        command = [sys.executable, "-m", "mallee", "recording", f"{ADDRESS}#1", "-o", "jsonl"]
        HostProcess(
            bench.world, command, on_document=printed.append, on_end=lambda *end: ended.append(end), restart_s=None
        )
        for _ in range(100):
            await asyncio.sleep(0.1)
            if printed:
                break
        (document,) = printed
        assert document["device"] == f"{ADDRESS}#1" and document["alarm"] == "instantaneous_trip.3"
        assert document["channels"] == list(found.channels) and document["samples"] == [list(v) for v in found.samples]

    bench.run(test)


def test_one_that_nobody_has_read_is_held_while_its_trip_is_latched_and_others_are_counted(bench):
    async def test(device):
        bench.equipment.current_A = list(LOADS_A)
        await asyncio.sleep(0.5)
        await trip(bench, 3)
        await asyncio.sleep(1)
        await trip(bench, 6)  # branch 3 is latched
        await asyncio.sleep(1)
        assert await value(device, "recordings_missed") == 1
        first = await device.read_recording()
        assert one_trip(first, 3) and first.first_out
        await reset_and_close(device, 3, 6)
        assert await device.read_recording() == first
        await trip(bench, 5)
        second = await device.read_recording()
        assert one_trip(second, 5) and second.sequence == 2 and second.alarm == "instantaneous_trip.5"
        assert second.first_out and await value(device, "recordings_missed") == 1

    bench.run(test)


def test_a_branch_that_stays_latched_blinds_the_recorder_only_until_somebody_has_read_it(bench):
    async def test(device):
        bench.equipment.current_A = list(LOADS_A)
        await asyncio.sleep(0.5)
        await trip(bench, 3)
        assert one_trip(await device.read_recording(), 3)
        await asyncio.sleep(1)
        await trip(bench, 6)
        second = await device.read_recording()
        assert second.tripped == ("branch.6.current",) and second.sequence == 2 and not second.first_out
        assert await value(device, "recordings_missed") == 0 and await value(device, "tripped") == {
            "branch_3",
            "branch_6",
        }

    bench.run(test)


def test_an_overload_is_recorded_with_its_own_alarm(bench):
    async def test(device):
        bench.equipment.current_A[6] = 250.0  # 4 In
        await asyncio.sleep(30)
        found = await device.read_recording()
        assert found is not None and found.alarm == "overload_trip.7" and found.tripped == ("branch.7.current",)
        assert all(current == pytest.approx(250, abs=2 * CODE_A) for current in found.samples[6][: found.before])

    bench.run(test)


def test_what_the_converter_did_not_give_has_no_value(bench):
    async def test(device):
        bench.equipment.current_A = list(LOADS_A)
        await asyncio.sleep(0.5)
        bench.equipment.absent = CONVERTER
        await asyncio.sleep(0.05)
        bench.equipment.absent = 0
        await asyncio.sleep(0.05)
        await trip(bench, 3)
        found = await device.read_recording()
        gaps = {i for values in found.samples for i, current in enumerate(values) if current is None}
        assert len(gaps) == 50 and max(gaps) - min(gaps) == 49 and max(gaps) < found.before - 1
        assert all((values[i] is None) == (i in gaps) for values in found.samples for i in range(500))

    bench.run(test)


def test_a_reset_loses_it_and_a_trip_behind_one_that_is_still_latched_is_recorded(bench):
    async def test(device):
        await trip(bench, 3)
        assert (await device.read_recording()).sequence == 1
        bench.world.kill("bench")
        await asyncio.sleep(4)
        assert await device.read_recording() is None and await value(device, "tripped") == {"branch_3"}
        await trip(bench, 4)
        await asyncio.sleep(1)
        found = await device.read_recording()
        assert found.sequence == 1 and found.tripped == ("branch.4.current",) and not found.first_out
        assert await value(device, "recordings_missed") == 0

    bench.run(test)


@pytest.mark.parametrize("parts", [1, 3, 20, 34])
def test_a_trip_while_a_recording_is_downloaded_gives_the_new_one_whole(bench, parts):
    """After so many parts of the file, the next trip comes; and at the last of them, 100 ms before the download goes on."""

    async def test(device):
        bench.equipment.current_A = list(LOADS_A)
        await asyncio.sleep(0.5)
        await trip(bench, 3)
        assert one_trip(await device.read_recording(), 3)
        await reset_and_close(device, 3)
        request, asked = device.link.request, 0

        async def interrupted(unit, pdu, **options):
            nonlocal asked
            answer = await request(unit, pdu, **options)
            if pdus.encode(pdu)[0] == 0x14:
                asked += 1
                if asked == 3 + parts:  # two for the directory, one for the length
                    await trip(bench, 6, settle_s=0.1)
            return answer

        device.link.request = interrupted
        found = await device.read_recording()
        assert asked > 3 + parts and one_trip(found, 6) and found.sequence == 2

    bench.run(test)


def test_a_pump_skid_has_none_and_says_so():
    async def test(device):
        from mallee.errors import MalleeError

        await asyncio.sleep(2)
        assert await value(device, "recording_sequence") is None and await value(device, "recordings_missed") is None
        with pytest.raises(MalleeError, match="has no flight recorder"):
            await device.read_recording()

    Bench("pump").run(test)
