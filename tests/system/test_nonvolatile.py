"""What outlives a reset and the power, on virtual boards: counters, the lease's epoch, the journal, the reason of a fault."""

import asyncio
import os
import signal

import pytest
from mallee import resources
from mallee.device.remote import Grant
from mallee.errors import MalleeError

from .bench import SET_POINTS, Bench

NO_FRAM = '\nCAPABILITIES["fram"] = False\n'
POWER_W = 8 * 3 * 240 * 20.0
# The firmware's own flash has a module that is found first: it makes one regulation step fail, 4 s after the first start.
BROKEN = """
import os
from {0}.profile import {1} as broken_profile
def broken(self, dt_ms, regulate=broken_profile.regulate, steps=[0]):
    steps[0] += 1
    if steps[0] == 40 and "failed" not in os.listdir():
        open("failed", "w").close()
        raise ValueError("broken on purpose")
    return regulate(self, dt_ms)
broken_profile.regulate = broken
"""


def without_fram(profile):
    bench = Bench(profile)
    board = (resources.boards_dir() / "virtual" / "board.py").read_text(encoding="utf-8")
    (bench.controller.flash / "board.py").write_text(board + NO_FRAM, encoding="utf-8")
    return bench


def kill(bench):
    """The process ends in the middle of whatever it does, by a signal of its own."""
    os.kill(bench.controller.board.pid, signal.SIGKILL)


async def value(device, name):
    return (await device.read(name)).value


async def kinds(device):
    return [(entry.kind, entry.what) for entry in await device.read_journal()]


@pytest.mark.parametrize("after_s", [7.0, 7.013, 7.03, 7.5, 7.97])
def test_energy_goes_on_after_the_process_was_killed(after_s):
    bench = Bench("pdu")

    async def test(device):
        assert (await value(device, "memory_kind"), await value(device, "boot_count")) == ("fram", 1)
        await asyncio.sleep(after_s)
        assert await value(device, "counter_saves") >= 7
        total, branch = await value(device, "energy"), await value(device, "branch.5.energy")
        kill(bench)
        await asyncio.sleep(3.5)
        truth = POWER_W * bench.world.now_us / 3.6e9
        # Kept each second, in six pieces of 10 ms each.
        assert total - POWER_W * 1.1 / 3600 - 1 <= await value(device, "energy") <= truth + 1
        assert branch - POWER_W * 1.1 / 8 / 3600 - 1 <= await value(device, "branch.5.energy") <= truth / 8 + 1
        assert await value(device, "boot_count") == 2 and await value(device, "reset_reason") == "watchdog"
        assert [what for kind, what in await kinds(device) if kind == "start"] == ["power_on", "watchdog"]

    bench.run(test)


def test_energy_and_starts_add_up_over_many_power_cuts():
    bench = Bench("pdu")

    async def test(device):
        last = 0
        for cut in range(5):
            await asyncio.sleep(3.21)
            last = await value(device, "energy")
            bench.world.power_cycle("bench")
            await asyncio.sleep(2)
            assert await value(device, "boot_count") == cut + 2
            assert await value(device, "energy") >= last - POWER_W * 1.1 / 3600 - 1
        assert last >= 5 * 3.21 * POWER_W / 3600 * 0.5
        entries = await device.read_journal()
        assert sum(entry.kind == "start" for entry in entries) == 6
        sequences = [entry.sequence for entry in entries]
        assert sequences == list(range(1, len(sequences) + 1))
        assert await value(device, "journal_sequence") == len(sequences)
        assert await value(device, "journal_dropped") == 0

    bench.run(test)


@pytest.mark.parametrize("make", [Bench, without_fram], ids=["fram", "file"])
def test_an_epoch_that_was_used_is_refused_after_the_power_was_off(make):
    bench = make("pump")

    async def test(device):
        await asyncio.sleep(2)
        await device.write_remote(Grant(3, 70_000, 10), SET_POINTS)
        await asyncio.sleep(1.2 if make is without_fram else 0.1)
        bench.world.power_cycle("bench")
        await asyncio.sleep(2)
        assert (await value(device, "lease_epoch"), await value(device, "lease_holder")) == (70_000, 3)
        assert await value(device, "lease_state") == "none"
        for epoch in (1, 69_999, 70_000):
            with pytest.raises(MalleeError):
                await device.write_remote(Grant(3, epoch, 10), SET_POINTS)
            assert await value(device, "refusal") == "lease_stale"
        await device.write_remote(Grant(4, 70_001, 10), SET_POINTS)
        await asyncio.sleep(0.2)
        assert await value(device, "lease_state") == "active"

    bench.run(test)


def test_run_time_of_the_pumps_goes_on():
    bench = Bench("pump")

    async def test(device):
        await asyncio.sleep(20)
        before = await value(device, "run_time.2")
        assert 19 <= before <= 21
        bench.world.power_cycle("bench")
        await asyncio.sleep(5)
        assert before + 3 <= await value(device, "run_time.2") <= before + 5.5
        bench.equipment.values["level"] = 3.0  # dry run: the pumps stop
        await asyncio.sleep(2)
        stopped = await value(device, "run_time.1")
        await asyncio.sleep(5)
        assert await value(device, "run_time.1") == stopped

    bench.run(test)


def test_without_fram_energy_is_saved_every_five_minutes_and_it_says_so():
    bench = without_fram("pdu")

    async def test(device):
        assert await value(device, "memory_kind") == "file"
        await asyncio.sleep(250)
        saves = await value(device, "counter_saves")
        assert saves == 2  # at the start, and once since
        assert await value(device, "blind_worst") is not None
        energy = await value(device, "energy")
        bench.world.power_cycle("bench")
        await asyncio.sleep(3)
        assert energy - POWER_W * 20 / 3600 <= await value(device, "energy") <= energy + POWER_W * 5 / 3600
        assert await value(device, "energy") >= POWER_W * 200 / 3600
        assert await value(device, "boot_count") == 2
        starts = [entry.sequence for entry in await device.read_journal() if entry.kind == "start"]
        assert starts == [1]  # in RAM: begins anew

    bench.run(test)


def test_without_fram_nothing_is_written_while_a_branch_is_hot():
    bench = without_fram("pdu")

    async def test(device):
        await device.write({"thermal_time_constant": 10})
        bench.equipment.current_A[0] = 75.0  # settles at 84 % of the trip
        await asyncio.sleep(270)
        assert await value(device, "counter_saves") == 1  # at the start
        bench.equipment.current_A[0] = 20.0
        await asyncio.sleep(20)
        assert await value(device, "counter_saves") == 2

    bench.run(test)


def test_a_flash_that_takes_nothing_is_told_and_harms_nothing():
    bench = without_fram("pump")
    for name in ("counters.a", "counters.b"):
        (bench.controller.flash / name).mkdir()

    async def test(device):
        assert await value(device, "memory_kind") == "none"
        assert await value(device, "boot_count") is None and await value(device, "fault_starts") is None
        assert await value(device, "state") == "local"
        await asyncio.sleep(300)
        assert bench.controller.restarts == 0

    bench.run(test)


def test_a_journal_has_what_happened_in_order_with_the_time():
    bench = Bench("pdu")

    async def test(device):
        await asyncio.sleep(2)
        await device.write({"set_clock": 1_900_000_000})
        await asyncio.sleep(0.1)
        await device.write({"branch_switch.3": False})
        bench.equipment.voltage_V = 190.0
        await asyncio.sleep(3)
        bench.equipment.voltage_V = 240.0
        await asyncio.sleep(3)
        await device.write({"commit": 0xC0DE})
        grant = {"remote_holder": 9, "remote_epoch": 1, "remote_seconds": 1, "permit": frozenset()}
        await device.write(grant)
        await asyncio.sleep(4)
        entries = await device.read_journal()
        what = [(entry.kind, entry.what) for entry in entries]
        assert what[0] == ("start", "power_on")
        for phase in (1, 2, 3):
            came, went = ("alarm_came", f"undervoltage.{phase}"), ("alarm_went", f"undervoltage.{phase}")
            assert what.index(came) < what.index(went) < what.index(("commit", ""))
        assert what.index(("clock_set", "")) < what.index(("switched", "branch 3 off"))
        assert what.index(("lease", "taken by host 9")) < what.index(("lease", "lost by host 9"))
        assert ("alarm_came", "lease_lost") in what
        assert entries[0].time is None and entries[0].uptime_s == 0
        lost = entries[what.index(("lease", "lost by host 9"))]
        assert lost.time is not None and 5 <= lost.time.timestamp() - 1_900_000_000 <= 12

    bench.run(test)


@pytest.mark.parametrize(("profile", "name"), [("pump", "Pump"), ("pdu", "Pdu")])
def test_an_error_of_the_main_loop_is_told_after_the_restart_and_outputs_hold(profile, name):
    bench = Bench(profile)
    info = bench.controller.flash / "build_info.py"
    info.write_text(info.read_text(encoding="utf-8") + BROKEN.format(profile, name), encoding="utf-8")

    async def test(device):
        await asyncio.sleep(1.5)
        before = bench.equipment.outputs
        bench.equipment.log.clear()
        await asyncio.sleep(5)
        assert bench.controller.restarts == 1 and bench.controller.last_reason == "it reset itself"
        assert "broken on purpose" in bench.controller.board.console
        assert await value(device, "reset_reason") == "fault" and await value(device, "fault_starts") == 1
        active = {reading.entry.name for reading in await device.read_alarms() if reading.active}
        assert active == {"restarted"}
        assert [what for kind, what in await kinds(device) if kind == "start"] == ["power_on", "fault"]
        if profile == "pump":
            driven = [duty for _, (duty, *_) in bench.equipment.log if duty >= 0]  # a pin in reset drives nothing
            assert driven and all(abs(duty - before[0]) < 700 for duty in driven)
        else:
            assert bench.equipment.contacts == 0xFF
        await device.write({"reset_latch": 4})
        kill(bench)  # and the next start has its own reason
        await asyncio.sleep(4)
        assert await value(device, "reset_reason") == "watchdog" and await value(device, "fault_starts") == 1
        bench.world.power_cycle("bench")
        await asyncio.sleep(3)
        assert await value(device, "reset_reason") == "power_on"

    bench.run(test)


def test_lateness_of_the_main_loop_is_counted():
    bench = Bench("pump")

    async def test(device):
        await asyncio.sleep(10)
        first = [await value(device, f"loop_lateness.{n}") for n in range(1, 9)]
        assert sum(first) >= 10 * 110 and first[0] > 0
        assert await value(device, "housekeeping_worst_lateness") is not None

    bench.run(test)


@pytest.mark.parametrize("make", [Bench, without_fram], ids=["fram", "file"])
def test_peaks_outlive_the_power_and_so_does_that_they_began_anew(make):
    bench = make("pdu")
    kept_s = 1.5 if make is Bench else 65  # without FRAM: the energies are as old

    async def test(device):
        bench.equipment.current_A[0] = 50.0
        await asyncio.sleep(3)
        bench.equipment.current_A[0] = 20.0
        await asyncio.sleep(2)
        peaks = {
            name: await value(device, name) for name in ("branch.1.peak_power", "peak_power", "branch.1.peak_current")
        }
        assert peaks["branch.1.peak_power"] == pytest.approx(36_000, rel=0.002)
        await asyncio.sleep(1.5 if make is Bench else 305)
        bench.world.power_cycle("bench")
        await asyncio.sleep(5)
        assert {name: await value(device, name) for name in peaks} == peaks
        assert await value(device, "branch.1.peak_demand") is None, "ten minutes were never known"
        await device.write({"reset_peaks": 1})
        await asyncio.sleep(kept_s)
        bench.world.power_cycle("bench")
        await asyncio.sleep(5)
        assert await value(device, "branch.1.peak_power") == pytest.approx(14_400, rel=0.01)
        assert await value(device, "branch.1.peak_current") == pytest.approx(20, rel=0.02)

    bench.run(test)
