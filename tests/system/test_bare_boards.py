"""Boards with nothing wired, or not all of it, on virtual boards: what is not fitted reads so and alarms nothing; what was
commissioned and is dead at the start is a fault, with its alarm."""

import asyncio

import pytest
from mallee import resources
from mallee.errors import MalleeError
from mallee.reading import Quality

from .bench import Bench

LOW = 1 << 16  # the line of an absent chip floats low
PDU_CHIPS = 0xFF01
SKID_CHIPS = 0x03
OPEN_LOOPS = ("ambient", "humidity")
COMMIT = 0xC0DE


NO_TICK = '\nCAPABILITIES["hard_tick"] = None\n'


def without_hard_tick(profile):
    bench = Bench(profile)
    board = (resources.boards_dir() / "virtual" / "board.py").read_text(encoding="utf-8")
    (bench.controller.flash / "board.py").write_text(board + NO_TICK, encoding="utf-8")
    return bench


def bare(profile, floating):
    bench = Bench(profile)
    bench.equipment.absent = (PDU_CHIPS if profile == "pdu" else SKID_CHIPS) | floating
    if profile == "pdu":
        bench.equipment.contacts = 0x00 if floating else 0xFF  # the shift register is not there either
        bench.equipment.rope_ohm = [0, 0] if floating else [-1, -1]
        bench.equipment.wired = 3  # pulled up
    else:
        for name in OPEN_LOOPS:
            bench.equipment.values[name] = None
    return bench


async def active(device):
    return {reading.entry.name for reading in await device.read_alarms() if reading.active}


async def judged(device):
    return {reading.entry.name for reading in await device.read_alarms() if reading.active is not None}


async def quality(device, name):
    return (await device.read(name)).quality


async def value(device, name):
    return (await device.read(name)).value


@pytest.mark.parametrize("floating", [0, LOW], ids=["high", "low"])
def test_a_bare_pdu_answers_and_reads_not_fitted(floating):
    bench = bare("pdu", floating)

    async def test(device):
        await asyncio.sleep(10)
        everything = await device.read_all()
        assert everything["state"].value == "safe" and everything["safe_reason"].value == "no_converter"
        assert everything["answering_chips"].value == frozenset() and everything["chip_errors"].value == 0
        assert everything["tick_count"].value == 0 and everything["alarm_count"].value == 0
        for branch in range(1, 9):
            for name in ("power", "current"):
                reading = everything[f"branch.{branch}.{name}"]
                assert (reading.value, reading.quality) == (None, Quality.NOT_FITTED), reading
            assert everything[f"branch.{branch}.state"].value == "not_fitted"
            for name in ("thermal", "voltage.1", "energy", "peak_current", "time_to_trip"):
                assert everything[f"branch.{branch}.{name}"].value is None, name
        for name in ("power", "energy", "frequency", "phase_voltage.2", "closed"):
            assert everything[name].value is None, name
        assert not await active(device)
        own = {name.partition(".")[0] for name in await judged(device)}
        own -= {"update_failed", "fallback"}  # who runs what is known without any chip
        assert own == {"lease_lost", "loop_overrun", "settings_lost", "restarted", "tick_stopped"}
        for wanted in (True, False):
            with pytest.raises(MalleeError) as refused:
                await device.write({"branch_switch.1": wanted})
            assert "not_protected" in str(refused.value)
        await asyncio.sleep(2)
        assert bench.equipment.outputs in ((-1, -1, -1), (-1, -1, 0), (0, 0, 0)) and not bench.controller.restarts

    bench.run(test)


@pytest.mark.parametrize("floating", [0, LOW], ids=["high", "low"])
def test_a_bare_skid_answers_and_reads_not_fitted(floating):
    bench = bare("pump", floating)

    async def test(device):
        await asyncio.sleep(10)
        everything = await device.read_all()
        assert everything["state"].value == "safe" and everything["safe_reason"].value == "no_converter"
        assert everything["answering_chips"].value == frozenset() and everything["chip_errors"].value == 0
        names = ["supply_temperature", "supply_temperature_sensor.1", "return_temperature", "differential_pressure"]
        names += ["flow", "level", "valve_position", "pump_speed.2", "ambient_temperature", "ambient_humidity"]
        for name in names:
            assert (everything[name].value, everything[name].quality) == (None, Quality.NOT_FITTED), name
        assert not await active(device)
        assert "pump_no_effect" not in {name.partition(".")[0] for name in await judged(device)}
        assert bench.equipment.outputs == (-1, -1, -1, -1), "nothing is driven"

    bench.run(test)


@pytest.mark.parametrize(
    ("profile", "chips", "alarms"),
    [
        ("pdu", PDU_CHIPS, {"fast_channel_fault", *(f"metering_fault.{n}" for n in range(1, 9))}),
        ("pump", 0x0F, {"supply_temperature_lost", "differential_pressure_lost", "sensor_fault"}),
    ],
)
def test_what_was_commissioned_and_is_dead_at_the_start_is_a_fault(profile, chips, alarms):
    """A dead protective converter must not become "not fitted" because the supply went off and on."""
    bench = Bench(profile)

    async def test(device):
        await asyncio.sleep(2)
        found = await value(device, "answering_chips")
        await device.write({"expected_chips": found})
        assert await value(device, "expected_chips") == found and await value(device, "state") == "local"
        await device.write({"commit": COMMIT})
        bench.equipment.absent = chips
        bench.world.controllers.power_cycle("bench")
        await asyncio.sleep(10)
        assert alarms <= await active(device)
        assert await quality(device, "branch.3.current" if profile == "pdu" else "flow") == Quality.FAULT
        assert await value(device, "answering_chips") != found
        assert await value(device, "safe_reason") == "none"
        bench.equipment.absent = 0
        await asyncio.sleep(15)
        assert not alarms & await active(device)
        assert await value(device, "answering_chips") == found

    bench.run(test)


@pytest.mark.parametrize("floating", [0, LOW], ids=["high", "low"])
def test_a_chip_that_answered_and_stops_is_a_fault(floating):
    bench = Bench("pdu")

    async def test(device):
        await asyncio.sleep(3)
        assert await value(device, "branch.2.power") > 0
        bench.equipment.absent = 0x0200 | floating
        await asyncio.sleep(3)
        assert await quality(device, "branch.2.power") == Quality.FAULT
        assert await value(device, "branch.2.voltage.1") is None
        assert "metering_fault.2" in await active(device)
        assert "meter_2" not in await value(device, "answering_chips")

    bench.run(test)


def test_a_metering_chip_that_is_plugged_in_later_comes_to_life():
    bench = Bench("pdu")
    bench.equipment.absent = 0xC000

    async def test(device):
        await asyncio.sleep(5)
        assert await quality(device, "branch.8.power") == Quality.NOT_FITTED
        assert await value(device, "power") > 0  # the sum of what is fitted
        assert not await active(device) and await value(device, "chip_errors") == 0
        bench.equipment.absent = 0
        await asyncio.sleep(12)
        assert await value(device, "branch.8.power") > 0
        assert await quality(device, "branch.8.power") == Quality.GOOD

    bench.run(test)


def test_a_skid_with_one_converter_runs_on_it():
    bench = Bench("pump")
    bench.equipment.absent = 0x02

    async def test(device):
        await asyncio.sleep(5)
        everything = await device.read_all()
        assert everything["state"].value == "local"
        assert everything["differential_pressure"].quality is Quality.GOOD
        assert everything["level"].quality is Quality.NOT_FITTED
        assert not await active(device)
        assert "interlock_sensor_lost.1" not in await judged(device)
        assert "interlock_sensor_lost.2" in await judged(device)
        assert everything["tick_count"].value > 4000 and everything["tick_overruns"].value == 0
        assert everything["chip_errors"].value == 0
        await asyncio.sleep(3)
        assert bench.equipment.speeds[0] > 0

    bench.run(test)


def test_an_ambient_input_is_fitted_once_it_was_in_range():
    bench = Bench("pump")
    bench.equipment.values["humidity"] = None

    async def test(device):
        await asyncio.sleep(3)
        assert await quality(device, "ambient_humidity") == Quality.NOT_FITTED
        assert "humidity_lost" not in await judged(device)
        bench.equipment.values["humidity"] = 40.0
        await asyncio.sleep(1)
        assert await value(device, "ambient_humidity") == pytest.approx(40, abs=0.5)
        bench.equipment.values["humidity"] = None
        await asyncio.sleep(62)
        assert await quality(device, "ambient_humidity") == Quality.FAULT
        assert "humidity_lost" in await active(device)

    bench.run(test)


def test_a_skid_without_a_hard_tick_measures_and_holds_its_outputs():
    bench = without_hard_tick("pump")

    async def test(device):
        await asyncio.sleep(3)
        before = bench.equipment.outputs
        bench.equipment.values["flow"] = 500.0
        bench.equipment.values["differential_pressure"] = 100.0
        await asyncio.sleep(3)
        everything = await device.read_all()
        assert everything["state"].value == "safe" and everything["safe_reason"].value == "no_hard_tick"
        assert everything["flow"].value == pytest.approx(500, abs=1) and everything["flow"].quality is Quality.GOOD
        assert everything["supply_temperature"].value == pytest.approx(37, abs=0.1)
        assert bench.equipment.outputs == before and before[0] > 0

    bench.run(test)


def test_a_pdu_without_a_hard_tick_meters_and_switches_nothing():
    bench = without_hard_tick("pdu")

    async def test(device):
        await asyncio.sleep(3)
        everything = await device.read_all()
        assert everything["state"].value == "safe" and everything["safe_reason"].value == "no_hard_tick"
        assert everything["branch.1.power"].value > 0
        assert "fast_channel_fault" in await active(device), "a converter is there, and nobody protects"
        with pytest.raises(MalleeError, match="not_protected"):
            await device.write({"branch_switch.1": False})

    bench.run(test)


def test_a_chip_that_was_expected_by_mistake_leaves_no_alarm_behind():
    bench = Bench("pdu")
    bench.equipment.absent = 0x8000

    async def test(device):
        await asyncio.sleep(2)
        await device.write({"expected_chips": {"meter_8"}})
        await asyncio.sleep(5)
        assert await active(device) == {"metering_fault.8"}
        assert await quality(device, "branch.8.power") == Quality.FAULT
        await device.write({"expected_chips": frozenset()})
        await asyncio.sleep(2)
        assert not await active(device) and await value(device, "alarm_count") == 0
        assert await quality(device, "branch.8.power") == Quality.NOT_FITTED

    bench.run(test)


@pytest.mark.parametrize(("make", "running"), [(lambda: Bench("pump"), 0xFF), (lambda: bare("pump", 0), 0)])
def test_fc17_says_whether_anything_is_controlled(make, running):
    bench = make()

    async def test(device):
        await asyncio.sleep(1)
        reader, writer = await asyncio.open_connection("127.0.0.1", 15001)
        writer.write(bytes((0, 9, 0, 0, 0, 2, 1, 17)))
        answer = await reader.read(100)
        assert answer[7:] == bytes((17, 7)) + b"mallee" + bytes((running,))
        writer.close()

    bench.run(test)
