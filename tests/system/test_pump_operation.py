"""The pump skid's firmware, whole: what it is about, its pumps one by one, leaks, the contacts to the other skid."""

import asyncio
import itertools

import pytest
from mallee.device.remote import Grant

from .bench import SET_POINTS, Bench
from .test_pump_firmware import active_alarms, value

PEER, SWITCH = 1, 2
WET, CUT, SHORTED = 5_000, -1, 0
FULL = 65535


@pytest.fixture
def bench():
    return Bench("pump")


def speeds(bench, first, second):
    bench.equipment.values |= {"speed_1": first, "speed_2": second}


async def lose(bench, litres, seconds=2):
    """Of a vessel of 100 l."""
    bench.equipment.values["level"] -= litres
    await asyncio.sleep(seconds)


@pytest.mark.parametrize("contacts", [0, PEER], ids=["alone", "beside another that carries"])
def test_rope_and_balance_stop_this_skid_only_where_the_other_one_carries(bench, contacts):
    async def test(device):
        bench.equipment.contacts = contacts
        await asyncio.sleep(2)
        assert await value(device, "peer_running") == ("closed" if contacts else "open")
        assert await value(device, "leak_rope") == "dry" and bench.equipment.outputs[3] == 1
        await lose(bench, 5)
        assert await value(device, "lost_volume") == pytest.approx(5, abs=0.2)
        assert await active_alarms(device) == {"leak_balance"} and bench.equipment.speeds[0] > 10
        bench.equipment.rope_ohm = WET
        await asyncio.sleep(2)
        alarms = await active_alarms(device)
        assert {"leak_balance", "leak_rope"} <= alarms
        if not contacts:
            assert "leak_stop" not in alarms and bench.equipment.speeds[0] > 10
            return
        assert "leak_stop" in alarms and bench.equipment.speeds == (0, 0) and bench.equipment.outputs[3] == 0
        assert await value(device, "state") == "tripped"
        bench.equipment.rope_ohm = 10_000_000
        bench.world.kill("bench")  # a reset does not let go of it
        await asyncio.sleep(4)
        assert bench.equipment.speeds == (0, 0) and "leak_stop" in await active_alarms(device)
        await device.write({"reset_latch": 42})
        await asyncio.sleep(1)
        assert bench.equipment.speeds[0] > 0

    bench.run(test)


def test_without_heat_for_half_a_minute_nobody_needs_this_skid(bench):
    async def test(device):
        bench.equipment.rope_ohm = WET
        bench.equipment.values["return"] = None
        await lose(bench, 5, 40)
        assert bench.equipment.speeds[0] > 10, "heat that is not known is not zero"
        bench.equipment.values["return"] = 37.1
        await asyncio.sleep(25)
        assert bench.equipment.speeds[0] > 10
        await asyncio.sleep(10)
        assert bench.equipment.speeds == (0, 0)

    bench.run(test)


@pytest.mark.parametrize(("ohm", "state"), [(CUT, "cut"), (SHORTED, "shorted")])
def test_a_broken_rope_is_a_fault_and_never_a_leak(bench, ohm, state):
    async def test(device):
        bench.equipment.contacts = PEER
        await asyncio.sleep(1)
        bench.equipment.rope_ohm = ohm
        await lose(bench, 5, 4)
        assert await value(device, "leak_rope") == state
        assert await active_alarms(device) == {"leak_rope_fault", "leak_balance"}
        assert bench.equipment.speeds[0] > 10

    bench.run(test)


def test_a_level_switch_counts_where_the_transmitter_cannot(bench):
    async def test(device):
        await asyncio.sleep(1)
        assert await value(device, "level_switch") is None, "never seen closed: not fitted"
        bench.equipment.contacts = SWITCH
        await asyncio.sleep(2)
        assert await value(device, "level_switch") == "closed"
        bench.equipment.contacts = 0
        await asyncio.sleep(3)
        assert await active_alarms(device) == {"level_low"} and bench.equipment.speeds[0] > 10
        bench.equipment.values["level"] = None
        await asyncio.sleep(1)
        assert bench.equipment.speeds == (0, 0) and "dry_run" in await active_alarms(device)
        bench.equipment.contacts = SWITCH
        await asyncio.sleep(2)
        await device.write({"reset_latch": 16})
        await asyncio.sleep(1)
        assert bench.equipment.speeds[0] > 0

    bench.run(test)


def test_standby_stops_and_starts_by_itself_when_the_other_skid_is_gone(bench):
    async def test(device):
        await device.write({"operation_setpoint": "standby"})
        await asyncio.sleep(8)
        speeds(bench, 0.0, 0.0)
        assert bench.equipment.speeds == (0, 0) and await value(device, "operation") == "standby"
        assert await value(device, "pump_state.1") == "stopped" and not await active_alarms(device)
        bench.equipment.values |= {"differential_pressure": 100.0, "flow": 0.0}
        await asyncio.sleep(2.5)
        assert bench.equipment.speeds == (0, 0)
        await asyncio.sleep(1.5)
        assert bench.equipment.speeds[0] > 1 and await value(device, "operation") == "run"

    bench.run(test)


def test_after_standby_the_valve_goes_back_to_the_trim_that_the_exchanger_had(bench):
    async def test(device):
        await asyncio.sleep(2)
        valve = bench.equipment.valve
        await device.write({"operation_setpoint": "standby"})
        bench.equipment.values |= {"flow": 0.0, "speed_1": 0.0, "speed_2": 0.0}
        await asyncio.sleep(30)
        assert bench.equipment.valve == pytest.approx(70, abs=0.1)
        await device.write({"operation_setpoint": "run"})
        bench.equipment.values |= {"flow": 600.0, "speed_1": 53.0, "speed_2": 53.0}
        await asyncio.sleep(10)
        assert bench.equipment.valve == pytest.approx(valve, abs=0.5)

    bench.run(test)


def test_filling_turns_slowly_on_and_off_with_interlocks_and_without_deviation_alarms(bench):
    async def test(device):
        await device.write({"operation_setpoint": "fill", "fill_on": 5, "fill_off": 5, "fill_speed": 20.0})
        bench.equipment.values |= {"differential_pressure": 5.0, "level": 40.0}
        await asyncio.sleep(6)
        bench.equipment.log.clear()
        await asyncio.sleep(25)
        seen = {round(duties[0] / FULL * 100) for _, duties in bench.equipment.log}
        assert 0 in seen and 20 in seen and max(seen) == 20
        assert bench.equipment.valve == pytest.approx(70, abs=0.1) and await value(device, "lost_volume") is None
        assert not {"flow_critical", "flow_low", "leak_balance"} & await active_alarms(device)
        bench.equipment.values["level"] = 3.0
        await asyncio.sleep(1)
        assert bench.equipment.speeds == (0, 0) and "dry_run" in await active_alarms(device)

    bench.run(test)


def test_service_is_by_hand_one_by_one_and_ends_by_itself(bench):
    async def test(device):
        valve = bench.equipment.valve
        await device.write({"operation_setpoint": "service", "service_timeout": 20, "service_speed.2": 30.0})
        await asyncio.sleep(5)
        assert bench.equipment.speeds == pytest.approx((53, 30), abs=0.1)
        assert bench.equipment.valve == pytest.approx(valve, abs=0.1)
        await device.write({"service_valve": 62.0})
        await asyncio.sleep(5)
        assert bench.equipment.valve == pytest.approx(62.0, abs=0.1)
        speeds(bench, 53.0, 30.0)
        await asyncio.sleep(12)
        assert await value(device, "operation") == "run" and await value(device, "operation_setpoint") == "run"
        speeds(bench, 53.0, 53.0)
        await asyncio.sleep(5)
        assert bench.equipment.speeds[0] == bench.equipment.speeds[1]

    bench.run(test)


def test_a_host_may_ask_for_standby_and_somebody_at_the_skid_counts_for_more(bench):
    async def test(device):
        await device.write_remote(Grant(1, 1, 30), {**SET_POINTS, "remote_operation": "standby"})
        await asyncio.sleep(1)
        assert await value(device, "operation") == "standby"
        await device.write({"operation_setpoint": "service"})
        await asyncio.sleep(1)
        assert await value(device, "operation") == "service"

    bench.run(test)


def test_only_deviations_wait_after_a_start(bench):
    async def test(device):
        await device.write({"operation_setpoint": "standby"})
        await asyncio.sleep(8)
        speeds(bench, 0.0, 0.0)
        bench.equipment.pressures(20.0)
        bench.equipment.values["flow"] = 0.0
        bench.equipment.values |= {f"supply_{i}": 50.0 for i in (1, 2, 3)}
        bench.equipment.rope_ohm = WET
        await device.write({"operation_setpoint": "run"})
        await asyncio.sleep(9)
        alarms = await active_alarms(device)
        assert {"over_temperature", "leak_rope"} <= alarms
        assert not {"flow_critical", "pump_no_effect.1", "pump_no_effect.2", "valve_deviation"} & alarms
        await asyncio.sleep(5)
        assert {"flow_critical", "pump_no_effect.1"} <= await active_alarms(device)

    bench.run(test)


def test_a_failed_duty_pump_is_replaced_within_250_ms_of_its_recognition_and_both_within_1250_ms(bench):
    async def test(device):
        await device.write({"pump_arrangement": "duty_standby"})
        await asyncio.sleep(40)  # the other one goes at 1.5 %/s
        speeds(bench, 53.0, 0.0)
        bench.equipment.values["flow"] = 305.0
        await asyncio.sleep(2)
        assert bench.equipment.speeds[1] == 0 and await value(device, "pump_state.2") == "stopped"
        began = bench.controller.board.local_us
        bench.equipment.values |= {"speed_1": 0.0, "flow": 0.0}
        bench.equipment.log.clear()
        await asyncio.sleep(0.5)
        bench.equipment.values |= {"speed_2": 53.0, "flow": 305.0}
        await asyncio.sleep(1)
        taken = next(at for at, duties in bench.equipment.log if duties[1] > 0.4 * FULL)
        assert taken - began < 1_250_000
        assert await value(device, "pump_state.1") == "fault" and "pump_no_effect.1" in await active_alarms(device)
        assert await value(device, "pump_state.2") == "running"

    bench.run(test)


def test_a_lost_feedback_is_its_own_alarm_and_the_pump_stays_in_use(bench):
    async def test(device):
        bench.equipment.values["speed_1"] = 0.0  # while head and flow say that both work
        await asyncio.sleep(4)
        assert await active_alarms(device) == {"speed_feedback_fault.1"}
        assert bench.equipment.speeds[0] == bench.equipment.speeds[1] > 50
        bench.equipment.values["speed_1"] = None
        await asyncio.sleep(3)
        assert await active_alarms(device) == {"speed_feedback_fault.1"}

    bench.run(test)


def test_supply_temperature_lost_leaves_the_valve_to_what_the_exchanger_has_to_do(bench):
    async def test(device):
        valve = bench.equipment.valve
        bench.equipment.values |= {f"supply_{i}": None for i in (1, 2, 3)}
        await asyncio.sleep(5)
        assert bench.equipment.valve == pytest.approx(valve, abs=1.5)
        bench.equipment.values["facility_supply"] = 34.0
        await asyncio.sleep(10)
        assert bench.equipment.valve > valve + 2, "warmer water: more of it"
        bench.equipment.values["return"] = None
        await asyncio.sleep(15)
        assert bench.equipment.valve == pytest.approx(70, abs=0.1)

    bench.run(test)


STEPS = {  # what is written or set, and for how long it is watched
    "mode": [({"mode_setpoint": "flow"}, {}), ({"mode_setpoint": "speed"}, {}), ({"mode_setpoint": "differential_pressure"}, {})],
    "operation": [({"operation_setpoint": name}, {}) for name in ("standby", "run", "fill", "service", "run")],
    "sensors": [
        ({}, {name: wrong})
        for name, right in (
            ("differential_pressure", 200.0), ("flow", 600.0), ("return", 47.0), ("facility_supply", 32.0),
            ("valve_position", 55.0), ("speed_1", 53.0), ("supply_pressure", 350.0), ("return_pressure", 150.0),
        )
        for wrong in (None, right)
    ],
    "supply": [({}, dict.fromkeys(("supply_1", "supply_2", "supply_3"), to)) for to in (None, 38.5, 37.0)],
    "arrangement": [({"pump_arrangement": "duty_standby"}, {}), ({"pump_arrangement": "shared"}, {})],
    "pressures that lie": [
        ({}, {"differential_pressure": 320.0}), ({}, {"differential_pressure": 200.0, "supply_pressure": 550.0}),
        ({}, {"supply_pressure": 350.0, "flow": None}), ({}, {"differential_pressure": 90.0}),
        ({}, {"differential_pressure": 200.0, "flow": 600.0}),
    ],
    "a heat balance that does not add up": [({}, {"return": 40.0}), ({}, {"return": 47.0, "facility_supply": 20.0})],
    "a flow that lies": [({"mode_setpoint": "flow"}, {}), ({}, {"flow": 1500.0}), ({}, {"flow": None}), ({}, {"flow": 600.0})],
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_no_command_jumps(bench, name):
    """Whatever changes: pumps by at most speed_ramp (10 %/s), the valve by its stroke in 30 s, in a step of 100 ms."""

    async def test(device):
        bench.equipment.log.clear()
        for written, set_to in STEPS[name]:
            if written:
                await device.write(written)
            bench.equipment.values |= set_to
            await asyncio.sleep(6)
        for (_, before), (_, after) in itertools.pairwise(bench.equipment.log):
            for i, most in ((0, 1.01), (1, 1.01), (2, 0.345)):
                assert abs(after[i] - before[i]) <= most / 100 * FULL, (before, after)

    bench.run(test)


def test_no_command_jumps_when_a_lease_comes_ends_and_ramps(bench):
    async def test(device):
        bench.equipment.log.clear()
        await device.write({"lease_hold": 2})
        for mode, operation in (
            ("speed", "run"),
            ("flow", "run"),
            ("flow", "standby"),
            ("differential_pressure", "run"),
        ):
            await device.write_remote(
                Grant(1, 1, 5), {**SET_POINTS, "remote_mode": mode, "remote_operation": operation}
            )
            await asyncio.sleep(4)
        await asyncio.sleep(15)  # lapsed, held, ramped
        await device.write_remote(Grant(2, 2, 5), SET_POINTS)
        await device.write_remote(Grant(0, 2, 0), SET_POINTS)  # given back
        await asyncio.sleep(5)
        for (_, before), (_, after) in itertools.pairwise(bench.equipment.log):
            for i, most in ((0, 1.01), (1, 1.01), (2, 0.345)):
                assert abs(after[i] - before[i]) <= most / 100 * FULL, (before, after)

    bench.run(test)
