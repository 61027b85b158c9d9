"""What a bad network does to a connection: it is late and in pieces, cut, or forgotten on the way."""

from __future__ import annotations

import asyncio

import pytest
from mallee.sim.loop import run_in_world
from mallee.sim.networkfaults import NetworkFaults
from mallee.sim.world import World

from .worlds import FIRST_PORT, asked, needs_micropython, server, world_of


@needs_micropython
def test_pieces_and_delays_keep_the_order_and_lose_nothing():
    async def main() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", FIRST_PORT)
        said = b"".join(b"line %d\n" % i for i in range(200))
        for at in range(0, len(said), 31):
            writer.write(said[at : at + 31])
            await asyncio.sleep(0.003)
        got = await reader.readexactly(len(said))
        assert got == said
        return got

    def run(seed: str) -> str:
        with world_of("echo_main.py", 1) as world:
            world.network.disturb(server(world), NetworkFaults(jitter_ms=30, split=0.5), seed)
            run_in_world(world, main())
            assert world.network.faults["split"] > 20
            return world.log_hash

    assert run("1") == run("1") != run("2")


@needs_micropython
def test_what_a_cut_holds_back_arrives_when_it_ends():
    async def main(world: World) -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", FIRST_PORT)
        world.network.disturb(server(world), NetworkFaults(cut=True))
        writer.write(b"held\n")
        await asyncio.sleep(3.0)
        began_s = world.now_s
        world.network.disturb(server(world), None)
        assert await reader.readline() == b"held\n"
        return world.now_s - began_s

    with world_of("echo_main.py", 1) as world:
        assert 0.2 <= run_in_world(world, main(world)) < 0.25  # TCP repeats it after 200 ms


@needs_micropython
def test_a_half_open_connection_is_silent_for_both_and_a_new_one_works():
    async def main(world: World) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", FIRST_PORT)
        world.network.disturb(server(world), NetworkFaults(half_open=1.0))
        writer.write(b"lost\n")
        await asyncio.sleep(0.01)
        world.network.disturb(server(world), None)
        writer.write(b"lost too\n")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.0):
                await reader.readline()
        assert await asked() == "ok"

    with world_of("echo_main.py", 1) as world:
        run_in_world(world, main(world))
