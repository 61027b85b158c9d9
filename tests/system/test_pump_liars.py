"""The pump skid's firmware, whole: sensors that say what the others contradict."""

import asyncio

import pytest

from .bench import Bench
from .test_pump_firmware import active_alarms, value


@pytest.fixture
def bench():
    return Bench("pump")


@pytest.mark.parametrize("lie_kPa", [-120.0, 120.0])
def test_a_differential_pressure_that_lies_moves_no_pump(bench, lie_kPa):
    async def test(device):
        bench.equipment.values["differential_pressure"] = 200.0 + lie_kPa
        await asyncio.sleep(5)
        assert bench.equipment.speeds[0] == pytest.approx(53, abs=1)
        assert await active_alarms(device) == {"differential_pressure_lost"}
        assert "differential_pressure" in await value(device, "sensors_dropped")
        bench.equipment.values["differential_pressure"] = 200.0
        await asyncio.sleep(3)
        assert not await active_alarms(device) and not await value(device, "sensors_dropped")

    bench.run(test)


@pytest.mark.parametrize(
    ("name", "from_kPa", "step_kPa"), [("supply_pressure", 350.0, 50.0), ("return_pressure", 150.0, -25.0)]
)
def test_a_pressure_that_drifts_to_its_stop_does_not_stop_the_skid(bench, name, from_kPa, step_kPa):
    async def test(device):
        for step in range(1, 7):
            bench.equipment.values[name] = max(0.0, from_kPa + step * step_kPa)
            await asyncio.sleep(3)
        await asyncio.sleep(15)
        assert bench.equipment.speeds[0] == pytest.approx(53, abs=2), "neither stopped nor slowed down"
        alarms = await active_alarms(device)
        assert {"interlock_sensor_lost.2", "interlock_sensor_lost.3"} <= alarms
        assert not {"supply_pressure_stop", "return_pressure_stop"} & alarms

    bench.run(test)


def test_a_pressure_that_all_agree_about_stops_it_also_after_a_doubt(bench):
    async def test(device):
        bench.equipment.values["supply_pressure"] = 450.0
        await asyncio.sleep(5)
        assert "interlock_sensor_lost.2" in await active_alarms(device)
        bench.equipment.pressures(200.0)
        await asyncio.sleep(5)
        assert not await active_alarms(device)
        bench.equipment.pressures(500.0)
        await asyncio.sleep(0.5)
        assert bench.equipment.speeds == (0, 0) and "supply_pressure_stop" in await active_alarms(device)

    bench.run(test)


@pytest.mark.parametrize(
    "lie", [{"flow": 100.0}, {"flow": None}, {"speed_1": 20.0, "speed_2": 20.0}, {"differential_pressure": 350.0}]
)
def test_a_flow_that_reads_low_by_meter_or_curve_does_not_close_the_valve(bench, lie):
    async def test(device):
        await asyncio.sleep(5)
        valve = bench.equipment.valve
        bench.equipment.values |= lie
        for _ in range(40):
            await asyncio.sleep(1)
            assert bench.equipment.valve > valve - 0.5

    bench.run(test)


def test_the_valve_opens_with_the_coolant_and_closes_slowly(bench):
    """By the logarithm: ln(800 / 600) / ln 50 of the stroke. Meter and curve agree, and so do both sides of the exchanger."""

    def flow(l_min, speed):
        bench.equipment.values |= {"flow": l_min, "speed_1": speed, "speed_2": speed}
        bench.equipment.values["facility_flow"] = facility * l_min / 600

    async def test(device):
        await asyncio.sleep(5)
        valve = bench.equipment.valve
        flow(800.0, 63.5)
        await asyncio.sleep(8)
        assert bench.equipment.valve == pytest.approx(valve + 7.4, abs=0.5)
        flow(600.0, 53.0)
        await asyncio.sleep(5)
        assert valve + 3 < bench.equipment.valve < valve + 7
        await asyncio.sleep(15)
        assert bench.equipment.valve == pytest.approx(valve, abs=0.5)

    facility = bench.equipment.values["facility_flow"]
    bench.run(test)


def test_a_heat_balance_that_does_not_add_up_is_told_after_five_minutes(bench):
    async def test(device):
        bench.equipment.values |= {"flow": 650.0, "filter": 5.0}  # the heat of both sides is the same
        await asyncio.sleep(310)
        assert not await active_alarms(device)
        bench.equipment.values["facility_supply"] = 25.0
        await asyncio.sleep(290)
        assert not await active_alarms(device)
        await asyncio.sleep(20)
        assert await active_alarms(device) == {"heat_implausible"}

    bench.run(test)
