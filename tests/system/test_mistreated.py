"""Real firmware on virtual boards that are mistreated: supply, crystal, memories, heap."""

from __future__ import annotations

import asyncio
import random

import pytest
from mallee.device.device import Device
from mallee.device.remote import Grant
from mallee.errors import MalleeError
from mallee.link.opening import open_link
from mallee.sim import exchange, memory
from mallee.sim.boardclock import BoardClock
from mallee.sim.loop import run_in_world
from mallee.sim.world import World

from .bench import SET_POINTS, Bench

pytest.importorskip("CoolProp")

from ..host.sim.pods import default_pod

POWER_W = 8 * 3 * 240 * 20.0


async def value(device, name):
    return (await device.read(name)).value


async def until(so):
    """Look each 5 ms of virtual time, for 5 s."""
    for _ in range(1000):
        if so():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to that")


# Supply.


def test_a_supply_that_dips_again_and_again_starts_it_once_it_stays():
    bench = Bench("pump")

    async def test(device):
        await asyncio.sleep(3)
        before = bench.equipment.outputs
        assert before[0] > 0
        bench.equipment.log.clear()
        began_us = bench.world.now_us
        for dip in range(4):  # each before the last one's start of 500 ms is over
            bench.world.queue.at(
                began_us + dip * 400_000, lambda: bench.world.controllers.power_cycle("bench", 200_000)
            )
        await asyncio.sleep(0.01)
        assert bench.equipment.outputs == (-1, -1, -1, -1), (
            "no supply, no signal: drives do what boards/signals.py says"
        )
        await asyncio.sleep(4)
        starts = [at_s for at_s, _, what in bench.world.log.states() if what == "started"]
        assert starts[1:] == [pytest.approx((began_us + 3 * 400_000 + 700_000) / 1e6)]
        assert bench.controller.restarts == 1
        assert (await value(device, "reset_reason"), await value(device, "boot_count")) == ("power_on", 2)
        assert bench.equipment.outputs[0] > 0

    bench.run(test)


@pytest.mark.parametrize("how", ["power", "crash"])
def test_a_coil_is_driven_by_a_crashed_program_until_its_watchdog_and_not_without_supply(how):
    bench = Bench("pdu")

    async def test(device):
        await device.write({"branch_switch.3": False})
        await until(lambda: bench.equipment.outputs == (0, 4, 0))
        if how == "power":
            bench.world.power_cycle("bench")
            assert bench.equipment.outputs == (-1, -1, -1)
        else:
            bench.world.kill("bench")
            await asyncio.sleep(1)
            assert bench.equipment.outputs == (0, 4, 0), "shift registers hold what they were told"
        await asyncio.sleep(4)
        assert max(bench.equipment.outputs) <= 0
        assert bench.equipment.contacts == 0xFB, "bistable: they stay where they are"

    bench.run(test)


# Crystal.


def test_board_time_is_exact_and_never_goes_back():
    clock = BoardClock()
    clock.start(1_000)
    assert (clock.board_us(5_000), clock.world_us(4_000)) == (4_000, 5_000)
    for slow_ppm in (100, 333_333, 500_000, -250_000, 0):
        at = random.Random(slow_ppm).randrange(10**9)
        board = clock.board_us(at)
        clock.run_slow(at, slow_ppm)
        assert clock.board_us(at) == board
        assert clock.board_us(at + 10**9) - board == 10**9 - 1000 * slow_ppm
        for later in range(board, board + 50):
            world = clock.world_us(later)
            assert clock.board_us(world) >= later > clock.board_us(world - 1)


def test_a_slow_crystal_stretches_uptime_and_the_lease_alike():
    bench = Bench("pump")

    async def test(device):
        bench.world.controllers.run_slow("bench", 200_000)
        first, began_s = await value(device, "uptime"), bench.world.now_s
        await device.write_remote(Grant(3, 1, 10), SET_POINTS)
        await asyncio.sleep(11)
        assert await value(device, "lease_state") == "active", "10 s of the board are 12.5 s of the world"
        await asyncio.sleep(2.5)
        assert await value(device, "lease_state") != "active"
        await asyncio.sleep(7)
        passed = await value(device, "uptime") - first
        assert passed == pytest.approx(0.8 * (bench.world.now_s - began_s), abs=1.1)
        bench.world.controllers.run_slow("bench", 0)
        first, began_s = await value(device, "uptime"), bench.world.now_s
        await asyncio.sleep(5)
        assert await value(device, "uptime") - first == pytest.approx(bench.world.now_s - began_s, abs=1.1)

    bench.run(test)


# Memories.


def test_counters_never_fall_when_the_power_goes_at_any_byte_of_the_fram():
    bench = Bench("pdu")
    bytes_left = random.Random(1)

    async def test(device):
        last = 0.0
        for cut in range(12):
            await asyncio.sleep(2.3)
            last = max(last, await value(device, "energy"))
            bench.world.controllers.tear("bench", exchange.FRAM, bytes_left.randrange(200))
            restarts = bench.controller.restarts
            await until(lambda before=restarts: bench.controller.restarts > before)
            assert bench.controller.last_reason == "its supply went in the middle of a write"
            await asyncio.sleep(1.5)
            assert await value(device, "boot_count") == cut + 2
            assert await value(device, "reset_reason") == "power_on"
            # Kept each second: less than two seconds of it are lost, whatever was torn.
            now = await value(device, "energy")
            assert last - POWER_W * 2.1 / 3600 - 1 <= now <= POWER_W * bench.world.now_us / 3.6e9 + 1
            last = now

    bench.run(test)


@pytest.mark.parametrize(("after_bytes", "kept"), [(0, 45), (1, 45), (60, 45), (60_000, 60)])
def test_settings_are_the_old_ones_or_the_new_ones_when_the_power_goes_in_a_commit(after_bytes, kept):
    bench = Bench("pdu")

    async def test(device):
        await device.write({"thermal_time_constant": 45})
        await device.write({"commit": 0xC0DE})
        await asyncio.sleep(0.5)
        await device.write({"thermal_time_constant": 60})
        bench.world.controllers.tear("bench", exchange.FLASH, after_bytes)
        await asyncio.sleep(0.1)
        if after_bytes < 60_000:
            with pytest.raises(MalleeError):  # its connection breaks
                await device.write({"commit": 0xC0DE})
        else:
            await device.write({"commit": 0xC0DE})
        await asyncio.sleep(0.5)
        assert bench.controller.restarts == (after_bytes < 60_000)
        if after_bytes == 60_000:
            bench.world.power_cycle("bench")
        await asyncio.sleep(2.5)
        assert await value(device, "thermal_time_constant") == kept
        active = {reading.entry.name for reading in await device.read_alarms() if reading.active}
        assert "settings_lost" not in active

    bench.run(test)


# Heap.


async def asked(config, names):
    found = {}
    await asyncio.sleep(4)
    for entry in config.controllers:
        if entry.name in names:
            link = open_link(entry.address)
            try:
                device = await Device.connect(link, entry.unit, name=entry.name)
                found[entry.name] = await value(device, "heap_free")
            finally:
                await link.close()
    return found


def one_of_each(board):
    """A pod whose controllers have the heap of `board`; of the ten only a skid and a PDU run."""
    config = default_pod()
    world = World.from_pod(config, memory_of=board)
    names = (config.skids[0].name, config.pdus[0].name)
    world.controllers.by_name = {name: world.controller(name) for name in names}
    return config, world, names


@pytest.mark.parametrize("board", ["rp2_pico", "w5500_evb_pico", "esp32_s3"])
def test_the_firmware_lives_in_the_heap_of_each_board(board):
    config, world, names = one_of_each(board)
    with world:
        found = run_in_world(world, asked(config, names))
        assert all(world.controller(name).restarts == 0 for name in names)
    assert set(found) == set(names)
    assert all(20_000 < free < memory.heap_bytes(board) for free in found.values()), found


def test_a_heap_that_is_too_small_is_noticed(monkeypatch):
    monkeypatch.setattr(memory, "BYTES_PER_BYTE", 0.5)
    _, world, names = one_of_each("rp2_pico")
    with world:
        world.run_for(4)
        assert all(world.controller(name).restarts for name in names)
        assert all("MemoryError" in world.controller(name).board.console for name in names)
