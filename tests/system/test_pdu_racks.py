"""A leak at a rack, as a PDU meets it: ropes that are wet, cut and shorted, and the valve behind dead branches."""

import asyncio

import pytest
from mallee.errors import MalleeError

from .bench import Bench

DRY, WET, CUT, SHORTED = 10_000_000, 5_000, -1, 0
LEAK_1, LEAK_2 = 75, 76


@pytest.fixture
def bench():
    return Bench("pdu")


async def value(device, name):
    return (await device.read(name)).value


async def active_alarms(device):
    return {reading.entry.name for reading in await device.read_alarms() if reading.active}


def valves(bench):
    return bench.equipment.outputs[2]


def test_a_wet_rope_opens_its_rack_within_a_second_and_then_lets_the_valve_close(bench):
    async def test(device):
        await asyncio.sleep(1)
        began_us = bench.world.now_us
        bench.equipment.rope_ohm[0] = WET
        await asyncio.sleep(2)
        opened_us = next(at for at, (_, reset, _) in bench.equipment.log if at > began_us and reset & 0x0F == 0x0F)
        closed_us = next(at for at, (_, _, valve) in bench.equipment.log if valve == 1)
        assert opened_us - began_us < 1_000_000 and opened_us < closed_us
        assert bench.equipment.contacts == 0xF0 and valves(bench) == 1
        assert (
            await value(device, "branch.2.trip_cause") == "leak" and await value(device, "branch.2.state") == "tripped"
        )
        assert await value(device, "leak_rope.1") == "wet" and await value(device, "leak_rope.2") == "dry"
        assert await value(device, "isolated") == {"rope_1"}
        assert await active_alarms(device) == {"leak.1"}

    bench.run(test)


def test_it_is_reset_like_a_trip_once_the_rope_is_dry(bench):
    async def test(device):
        await asyncio.sleep(1)
        bench.equipment.rope_ohm[1] = WET
        await asyncio.sleep(2)
        with pytest.raises(MalleeError):
            await device.write({"reset_latch": LEAK_2})
        with pytest.raises(MalleeError, match="interlock"):
            await device.write({"branch_switch.5": True})
        bench.equipment.rope_ohm[1] = DRY
        await asyncio.sleep(1)
        assert valves(bench) == 2, "until somebody resets it"
        await device.write({"reset_latch": LEAK_2})
        await asyncio.sleep(12)
        assert valves(bench) == 0 and bench.equipment.contacts == 0x0F
        assert await value(device, "branch.5.trip_cause") == "none"
        await device.write({"branch_switch.5": True})
        await asyncio.sleep(1)
        assert bench.equipment.contacts == 0x1F

    bench.run(test)


def test_a_branch_that_is_not_dead_keeps_the_valve_open(bench):
    async def test(device):
        await asyncio.sleep(1)
        bench.equipment.leaking_A[3] = 20.0  # two poles are welded, and the contact says open
        bench.equipment.rope_ohm[0] = WET
        await asyncio.sleep(3)
        assert bench.equipment.contacts == 0xF0 and valves(bench) == 0
        assert await active_alarms(device) == {"leak.1", "contactor_welded.4"}
        bench.equipment.leaking_A[3] = 0.0
        await asyncio.sleep(0.5)
        assert valves(bench) == 1

    bench.run(test)


@pytest.mark.parametrize(("ohm", "word"), [(CUT, "cut"), (SHORTED, "shorted")])
def test_a_rope_that_cannot_be_judged_is_its_own_alarm(bench, ohm, word):
    async def test(device):
        await asyncio.sleep(1)
        bench.equipment.rope_ohm[0] = ohm
        await asyncio.sleep(3)
        assert bench.equipment.contacts == 0xFF and valves(bench) == 0
        assert await active_alarms(device) == {"leak_rope_fault.1"} and await value(device, "leak_rope.1") == word

    bench.run(test)


def test_a_rope_that_is_cut_while_it_is_wet_ends_no_leak(bench):
    async def test(device):
        await asyncio.sleep(1)
        bench.equipment.rope_ohm[0] = WET
        await asyncio.sleep(1)
        bench.equipment.rope_ohm[0] = CUT
        await asyncio.sleep(3)
        with pytest.raises(MalleeError):
            await device.write({"reset_latch": LEAK_1})
        assert valves(bench) == 1 and bench.equipment.contacts == 0xF0

    bench.run(test)


def test_a_leak_survives_a_controller_reset(bench):
    async def test(device):
        await asyncio.sleep(1)
        bench.equipment.rope_ohm[0] = WET
        await asyncio.sleep(1)
        bench.world.kill("bench")
        bench.equipment.rope_ohm[0] = DRY
        await asyncio.sleep(4)
        assert await value(device, "branch.1.trip_cause") == "leak" and "leak.1" in await active_alarms(device)
        assert valves(bench) == 1
        with pytest.raises(MalleeError, match="interlock"):
            await device.write({"branch_switch.1": True})
        await device.write({"reset_latch": LEAK_1})
        await asyncio.sleep(0.5)
        assert valves(bench) == 0

    bench.run(test)


def test_a_rope_that_was_never_dry_is_not_fitted_unless_it_is_expected(bench):
    async def test(device):
        bench.equipment.rope_ohm = [CUT, SHORTED]
        bench.world.kill("bench")
        await asyncio.sleep(4)
        assert await value(device, "leak_rope.1") == await value(device, "leak_rope.2") == "not_fitted"
        assert not {name for name in await active_alarms(device) if name.startswith("leak")}
        await device.write({"expected_chips": {"leak_1"}})
        await asyncio.sleep(2)
        assert "leak_rope_fault.1" in await active_alarms(device)

    bench.run(test)


def test_which_branches_a_leak_opens_is_a_setting(bench):
    async def test(device):
        await device.write({"leak_branches_1": {"branch_1", "branch_8"}})
        bench.equipment.rope_ohm[0] = WET
        await asyncio.sleep(2)
        assert bench.equipment.contacts == 0x7E and valves(bench) == 1

    bench.run(test)


def test_a_closed_branch_without_current_beside_others_is_an_observation(bench):
    async def test(device):
        bench.equipment.current_A[2] = 0.0
        await asyncio.sleep(2)
        assert await value(device, "idle") == {"branch_3"} and not await active_alarms(device)
        bench.equipment.current_A = [0.0] * 8
        await asyncio.sleep(1)
        assert not await value(device, "idle")

    bench.run(test)
