"""Settings that contradict each other, from a host's side: named, refused together, and nothing half-applied."""

import pytest
from mallee.errors import ExitCode, MalleeError

from .bench import Bench

SPEEDS = ("minimum_speed", "preset_speed", "speed_setpoint")


async def values(device, *names):
    found = await device.read_many(names)
    return [found.value(name) for name in names]


def test_a_contradiction_is_refused_with_both_names():
    async def test(device):
        with pytest.raises(MalleeError, match="minimum_speed must not be above preset_speed") as refused:
            await device.write({"preset_speed": 15.0, "minimum_speed": 20.0})
        assert refused.value.code == ExitCode.REFUSED and "minimum_speed VALUE preset_speed VALUE" in refused.value.next
        assert await values(device, *SPEEDS) == [15.0, 60.0, 50.0]
        assert await values(device, "refusal", "conflict_lower", "conflict_upper") == ["inconsistent", 227, 228]

    Bench("pump").run(test)


def test_a_set_is_written_in_the_order_that_the_controller_takes():
    async def test(device):
        # Upwards each limit has to wait for the one above it; by address they would come the other way round.
        await device.write({"supply_pressure_stop": 1100.0, "supply_pressure_limit": 900.0, "minimum_speed": 45.0})
        await device.write({"minimum_speed": 55.0, "preset_speed": 70.0, "speed_setpoint": 60.0})
        assert await values(device, *SPEEDS) == [55.0, 70.0, 60.0]
        await device.write({"minimum_speed": 10.0, "preset_speed": 20.0, "speed_setpoint": 12.0})
        assert await values(device, *SPEEDS) == [10.0, 20.0, 12.0]

    Bench("pump").run(test)


def test_what_was_written_before_a_refusal_gets_its_old_value_back():
    async def test(device):
        with pytest.raises(MalleeError, match="supply_temperature_setpoint must not be above over_temperature"):
            await device.write({"droop": 8.0, "supply_temperature_setpoint": 50.0, "filter_limit": 80.0})
        assert await values(device, "droop", "supply_temperature_setpoint", "filter_limit") == [5.0, 37.0, 60.0]

    Bench("pump").run(test)


def test_a_branch_is_not_rated_above_its_instantaneous_trip():
    async def test(device):
        with pytest.raises(MalleeError, match=r"branch\.3\.rating must not be above branch\.3\.instantaneous"):
            await device.write({"branch.3.rating": 100.0, "branch.3.instantaneous": 90.0})
        assert await values(device, "branch.3.rating", "branch.3.instantaneous") == [63.0, 440.0]

    Bench("pdu").run(test)
