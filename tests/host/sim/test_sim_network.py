"""The virtual network and asyncio on virtual time, against an echo server on virtual boards."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time

import pytest
from mallee.sim.loop import run_in_world

from .worlds import FIRST_PORT, console, needs_micropython, world_of

pytestmark = needs_micropython


def connect(index: int = 0):
    return asyncio.open_connection("127.0.0.1", FIRST_PORT + index)


async def talk(count: int = 5) -> list[bytes]:
    """A conversation with two boards at once."""

    async def one(index: int) -> bytes:
        reader, writer = await connect(index)
        said = b""
        for i in range(count):
            writer.write(b"message %d to %d\n" % (i, index))
            said += await reader.readline()
            await asyncio.sleep(0.0123 * (index + 1))
        writer.write(b"ticks\n")
        said += await reader.readline()
        writer.close()
        await writer.wait_closed()
        return said

    return list(await asyncio.gather(one(0), one(1)))


def test_virtual_latency_and_clock():
    async def main():
        loop = asyncio.get_running_loop()
        assert loop.time() == 0.0
        reader, writer = await connect()
        assert loop.time() == pytest.approx(0.002)  # there and back
        writer.write(b"x\n")
        assert await reader.readline() == b"x\n"
        assert loop.time() == pytest.approx(0.004)
        await asyncio.sleep(60)
        assert loop.time() == pytest.approx(60.004)
        return loop.utc_now()  # type: ignore[attr-defined]

    with world_of("sleeper_main.py") as world:
        now = run_in_world(world, main())
    assert now.isoformat() == "2026-01-01T00:01:00.004000+00:00"


def test_same_seed_same_log():
    def run() -> tuple[list[bytes], str, int]:
        with world_of("echo_main.py", 2) as world:
            said = run_in_world(world, talk())
            world.kill("board-1")
            world.run_for(3)
            said += run_in_world(world, talk(2))
            return said, world.log_hash, world.log.count

    first = run()
    busy = [multiprocessing.get_context("spawn").Process(target=_spin, args=(2.0,)) for _ in range(2)]
    for process in busy:
        process.start()
    try:
        second = run()
    finally:
        for process in busy:
            process.join()
    assert first == second
    assert first[0][0].startswith(b"message 0 to 0\n") and first[2] > 40


def _spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_nothing_listens_is_refused():
    async def main():
        with pytest.raises(ConnectionRefusedError):
            await connect(7)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("10.0.0.1", 502)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", FIRST_PORT + 1)

    with world_of("clock_main.py", 2) as world:
        world.start()
        run_in_world(world, main())
        assert world.network.refused == 1  # the other two addresses are nobody's


def test_a_stream_is_not_a_sequence_of_messages():
    """What is written in pieces may arrive together, and a large write arrives in windows; nothing is lost or mixed up."""
    data = bytes(range(256)) * 64

    async def main():
        reader, writer = await connect()
        for i in range(0, 1024, 7):
            writer.write(data[i : min(i + 7, 1024)])
        writer.write(data[1024:])
        assert await reader.readexactly(len(data)) == data
        writer.close()

    with world_of("echo_main.py") as world:
        run_in_world(world, main())


def test_a_reader_that_does_not_read_stops_the_sender():
    """The window closes, `send` takes less; after reading goes on, everything comes."""

    async def main():
        reader, writer = await connect()
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"flood\n")
        await asyncio.sleep(1)
        writer.write(b"")
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        got = await reader.readexactly(20_000)
        assert got == bytes(i & 0xFF for i in range(20_000))
        writer.close()

    with world_of("flood_main.py") as world:
        run_in_world(world, main())
        assert "EAGAIN" in console(world)


def test_a_dead_controller_resets_its_connections_and_comes_back():
    async def main():
        reader, writer = await connect()
        other_reader, other_writer = await connect(1)
        writer.write(b"die\n")
        with pytest.raises(ConnectionResetError):
            await reader.readline()
        with pytest.raises(ConnectionRefusedError):
            await connect()
        other_writer.write(b"still here\n")
        assert await other_reader.readline() == b"still here\n"
        await asyncio.sleep(2.1)
        reader, writer = await connect()
        writer.write(b"back\n")
        assert await reader.readline() == b"back\n"

    with world_of("echo_main.py", 2) as world:
        run_in_world(world, main())
        assert world.controller("board-0").restarts == 1
        assert world.controller("board-0").last_reason == "exit status 3"
        assert world.controller("board-1").restarts == 0
        assert "after 1\n" in console(world) and "after 3\n" in console(world)


def test_a_controller_that_hangs_is_recognised_and_restarted():
    async def main():
        reader, writer = await connect()
        writer.write(b"hang\n")
        with pytest.raises(ConnectionResetError):
            await reader.readline()

    with world_of("echo_main.py") as world:
        world.controller("board-0").board.hang_s = 0.5
        run_in_world(world, main())
        assert "hangs" in world.controller("board-0").last_reason


def test_a_full_accept_queue_drops_the_fourth_until_there_is_room():
    async def main():
        began = asyncio.get_running_loop().time()
        streams = await asyncio.gather(*(connect() for _ in range(3)))
        took = asyncio.get_running_loop().time() - began
        for _, writer in streams:
            writer.close()
        return took

    with world_of("sleeper_main.py") as world:
        took = run_in_world(world, main())
        assert world.network.dropped_syn == 1
    assert took == pytest.approx(1.002)  # a SYN is repeated after a second


def test_a_coroutine_that_waits_for_nothing_is_stopped():
    with world_of("sleeper_main.py") as world, pytest.raises(TimeoutError):
        run_in_world(world, asyncio.Event().wait(), limit_s=5)


def test_processes_and_files_are_gone_after_close():
    world = world_of("echo_main.py", 2)
    world.start()
    pids = [c.board.pid for c in world.controllers.by_name.values()]
    directory = world.directory
    world.run_for(0.1)
    world.close()
    assert not directory.exists()
    for pid in pids:
        assert pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
