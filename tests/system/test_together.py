"""The broadcast block: a sample latched by several controllers at once, and their clocks; and nothing else by broadcast."""

import asyncio
import struct

import pytest
from mallee.device.device import Device
from mallee.errors import MalleeError
from mallee.link.rtu import SerialLink
from mallee.link.rtu_frames import encode

from .bench import Bench
from .serial_bench import SerialBench

MAGIC = 0x4D4C
LATCH, SET_CLOCK = 1, 2
CLOCK_S = 1_900_000_000


def block(command, number=0, clock_s=0, magic=MAGIC, first=20):
    return struct.pack(">BHHBHHHI", 16, first, 5, 10, magic, command, number, clock_s)


async def value(device, name):
    return (await device.read(name)).value


def test_a_broadcast_latches_the_same_moment_on_every_controller_of_the_line():
    bench = SerialBench(units=(1, 17))

    async def test(link: SerialLink) -> None:
        devices = [await Device.connect(link, unit) for unit in (1, 17)]
        for device in devices:
            assert await value(device, "latch_number") is None and await value(device, "latched.flow") is None
        bench.equipment.values["flow"] = 700.0
        await asyncio.sleep(1)
        bench.bus.send(0, encode(0, block(LATCH, 4711)))
        await asyncio.sleep(0.5)
        bench.equipment.values["flow"] = 300.0
        await asyncio.sleep(2)
        ages = []
        for device in devices:
            names = [name for name in device.dictionary.by_name if name.startswith("latch")]
            before = link.statistics.summary().requests
            everything = await device.read_many(names)
            assert link.statistics.summary().requests == before + 1, "number, age and copy in one request"
            assert everything["latch_number"].value == 4711
            assert everything["latched.flow"].value == pytest.approx(700, abs=1)
            assert everything["latched.state"].value == "local"
            ages.append(everything["latch_age"].value)
            assert await value(device, "flow") == pytest.approx(300, abs=1)
            sequence = everything["latched.sequence"].value
            assert 20 <= (await value(device, "sequence")) - sequence <= 40
            assert await value(device, "bus_broadcasts") == 1
        assert all(2400 <= age <= 3400 for age in ages)

    bench.run_link(test, timeout_s=0.5)


def test_a_broadcast_sets_the_clock_of_every_controller():
    bench = SerialBench(units=(1, 17))

    async def test(link: SerialLink) -> None:
        devices = [await Device.connect(link, unit) for unit in (1, 17)]
        bench.bus.send(0, encode(0, block(SET_CLOCK, clock_s=CLOCK_S)))
        await asyncio.sleep(3)
        clocks = [await value(device, "clock") for device in devices]
        assert all(CLOCK_S + 2 <= clock <= CLOCK_S + 5 for clock in clocks)
        assert [await value(device, "clock_source") for device in devices] == ["host", "host"]

    bench.run_link(test, timeout_s=0.5)


def test_nothing_else_is_done_by_broadcast():
    bench = SerialBench()

    async def test(link: SerialLink) -> None:
        device = await Device.connect(link, 1)
        frames = [
            block(LATCH, 1, magic=MAGIC + 1),
            block(LATCH, 1, first=21),
            block(0, 1),
            block(3, 1),
            struct.pack(">BHH", 6, 211, 2000),  # a set-point
            struct.pack(">BHHBH", 16, 211, 1, 2, 2000),
            struct.pack(">BHHB6H", 16, 20, 6, 12, MAGIC, LATCH, 1, 0, 0, 0),
            struct.pack(">BHHBI", 16, 2, 2, 4, CLOCK_S),  # the command register for one unit
        ]
        for frame in frames:
            bench.bus.send(0, encode(0, frame))
            await asyncio.sleep(0.1)
            if frame is frames[0]:
                assert await value(device, "refusal") == "none", "ignored, not refused"
        await asyncio.sleep(1.5)
        assert await value(device, "latch_number") is None and await value(device, "clock") is None
        assert await value(device, "supply_temperature_setpoint") == 37.0
        assert await value(device, "bus_broadcasts") == len(frames)

    bench.run_link(test, timeout_s=0.5)


def test_the_same_block_is_an_ordinary_write_too():
    bench = Bench("pdu")

    async def test(device):
        await asyncio.sleep(1)
        names = {"broadcast_magic": MAGIC, "broadcast_command": "latch", "broadcast_latch_number": 7}
        await device.write({**names, "broadcast_clock": 0})
        await asyncio.sleep(0.3)
        bench.equipment.current_A[1] = 40.0
        await asyncio.sleep(2)
        assert await value(device, "latch_number") == 7
        assert await value(device, "latched.branch.2.current") == pytest.approx(20, abs=0.2)
        assert await value(device, "branch.2.current") == pytest.approx(40, abs=0.4)
        assert await value(device, "broadcast_magic") == 0
        for wrong in ({"broadcast_magic": 1}, {"broadcast_command": "none"}):
            with pytest.raises(MalleeError, match="bad_command"):
                await device.write({**names, "broadcast_clock": 0, **wrong})
        for part in ({"broadcast_latch_number": 9}, {"broadcast_magic": MAGIC, "broadcast_command": "latch"}):
            with pytest.raises(MalleeError, match="bad_command"):
                await device.write(part)
        assert await value(device, "latch_number") == 7
        await device.write({**names, "broadcast_command": "set_clock", "broadcast_clock": CLOCK_S})
        await asyncio.sleep(2)
        assert CLOCK_S <= await value(device, "clock") <= CLOCK_S + 4

    bench.run(test)
