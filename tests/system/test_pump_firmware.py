"""The pump skid's firmware, whole, on a virtual board: what it measures, how it regulates, when it stops, how it lets go."""

import asyncio
import itertools

import pytest
from mallee.device.remote import Grant
from mallee.errors import MalleeError
from mallee.link.failures import Refused
from mallee.reading import Quality

from .bench import SET_POINTS, Bench


@pytest.fixture
def bench():
    return Bench("pump")


async def value(device, name):
    return (await device.read(name)).value


async def active_alarms(device):
    return {reading.entry.name for reading in await device.read_alarms() if reading.active}


def test_measures_what_the_transmitters_say_and_starts_without_a_bump(bench):
    async def test(device):
        fast = await device.read_fast()
        assert fast["supply_temperature"].value == pytest.approx(37.0, abs=0.02)
        assert fast["differential_pressure"].value == pytest.approx(200, abs=0.2)
        assert fast["heat"].value == pytest.approx(600 / 60 * 4.008 * 10, rel=0.01)
        assert fast["state"].value == "local"
        assert fast["dew_point"].value == pytest.approx(10.5, abs=0.2)
        assert all(r.quality is Quality.GOOD for name, r in fast.items() if name in ("flow", "level", "pump_speed.1"))
        assert not await active_alarms(device)
        # The pumps ran at 53 % before the start, and the pressure was right: they still do.
        assert bench.equipment.log[0][1][0] == pytest.approx(0.53 * 65535, rel=0.002)
        for _, duties in bench.equipment.log:
            assert duties[0] == pytest.approx(0.53 * 65535, rel=0.01)

    bench.run(test)


def test_pressure_below_its_set_point_speeds_the_pumps_up_and_warm_coolant_opens_the_valve(bench):
    async def test(device):
        valve = bench.equipment.valve
        bench.equipment.pressures(150.0)
        bench.equipment.values |= {"supply_1": 38.0, "supply_2": 38.0, "supply_3": 38.0}
        await asyncio.sleep(5)
        assert bench.equipment.speeds[0] > 55 and bench.equipment.speeds[0] == bench.equipment.speeds[1]
        assert bench.equipment.valve > valve + 1

    bench.run(test)


def test_an_open_wire_is_a_fault_with_quality_and_the_others_vote_on(bench):
    async def test(device):
        bench.equipment.values |= {"supply_2": None, "flow": None}
        await asyncio.sleep(3)
        fast = await device.read_fast()
        assert fast["supply_temperature_sensor.2"].value is None
        assert fast["supply_temperature_sensor.2"].quality is Quality.FAULT
        assert fast["supply_temperature"].value == pytest.approx(37.0, abs=0.02)
        assert fast["flow"].value is None and fast["heat"].value is None
        assert fast["sensors_dropped"].value == {"supply_2"}
        assert "supply_sensor_fault.2" in await active_alarms(device)

    bench.run(test)


def test_pressure_sensor_lost_leaves_the_loop_to_the_two_others_and_without_these_the_preset_speed(bench):
    async def test(device):
        bench.equipment.values["differential_pressure"] = None
        await asyncio.sleep(10)
        assert bench.equipment.speeds[0] == pytest.approx(53, abs=0.6)
        assert await active_alarms(device) == {"differential_pressure_lost"}
        bench.equipment.values["supply_pressure"] = None
        await asyncio.sleep(10)
        assert bench.equipment.speeds[0] == pytest.approx(60, abs=0.5)

    bench.run(test)


@pytest.mark.parametrize(
    ("wrong", "right", "alarm", "code", "within_s"),
    [
        ({"level": 3.0}, {"level": 60.0}, "dry_run", 16, 0.5),
        ({"supply_pressure": 650.0}, {"supply_pressure": 350.0}, "supply_pressure_stop", 17, 0.5),
        (
            {"return_pressure": 20.0, "supply_pressure": 220.0},
            {"return_pressure": 150.0, "supply_pressure": 350.0},
            "return_pressure_stop",
            20,
            10.5,
        ),
    ],
    ids=["level", "supply pressure", "return pressure"],
)
def test_an_interlock_stops_the_skid_and_stays_latched(bench, wrong, right, alarm, code, within_s):
    async def test(device):
        bench.equipment.values |= wrong
        await asyncio.sleep(within_s)
        assert bench.equipment.speeds == (0, 0)
        await asyncio.sleep(0.5)
        fast = await device.read_fast()
        assert fast["state"].value == "tripped"
        assert fast["pump_state.1"].value == "locked"
        assert alarm in await active_alarms(device)
        with pytest.raises(MalleeError, match="interlock"):
            await device.write({"reset_latch": code})  # the cause is still there
        bench.equipment.values |= right
        await asyncio.sleep(2)
        assert bench.equipment.speeds == (0, 0), "a latched stop must not clear itself"
        await device.write({"reset_latch": code})
        await asyncio.sleep(1)
        assert bench.equipment.speeds[0] > 0
        assert await value(device, "state") == "local"

    bench.run(test)


def test_the_dry_run_stop_needs_300_ms_and_a_broken_level_sensor_never_stops(bench):
    async def test(device):
        bench.equipment.values["level"] = None
        await asyncio.sleep(3)
        assert bench.equipment.speeds[0] > 10
        bench.equipment.values["level"] = 60.0
        await asyncio.sleep(0.1)
        began = bench.world.now_us
        bench.equipment.values["level"] = 3.0
        await asyncio.sleep(1)
        stopped = next(at for at, duties in bench.equipment.log if duties[0] == 0)
        assert 290_000 <= stopped - began <= 330_000

    bench.run(test)


def test_first_out_names_the_cause_and_not_the_consequence(bench):
    async def test(device):
        bench.equipment.values |= {"level": 3.0}
        await asyncio.sleep(1)
        bench.equipment.values |= {"differential_pressure": 10.0}
        await asyncio.sleep(5)
        fast = await device.read_fast()
        assert fast["first_out"].value == 16 and fast["alarm_count"].value >= 2

    bench.run(test)


def test_a_lease_moves_the_set_points_and_its_loss_is_graceful(bench):
    async def test(device):
        await device.write_remote(Grant(1, 1, 10), SET_POINTS)
        for _ in range(12):
            await asyncio.sleep(1)
            await device.write_remote(Grant(1, 1, 10), SET_POINTS)
        fast = await device.read_fast()
        assert fast["state"].value == "leased" and fast["lease_remaining"].value >= 9
        assert fast["active_supply_temperature"].value == 40.0
        speeds = bench.equipment.speeds[0]
        await asyncio.sleep(11)  # the host is gone
        fast = await device.read_fast()
        assert (fast["state"].value, fast["lease_state"].value) == ("local", "holding")
        assert fast["active_supply_temperature"].value == 40.0
        assert "lease_lost" in await active_alarms(device)
        await asyncio.sleep(55)
        assert await value(device, "active_supply_temperature") == 40.0
        bench.equipment.log.clear()
        await asyncio.sleep(15)
        fast = await device.read_fast()
        assert fast["active_supply_temperature"].value == 37.0
        assert fast["lease_state"].value == "none"
        duties = [duties[0] for _, duties in bench.equipment.log]
        assert speeds > 0 and all(abs(b - a) <= 0.011 * 65535 for a, b in itertools.pairwise(duties))
        with pytest.raises(Refused):
            await device.write_remote(Grant(1, 1, 10), SET_POINTS)  # the old epoch does not come back to life
        await device.write_remote(Grant(2, 2, 10), SET_POINTS)

    bench.run(test)


def test_two_hosts_cannot_both_hold_the_lease(bench):
    async def test(device):
        await device.write_remote(Grant(1, 5, 10), SET_POINTS)
        for grant in (Grant(2, 5, 10), Grant(2, 6, 10), Grant(1, 4, 10)):
            with pytest.raises(Refused):
                await device.write_remote(grant, SET_POINTS)
        await asyncio.sleep(0.2)
        assert await value(device, "refusal") == "lease_held"
        assert await value(device, "lease_holder") == 1

    bench.run(test)


def test_a_controller_that_dies_comes_back_without_a_bump_and_says_so(bench):
    async def test(device):
        before = bench.equipment.speeds
        bench.world.kill("bench")
        await asyncio.sleep(1)
        assert bench.equipment.speeds == before, "outputs hold while the controller is down"
        await asyncio.sleep(4)
        assert bench.controller.restarts == 1
        assert bench.equipment.speeds[0] == pytest.approx(before[0], rel=0.01)
        assert await value(device, "reset_reason") == "watchdog"
        assert "restarted" in await active_alarms(device)
        await device.write({"reset_latch": 4})
        await asyncio.sleep(0.2)
        assert "restarted" not in await active_alarms(device)

    bench.run(test)


def test_committed_settings_survive_a_power_cut_and_others_do_not(bench):
    async def test(device):
        await device.write({"differential_pressure_setpoint": 150.0})
        await device.write({"commit": 0xC0DE})
        await device.write({"supply_temperature_setpoint": 30.0})
        bench.world.power_cycle("bench")
        await asyncio.sleep(3)
        assert await value(device, "differential_pressure_setpoint") == 150.0
        assert await value(device, "supply_temperature_setpoint") == 37.0
        assert await value(device, "reset_reason") == "power_on"
        assert "settings_lost" not in await active_alarms(device)

    bench.run(test)


def test_the_supply_never_goes_below_the_dew_point_and_a_lying_sensor_is_bounded(bench):
    async def test(device):
        await device.write({"supply_temperature_setpoint": 20.0})
        bench.equipment.values |= {"ambient": 35.0, "humidity": 70.0}  # dew point 28.7 °C
        await asyncio.sleep(40)
        assert await value(device, "active_supply_temperature") == pytest.approx(28.7 + 2.5, abs=0.2)
        bench.equipment.values |= {"ambient": 60.0, "humidity": 100.0}
        await asyncio.sleep(40)
        assert await value(device, "active_supply_temperature") == 45.0
        bench.equipment.values |= {"humidity": None}
        await asyncio.sleep(40)
        assert await value(device, "active_supply_temperature") == pytest.approx(27.5, abs=0.1)

    bench.run(test)


def test_clock_is_unknown_until_it_is_set(bench):
    async def test(device):
        assert await value(device, "clock") is None
        await device.write({"set_clock": 1_790_000_000})
        await asyncio.sleep(5)
        assert await value(device, "clock") == pytest.approx(1_790_000_005, abs=1)

    bench.run(test)


def test_every_hard_tick_is_there_across_the_wrap_of_the_30_bit_clock(bench):
    async def test(device):
        await asyncio.sleep(30)  # ticks_ms wraps 10 s after the start
        fast = await device.read_many(["tick_count", "tick_overruns", "loop_overruns", "uptime"])
        assert fast["tick_overruns"].value == 0 and fast["loop_overruns"].value == 0
        assert fast["tick_count"].value >= 1000 * fast["uptime"].value

    bench.run(test)


def test_a_latched_stop_survives_a_controller_reset_and_a_power_up_clears_it(bench):
    async def test(device):
        bench.equipment.values["level"] = 3.0
        await asyncio.sleep(1)
        bench.equipment.values["level"] = 60.0
        await asyncio.sleep(1)
        bench.world.kill("bench")
        await asyncio.sleep(4)
        assert bench.controller.restarts == 1 and bench.equipment.speeds == (0, 0)
        assert await value(device, "state") == "tripped" and "dry_run" in await active_alarms(device)
        await device.write({"reset_latch": 16})
        await asyncio.sleep(1)
        assert bench.equipment.speeds[0] > 0
        bench.equipment.values["level"] = 3.0
        await asyncio.sleep(1)
        bench.equipment.values["level"] = 60.0
        bench.world.power_cycle("bench")
        await asyncio.sleep(3)
        assert await value(device, "state") == "local"

    bench.run(test)


def test_a_lost_interlock_sensor_is_named_as_what_it_is(bench):
    async def test(device):
        bench.equipment.values |= {"level": None, "supply_pressure": None}
        await asyncio.sleep(3)
        alarms = await active_alarms(device)
        assert {"interlock_sensor_lost.1", "interlock_sensor_lost.2"} <= alarms and "sensor_fault" not in alarms
        assert await value(device, "sensors_dropped") == {"level", "supply_pressure"}

    bench.run(test)


def test_speed_mode_asks_for_no_pressure(bench):
    async def test(device):
        await device.write({"speed_setpoint": 30.0, "mode_setpoint": "speed"})
        bench.equipment.values["differential_pressure"] = 60.0
        await asyncio.sleep(10)
        assert bench.equipment.speeds[0] == pytest.approx(30, abs=0.1)
        assert "flow_critical" not in await active_alarms(device)

    bench.run(test)


def test_what_an_earlier_host_left_does_not_come_back_to_life(bench):
    async def test(device):
        await device.write_remote(Grant(1, 1, 10), {**SET_POINTS, "remote_differential_pressure": 120.0})
        await device.write_remote(Grant(0, 1, 0), {**SET_POINTS, "remote_differential_pressure": 120.0})
        with pytest.raises(MalleeError, match="lease_incomplete"):
            await device.write({"remote_holder": 2, "remote_epoch": 2, "remote_seconds": 10})
        assert await value(device, "lease_state") != "active"

    bench.run(test)


def test_a_tick_that_dies_is_an_alarm_and_ends_in_a_restart(bench):
    """The tick is broken in the firmware's own flash: a module found before the real one raises in it once, after 3 s."""
    broken = (
        "import core.tick as real\n"
        "def start(capability, callback):\n"
        "    count = [0]\n"
        "    def tick(timer):\n"
        "        count[0] += 1\n"
        "        if count[0] >= 3000:\n"
        "            raise ValueError('broken')\n"
        "        callback(timer)\n"
        "    return started(capability, tick)\n"
        "started = real.start\n"
        "real.start = start\n"
    )
    info = bench.controller.flash / "build_info.py"
    info.write_text(info.read_text(encoding="utf-8") + broken, encoding="utf-8")

    async def test(device):
        await asyncio.sleep(5)
        assert "tick_stopped" in await active_alarms(device)
        assert await value(device, "tick_overruns") > 500
        await asyncio.sleep(12)
        assert bench.controller.restarts == 1 and "watchdog" in bench.controller.last_reason

    bench.run(test)


def test_a_commit_that_cannot_be_written_is_refused_and_the_old_copy_stays(bench):
    (bench.controller.flash / "settings.a").mkdir()  # the second copy cannot be written

    async def test(device):
        await device.write({"differential_pressure_setpoint": 150.0})
        await device.write({"commit": 0xC0DE})
        await device.write({"differential_pressure_setpoint": 160.0})
        with pytest.raises(MalleeError, match="storage"):
            await device.write({"commit": 0xC0DE})
        bench.world.power_cycle("bench")
        await asyncio.sleep(3)
        assert await value(device, "differential_pressure_setpoint") == 150.0

    bench.run(test)
