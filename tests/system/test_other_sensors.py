"""A skid whose equipment names sensors with chips of their own: the real firmware, the drivers and the models of the chips."""

import asyncio
import struct
from pathlib import Path

import pytest
from mallee import resources
from mallee.deploy import board as boards
from mallee.deploy.naming import named_drivers
from mallee.deploy.sources import modules
from mallee.errors import MalleeError
from mallee.reading import Quality

from . import bench as bench_module
from .bench import Bench, Skid

EQUIPMENT = Path(__file__).with_name("equipment_pt1000.py")
DATA = boards.read(EQUIPMENT)
# Names of the bench for those of the equipment.
CALLED: dict[str, str] = {
    "supply_temperature_1": "supply_1", "supply_temperature_2": "supply_2", "supply_temperature_3": "supply_3",
    "facility_supply_temperature": "facility_supply", "facility_return_temperature": "facility_return",
    "filter_differential_pressure": "filter", "pump_speed_2": "speed_2", "ambient_temperature": "ambient",
    "ambient_humidity": "humidity",
}  # fmt: skip
PLATINUM, LOOPS = 1 << 6, 1 << 7  # bits of `absent`


class OtherSkid(Skid):
    """`raw` are the words behind those of the converters: milliohm, mHz, mHz, uA, uA; -1 milliohm is an open wire."""

    def __init__(self) -> None:
        super().__init__()
        self.raw = [1_182_410, 100_000, 50_000, 12_000, 8_000]  # 47 °C, 600 l/min, 51.7 %, 1000 l/min, 7.5 kW

    def pack(self) -> bytes:
        rows = [(row[0], row[2], row[3]) for row in DATA["ANALOG"]] + [row[:3] for row in DATA["AMBIENT"]]
        currents = []
        for name, low, high in rows:
            value = self.values[CALLED.get(str(name), str(name))]
            currents.append(0 if value is None else round(4000 + 16000 * (value - low) / (high - low)))
        words = [*currents, self.absent, self.rope_ohm, self.contacts, *self.raw]
        return struct.pack(f"<{len(words)}i", *words)


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.setattr(bench_module, "Skid", OtherSkid)
    made = Bench("pump")
    (made.world.directory / "pump" / "equipment.py").write_bytes(EQUIPMENT.read_bytes())
    return made


def test_each_sensor_reads_what_its_chip_was_told(bench):
    async def test(device):
        await asyncio.sleep(4)
        fast = await device.read_fast()
        assert fast["return_temperature"].value == pytest.approx(47.0, abs=0.05)
        assert fast["flow"].value == pytest.approx(60 * 100 / 10.033, rel=0.01)
        assert fast["pump_speed.1"].value == pytest.approx(100 * 25 * 60 / 2900, rel=0.01)
        assert fast["facility_flow"].value == pytest.approx(1000.0, rel=0.001)
        assert fast["supply_temperature"].value == pytest.approx(37.0, abs=0.05)
        assert all(fast[name].quality is Quality.GOOD for name in ("return_temperature", "flow", "pump_speed.1"))
        assert "sensors" in (await device.read("answering_chips")).value
        assert (await device.read("chip_errors")).value == 0
        bench.equipment.raw[0] = 1_231_000  # 59.62 °C by IEC 60751
        await asyncio.sleep(2)
        assert (await device.read("return_temperature")).value == pytest.approx(59.62, abs=0.05)

    bench.run(test)


def test_what_answered_and_stops_is_a_fault_and_comes_back(bench):
    async def test(device):
        await asyncio.sleep(4)
        bench.equipment.absent = PLATINUM | LOOPS
        await asyncio.sleep(2)
        fast = await device.read_fast()
        for name in ("return_temperature", "facility_flow"):
            assert fast[name].value is None and fast[name].quality is Quality.FAULT, name
        assert fast["flow"].quality is Quality.GOOD
        assert (await device.read("chip_errors")).value > 0
        bench.equipment.absent = 0
        await asyncio.sleep(4)
        assert (await device.read("return_temperature")).value == pytest.approx(47.0, abs=0.05)
        bench.equipment.raw[0] = -1  # a wire of the PT1000 breaks
        await asyncio.sleep(2)
        assert (await device.read("return_temperature")).quality is Quality.FAULT

    bench.run(test)


def test_no_pulses_is_no_flow_only_where_a_meter_was_seen(bench):
    async def test(device):
        await asyncio.sleep(4)
        assert (await device.read("flow")).value is not None
        bench.equipment.raw[1] = 0
        await asyncio.sleep(4)
        flow = await device.read("flow")
        assert flow.value == 0 and flow.quality is Quality.GOOD
        bench.world.kill("bench")
        await asyncio.sleep(6)
        flow = await device.read("flow")
        assert flow.value is None and flow.quality is Quality.NOT_FITTED
        await device.write({"expected_chips": frozenset({"sensors"})})
        await asyncio.sleep(3)
        flow = await device.read("flow")
        assert flow.value == 0 and flow.quality is Quality.GOOD, "a meter that must be there says that nothing flows"

    bench.run(test)


def test_a_bundle_has_the_drivers_that_the_equipment_names_and_no_others():
    firmware, pins = resources.firmware_dir(), boards.load("virtual").data["PUMP"]
    named = named_drivers(firmware, DATA, pins, "virtual")
    assert sorted(named) == ["ads1115", "flow_meter", "max31865", "tacho"]
    found = modules(firmware, "pump", None, named)
    assert {"drivers/max31865", "drivers/ads1115", "drivers/i2c", "drivers/pulses_pio"} <= set(found)
    plain = modules(firmware, "pump", None, named_drivers(firmware, boards.equipment("pump"), pins, "rp2_pico"))
    assert not {"drivers/max31865", "drivers/ads1115", "drivers/flow_meter", "drivers/pulses"} & set(plain)


@pytest.mark.parametrize(
    ("rows", "board", "what"),
    [
        ((("flow", "flowmeter", {}),), "rp2_pico", "no such driver"),
        ((("flow", "mb85rs", {}),), "rp2_pico", "no such driver"),
        ((("return_temperature", "max31865", {}),), "esp32_s3", "has no rtd_select"),
        ((("level", "ads1115", {}),), "rp2_pico", "an interlock|is on 'ads1115'"),
    ],
)
def test_equipment_that_would_not_start_is_refused(rows, board, what):
    with pytest.raises(MalleeError, match=what) as refused:
        named_drivers(resources.firmware_dir(), {"OTHERS": rows}, boards.load(board).data["PUMP"], board)
    assert refused.value.likely and refused.value.next


def test_live_zeros_of_the_drives_are_those_of_the_equipment(bench):
    async def test(device):
        await asyncio.sleep(4)
        for _ in range(3):
            await asyncio.sleep(1)
            speeds, position = (await device.read("pump_command.1")).value, (await device.read("valve_command")).value
            duties = bench.equipment.outputs
            assert duties[0] / 65535 == pytest.approx(0.2 + 0.8 * speeds / 100, abs=0.01) and speeds > 15
            assert duties[2] / 65535 == pytest.approx(0.1 + 0.8 * position / 100, abs=0.02)
        await device.write({"operation_setpoint": "service", "service_valve": 0.0})
        await asyncio.sleep(40)
        assert bench.equipment.outputs[2] / 65535 == pytest.approx(0.1, abs=1e-4), "closed is not a broken wire"
        bench.equipment.values["level"] = 1.0  # dry: the tick stops both
        await asyncio.sleep(1)
        assert bench.equipment.outputs[:2] == (0, 0)

    bench.run(test)
