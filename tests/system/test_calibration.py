"""Meters of a PDU that are wrong, and calibrated against the truth: real firmware, chips with errors, real link, real command."""

from __future__ import annotations

import asyncio
import json
import struct
import sys
from math import acos, sin
from typing import Any

import pytest
from mallee.device import calibrating
from mallee.device.calibration import Load, Shown, corrected
from mallee.errors import ExitCode, MalleeError
from mallee.sim.hostprocess import HostProcess

from .bench import ADDRESS, BRANCHES, Bench, PduBench

BRANCH = 3
ERRORS = {
    "voltage_gain": [1.021, 0.968, 1.004],
    "current_gain": [0.95, 1.08, 1.0],
    "current_offset_mA": [12.0, 25.0, 0.0],
    "power_offset_mW": [900.0, -1500.0, 0.0],
    "current_delay_us": [-38.0, 71.0, 12.0],
}
POINTS = {Load.NO_LOAD: (0.0, 1.0), Load.NOMINAL: (40.0, 1.0), Load.HALF: (20.0, 0.5)}


class Loads(PduBench):
    """Branches at a power factor, voltage lagging by none, current by acos of it (leading where it is below 0)."""

    power_factor = 1.0

    def pack(self) -> bytes:
        words: list[int] = []
        for branch in range(BRANCHES):
            amps = self.current_A[branch] if self.contacts >> branch & 1 else 0.0
            apparent = self.voltage_V * amps * 1000
            angle = acos(abs(self.power_factor)) * (1 if self.power_factor > 0 else -1)
            active, reactive = round(apparent * abs(self.power_factor)), round(apparent * sin(angle))
            words += [round(1000 * amps), *[round(1000 * self.voltage_V)] * 3, *[round(1000 * amps)] * 3]
            words += [*[active] * 3, *[reactive] * 3]
        tail = 50_000, self.contacts, self.absent, *self.rope_ohm, self.wired
        return struct.pack(f"<{len(words) + len(tail)}i", *words, *tail)

    def set(self, amps: float, factor: float) -> None:
        self.current_A[BRANCH - 1], self.power_factor = amps, factor

    def told(self) -> list[Shown]:
        amps = self.current_A[BRANCH - 1]
        return [Shown(self.voltage_V, amps, self.voltage_V * amps * abs(self.power_factor))] * 3


@pytest.fixture
def bench():
    made = Bench("pdu")
    made.equipment = Loads()
    (made.world.directory / "pdu" / "front_ends.json").write_text(json.dumps({str(BRANCH): ERRORS}))
    return made


async def take(bench: Bench, device: Any) -> list[Any]:
    """The three points; returns the corrections by phase."""
    seen, told = {}, {}
    for load, (amps, factor) in POINTS.items():
        bench.equipment.set(amps, factor)
        await asyncio.sleep(1.0)
        seen[load] = await calibrating.look(device, BRANCH)
        if load is not Load.NO_LOAD:
            told[load] = bench.equipment.told()
    old = await calibrating.corrections(device, BRANCH)
    return [
        corrected(
            old[phase],
            {load: found.phases[phase] for load, found in seen.items()},
            {load: rows[phase] for load, rows in told.items()},
            frequency_Hz=50.0,
        )
        for phase in range(3)
    ]


def test_after_calibration_every_load_is_within_a_tenth_of_a_percent(bench):
    async def test(device):
        bench.equipment.set(40.0, 1.0)
        await asyncio.sleep(2)
        before = await calibrating.look(device, BRANCH)
        off = [
            seen.power_W / told.power_W - 1 for seen, told in zip(before.phases, bench.equipment.told(), strict=True)
        ]
        assert off[0] == pytest.approx(-0.03, abs=0.005) and off[1] == pytest.approx(0.045, abs=0.005)
        new = await take(bench, device)
        await calibrating.write(device, BRANCH, new)
        for amps, factor in ((60.0, 1.0), (40.0, 0.5), (20.0, 0.8), (10.0, -0.6), (5.0, 0.9), (2.0, 1.0)):
            bench.equipment.set(amps, factor)
            await asyncio.sleep(1)
            shown = await calibrating.look(device, BRANCH)
            assert shown.leading == (factor < 0)
            for seen, told in zip(shown.phases, bench.equipment.told(), strict=True):
                assert seen.voltage_V == pytest.approx(told.voltage_V, rel=0.001), (amps, factor)
                assert seen.current_A == pytest.approx(told.current_A, rel=0.001), (amps, factor)
                assert seen.power_W == pytest.approx(told.power_W, rel=0.001), (amps, factor)
        energy = (await device.read(f"branch.{BRANCH}.energy")).value
        bench.equipment.set(60.0, 0.9)
        await asyncio.sleep(60)
        used = (await device.read(f"branch.{BRANCH}.energy")).value - energy
        assert used == pytest.approx(3 * 240 * 60 * 0.9 / 60, abs=1.5)

    bench.run(test)


def test_corrections_are_stored_and_a_chip_that_forgot_gets_them_again(bench):
    async def test(device):
        new = await take(bench, device)
        await calibrating.write(device, BRANCH, new)
        await device.write({"commit": 0xC0DE})
        for disturb in ("restart", "chip"):
            if disturb == "restart":
                bench.world.kill("bench")
            else:
                bench.equipment.absent = 1 << 8 + BRANCH - 1
                await asyncio.sleep(2)
                bench.equipment.absent = 0
            bench.equipment.set(30.0, 1.0)
            await asyncio.sleep(5)
            shown = await calibrating.look(device, BRANCH)
            for seen, told in zip(shown.phases, bench.equipment.told(), strict=True):
                assert seen.power_W == pytest.approx(told.power_W, rel=0.001), disturb
        assert (await device.read("calibration_pending")).value == frozenset()
        await asyncio.sleep(0.2)
        assert (await device.read("close_shown")).value is None

    bench.run(test)


def test_a_load_that_moves_and_a_chip_that_is_gone_are_refused(bench):
    async def test(device):
        async def swing():
            for turn in range(100):
                bench.equipment.set(40.0 + turn % 7, 1.0)
                await asyncio.sleep(0.1)

        await asyncio.sleep(2)
        moving = asyncio.create_task(swing())
        with pytest.raises(MalleeError, match="moved by") as refused:
            await calibrating.look(device, BRANCH)
        assert refused.value.code == ExitCode.REFUSED
        moving.cancel()
        bench.equipment.absent = 1 << 8 + BRANCH - 1
        await asyncio.sleep(1)
        with pytest.raises(MalleeError, match="no new values"):
            await calibrating.look(device, BRANCH)
        with pytest.raises(MalleeError, match="did not take"):
            await calibrating.write(device, BRANCH, await calibrating.corrections(device, BRANCH))

    bench.run(test)


def test_the_command_calibrates_in_three_runs(bench, tmp_path):
    async def test(device):
        reference = tmp_path / "meter.toml"
        reference.write_text(
            "[nominal]\nvoltage_V = [240, 240, 240]\ncurrent_A = [40, 40, 40]\npower_W = [9600, 9600, 9600]\n"
            "[half]\nvoltage_V = [240, 240, 240]\ncurrent_A = [20, 20, 20]\npower_W = [2400, 2400, 2400]\n"
        )

        async def command(*arguments: str) -> tuple[int, str]:
            ended: list[Any] = []
            line = [sys.executable, "-m", "mallee", "calibrate", f"{ADDRESS}#1", "--branch", str(BRANCH), "-o", "jsonl"]
            HostProcess(
                bench.world,
                [*line, *arguments],
                on_document=rows.append,
                on_end=lambda *end: ended.append(end),
                restart_s=None,
            )
            for _ in range(400):
                await asyncio.sleep(0.1)
                if ended:
                    status, said = ended[0]
                    return status, said
            raise AssertionError("it did not end")

        rows: list[Any] = []
        for load, (amps, factor) in POINTS.items():
            bench.equipment.set(amps, factor)
            await asyncio.sleep(1)
            rows.clear()
            status, said = await command("--point", load, "--reference", str(reference), "--dry-run")
            assert status == 0, said
            assert len(rows) == 15
            if load is Load.NO_LOAD:
                untouched = await calibrating.corrections(device, BRANCH)
                assert all(one.current_offset == 0 for one in untouched)
            status, said = await command("--point", load, "--reference", str(reference), "--yes")
            assert status == 0, said
        shown = await calibrating.look(device, BRANCH)
        for seen, told in zip(shown.phases, bench.equipment.told(), strict=True):
            assert seen.power_W == pytest.approx(told.power_W, rel=0.001)
        assert (await device.read("settings_commits")).value == 3
        status, said = await command("--point", "nominal", "--reference", str(reference), "--yes")
        assert status == ExitCode.REFUSED and "20.00" in said and "another transformer" in said
        status, said = await command("--reference", str(reference), "--yes")
        assert status == ExitCode.USAGE and "--point no-load" in said

    bench.run(test)
