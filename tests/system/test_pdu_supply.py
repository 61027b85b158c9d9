"""The supply of a PDU: lost and back, a phase missing, ground fault, and the controller's own supply failing."""

import asyncio

import pytest

from .bench import Bench


@pytest.fixture
def bench():
    return Bench("pdu")


async def value(device, name):
    return (await device.read(name)).value


async def active_alarms(device):
    return {reading.entry.name for reading in await device.read_alarms() if reading.active}


async def lose_and_return(bench, lost_s=3.0):
    """The supply goes, the branches are opened; it comes back."""
    bench.equipment.voltage_V = 0.0
    await asyncio.sleep(lost_s)
    contacts = bench.equipment.contacts
    bench.equipment.voltage_V = 240.0
    return contacts


@pytest.mark.parametrize(("policy", "contacts"), [("last", 0xFB), ("off", 0x00), ("on", 0xFF)])
def test_after_a_loss_of_supply_the_policy_says_what_closes(bench, policy, contacts):
    async def test(device):
        await device.write({"restore": policy, "minimum_off_time": 2})
        await device.write({"branch_switch.3": False})
        await asyncio.sleep(2)
        assert await lose_and_return(bench) == 0, "all are opened after a second"
        await asyncio.sleep(1)
        bench.equipment.log.clear()
        await asyncio.sleep(8)
        assert bench.equipment.contacts == contacts
        pulses = [set_coils for _, (set_coils, _, _) in bench.equipment.log if set_coils > 0]
        assert all(bin(coils).count("1") == 1 for coils in pulses), "one after the other"
        assert await value(device, "branch_switch.3") is bool(contacts & 4)

    bench.run(test)


def test_a_dip_of_half_a_second_opens_nothing(bench):
    async def test(device):
        await asyncio.sleep(1)
        assert await lose_and_return(bench, 0.5) == 0xFF
        await asyncio.sleep(5)
        assert bench.equipment.contacts == 0xFF

    bench.run(test)


def test_what_is_switched_while_the_supply_is_away_counts(bench):
    async def test(device):
        await device.write({"minimum_off_time": 2})
        bench.equipment.voltage_V = 0.0
        await asyncio.sleep(3)
        assert await value(device, "branch.1.state") == "waiting"
        await device.write({"branch_switch.1": False})
        bench.equipment.voltage_V = 240.0
        await asyncio.sleep(10)
        assert bench.equipment.contacts == 0xFE

    bench.run(test)


def test_who_switches_off_while_the_policy_waits_is_newer_than_the_policy(bench):
    async def test(device):
        await device.write({"restore": "on", "minimum_off_time": 2})
        assert await lose_and_return(bench) == 0
        await device.write({"branch_switch.1": False, "branch_switch.2": False})
        await device.write({"branch_switch.2": True})
        await asyncio.sleep(10)
        assert bench.equipment.contacts == 0xFE
        await lose_and_return(bench)
        await asyncio.sleep(11)
        assert bench.equipment.contacts == 0xFF, "said once, it counts once"

    bench.run(test)


def test_a_reset_of_the_controller_restores_nothing_and_a_power_cycle_what_was_on(bench):
    async def test(device):
        await device.write({"branch_switch.2": False})
        await asyncio.sleep(3)
        bench.equipment.contacts = 0x0D  # somebody opened half of them by hand
        bench.world.kill("bench")
        await asyncio.sleep(8)
        assert bench.equipment.contacts == 0x0D
        await device.write({f"branch_switch.{n}": True for n in range(5, 9)})
        await asyncio.sleep(15)
        assert bench.equipment.contacts == 0xFD
        bench.equipment.contacts = 0x0D
        bench.world.power_cycle("bench")
        await asyncio.sleep(20)
        assert bench.equipment.contacts == 0xFD

    bench.run(test)


def test_a_reset_while_the_supply_is_away_does_not_forget_what_was_on(bench):
    async def test(device):
        await device.write({"branch_switch.4": False})
        bench.equipment.voltage_V = 0.0
        await asyncio.sleep(4)
        bench.world.kill("bench")
        await asyncio.sleep(4)
        assert bench.equipment.contacts == 0
        bench.equipment.voltage_V = 240.0
        await asyncio.sleep(18)
        assert bench.equipment.contacts == 0xF7

    bench.run(test)


def test_a_missing_phase_is_one_alarm(bench):
    async def test(device):
        bench.equipment.phase_part = [1.0, 0.3, 1.0]
        await asyncio.sleep(4)
        assert await active_alarms(device) == {"phase_loss.2"} and bench.equipment.contacts == 0xFF
        bench.equipment.phase_part = [1.0, 0.7, 1.0]
        await asyncio.sleep(3)
        assert await active_alarms(device) == {"undervoltage.2"}

    bench.run(test)


def test_an_open_ground_fault_contact_is_an_alarm_once_it_was_seen_closed(bench):
    async def test(device):
        await asyncio.sleep(1)
        bench.equipment.wired |= 1
        await asyncio.sleep(1)
        assert await active_alarms(device) == {"ground_fault"}
        bench.world.kill("bench")
        await asyncio.sleep(4)
        assert "ground_fault" not in await active_alarms(device), "never seen closed: not fitted"
        await device.write({"expected_inputs": {"ground_fault"}})
        await asyncio.sleep(1)
        assert "ground_fault" in await active_alarms(device)

    bench.run(test)


def test_energies_are_kept_at_once_when_the_controllers_supply_fails(bench):
    async def test(device):
        await asyncio.sleep(10.2)
        saves = await value(device, "counter_saves")
        bench.equipment.wired = 0
        await asyncio.sleep(1)
        assert await value(device, "counter_saves") == saves + 2, "beside that of each second"
        assert await active_alarms(device) == {"power_fail"}
        energy = await value(device, "energy")
        bench.equipment.wired = 2
        bench.world.power_cycle("bench")
        await asyncio.sleep(4)
        assert await value(device, "energy") >= energy - 8

    bench.run(test)


def test_a_trip_is_announced(bench):
    async def test(device):
        await device.write({"trip_ahead_time": 30})
        bench.equipment.current_A[2] = 126.0  # 2 In: trips after 62 s
        await asyncio.sleep(25)
        assert "trip_ahead.3" not in await active_alarms(device)
        await asyncio.sleep(12)
        assert "trip_ahead.3" in await active_alarms(device) and bench.equipment.contacts == 0xFF
        bench.equipment.current_A[2] = 20.0
        await asyncio.sleep(1)
        assert "trip_ahead.3" not in await active_alarms(device)
        assert await value(device, "branch.3.time_to_trip") is None

    bench.run(test)


@pytest.mark.parametrize("multiple", [1.4, 1.7, 3.0])
def test_time_to_trip_comes_true_within_5_percent(bench, multiple):
    async def test(device):
        bench.equipment.current_A[5] = 63.0 * multiple
        await asyncio.sleep(3)
        predicted_s = await value(device, "branch.6.time_to_trip")
        await asyncio.sleep(0.9 * predicted_s)
        waited_s = 0.9 * predicted_s
        while bench.equipment.contacts == 0xFF and waited_s < 2 * predicted_s:
            await asyncio.sleep(0.2)
            waited_s += 0.2
        assert waited_s == pytest.approx(predicted_s, rel=0.05, abs=1.0)

    bench.run(test)


def test_who_closes_first_is_a_setting(bench):
    async def test(device):
        await device.write({f"branch_switch.{n}": False for n in range(1, 9)})
        await device.write({"branch.7.priority": 0, "inrush_budget": 250, "minimum_off_time": 1})
        await device.write({f"branch.{n}.priority": 5 for n in (1, 2, 3, 4, 5, 6, 8)})
        await asyncio.sleep(3)
        bench.equipment.log.clear()
        await device.write({f"branch_switch.{n}": True for n in range(1, 9)})
        await asyncio.sleep(4)
        seen, pulses = 0, []
        for _, (set_coils, _, _) in bench.equipment.log:
            if set_coils & ~seen:
                pulses.append(set_coils & ~seen)
                seen |= set_coils
        assert pulses == [0x41, 0x06, 0x18, 0xA0]

    bench.run(test)
