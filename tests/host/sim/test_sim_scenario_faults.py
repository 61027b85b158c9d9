"""Each fault has an effect while it is there, and none when it was undone."""

from __future__ import annotations

import asyncio
import struct
from types import SimpleNamespace

import msgspec
import pytest

pytest.importorskip("CoolProp")

from mallee.sim.exchange import SERIAL, BoardEvent
from mallee.sim.line.model import Line
from mallee.sim.loads import Constant
from mallee.sim.loop import run_in_world
from mallee.sim.network import Server
from mallee.sim.plant.settle import settle
from mallee.sim.podlines import ports
from mallee.sim.podworld import PodEquipment
from mallee.sim.scenario.faults import FAULTS
from mallee.sim.scenario.standing import Standing
from mallee.sim.serialbus import SerialBus
from mallee.sim.world import World

from .pods import default_pod, serial_pod
from .worlds import FIRST_PORT, asked, needs_micropython, world_of


def branch(stage, number=1):
    return stage.equipment.plant.electrical.pdus["pdu-a1"].branches[number - 1]


def drive(stage, coil):
    """Pulse a coil of branch 1 long enough."""
    stage.equipment.plant.electrical.coils("pdu-a1", coil == "set", coil == "reset")
    for _ in range(5):
        stage.equipment.step(0, 10_000)
    stage.equipment.plant.electrical.coils("pdu-a1", 0, 0)
    return branch(stage).contactor.closed


def current_uA(name):
    def read(stage):
        wiring = stage.equipment.skids["skid-1"]
        index = list(wiring.transmitters).index(name)
        wiring.drift(1.0)
        return int.from_bytes(wiring.inputs()[4 * index : 4 * index + 4], "little", signed=True)

    return read


def pump_percent(stage):
    for _ in range(400):
        for pump in stage.equipment.plant.skids["skid-1"].pumps:
            pump.step(0.01)
    return stage.equipment.plant.skids["skid-1"].pumps[0].speed_percent


def pumped(stage):
    """Of skid-1 in l/min, to one place; coolant that goes round inside a pump is not in it."""
    return round(stage.equipment.plant.skids["skid-1"].hydraulics.flow_at(150.0), 1)


def drawn(stage):
    """What the second pump draws for each of the first."""
    first, second = stage.equipment.plant.skids["skid-1"].hydraulics.pump_powers_W(200.0)
    return second / first


def valve(stage):
    it = stage.equipment.plant.skids["skid-1"].valve
    it.command = 1.0 - round(it.position)
    before = it.position
    it.step(1.0)
    return it.position != before


def leaking(stage):
    vessel = stage.equipment.plant.vessel
    before = vessel.lost_l
    for _ in range(10):
        stage.equipment.step(0, 10_000)
    return round(vessel.lost_l - before, 3)


def gas(stage):
    stage.equipment.step(0, 10_000)
    return round(stage.equipment.plant.vessel.gas_l, 1)


def ropes(stage):
    return struct.unpack_from("<2i", stage.equipment.inputs("pdu-a1"), 4 * (13 * 8 + 3))


def closed_and_carrying(place):
    def read(stage):
        electrical = stage.equipment.plant.electrical
        return electrical.breaker(*place).closed, round(electrical.breaker(*place).current_A) > 0

    return read


def stuck(stage):
    stage.equipment.plant.supply_degC += 1.0
    stage.equipment.plant.skids["skid-1"].supply_degC += 1.0
    before = current_uA("supply_temperature_1")(stage)
    stage.equipment.plant.skids["skid-1"].supply_degC += 1.0
    return current_uA("supply_temperature_1")(stage) != before


def phases(stage):
    words = stage.equipment.pdus["pdu-a1"].inputs()
    return [int.from_bytes(words[4 * i : 4 * i + 4], "little") > 0 for i in (1, 2, 3, 4, 5, 6)]


def facility_flow(stage):
    stage.equipment.step(0, 10_000)
    return round(stage.equipment.plant.skids["skid-1"].facility_flow_kg_s, 3)


def branch_words(*places):
    """Of branch 2 of a PDU, in its controller's vector; in A and kW."""
    return lambda s: [
        round(struct.unpack_from("<13i", s.equipment.inputs("pdu-a1"), 4 * 13)[place] / 1e3) for place in places
    ]


SENSOR = "skid-1/supply_temperature_1"
reading = current_uA("supply_temperature_1")
# Fault: target, parameters, what is looked at, and what that is meanwhile, where it can be said.
OF_THE_PLANT = {
    "pump_stop": ("skid-1/1", {}, pump_percent, 0.0),
    "pump_seize": ("skid-1/1", {}, lambda s: s.equipment.plant.skids["skid-1"].pumps[0].speed_percent, 0.0),
    "pump_feedback_lost": ("skid-1/1", {}, current_uA("pump_speed_1"), 0),
    "pump_worn": ("skid-1/2", {"back": 0.5}, pumped, None),
    "pump_drags": ("skid-1/2", {"by": 0.5}, drawn, 1.5),
    "valve_stick": ("skid-1", {}, valve, False),
    "filter_clog": ("skid-1", {"by_kPa": 50.0}, lambda s: s.equipment.plant.skids["skid-1"].filter_kPa, None),
    "leak": ("rack-2", {"l_s": 0.5}, leaking, 0.05),
    "air_in_loop": ("", {"by_l": 15.0}, gas, 15.0),
    "facility_warm": ("", {"by_K": 3.0}, lambda s: s.equipment.plant.facility_supply_degC, 35.0),
    "facility_gone": ("", {"left": 0.2}, lambda s: s.equipment.plant.facility_available, 0.2),
    "room_humid": ("", {"dew_point_degC": 30.0}, lambda s: s.equipment.plant.room.dew_point_degC, 30.0),
    "sensor_open": (SENSOR, {}, reading, 0),
    "sensor_short": (SENSOR, {}, reading, 24_000),
    "sensor_stuck": (SENSOR, {}, stuck, False),
    "sensor_offset": (SENSOR, {"by": -2.0}, reading, None),
    "sensor_drift": (SENSOR, {"per_s": 0.5}, reading, None),
    "sensor_noise": (SENSOR, {"percent": 5.0}, reading, None),
    "sensors_swapped": ("skid-1/supply_temperature_1/level", {}, reading, None),
    "feed_lost": ("A", {}, lambda s: s.equipment.plant.electrical.feed_current_A("A"), 0.0),
    "branch_overload": ("pdu-a1/1", {"by_A": 63.0}, lambda s: round(branch(s).power_W), 60_424),
    "breaker_open": ("pdu-a1/1", {}, closed_and_carrying(("pdu-a1", 0)), (False, False)),
    "contactor_welded": ("pdu-a1/1", {}, lambda s: (drive(s, "reset"), drive(s, "set")), (True, True)),
    "contactor_broken": ("pdu-a1/1", {}, lambda s: (drive(s, "reset"), drive(s, "set")), (False, False)),
    "rope_wet": ("pdu-a1/2", {}, ropes, (10_000_000, 5_000)),
    "rope_cut": ("skid-1", {}, lambda s: struct.unpack("<21i", s.equipment.inputs("skid-1"))[19], -1),
    "rope_shorted": ("pdu-a1/1", {}, ropes, (0, 10_000_000)),
    "ground_fault": ("pdu-a1", {}, lambda s: s.equipment.inputs("pdu-a1")[-4] & 1, 1),
    "facility_valve_closed": ("skid-1", {}, facility_flow, 0.0),
    "transformer_reversed": ("pdu-a1/2", {"phase": 2}, branch_words(7, 8, 9), [5092, -5092, 5092]),
    "phase_loaded": ("pdu-a1/2", {"phase": 3, "by_A": 30}, branch_words(0, 4, 6, 9), None),
    "phase_lost": ("pdu-a1", {"phase": 2}, phases, [True, False, True, True, False, True]),
}  # fmt: skip
OF_THE_NETWORK = {
    "network_noisy": {"reset": 1.0},
    "network_delay": {"delay_ms": 50.0},
    "network_cut": {},
    "network_full": {},
}
# Brown-outs, slow clocks and torn writes need the real firmware: tests/system/test_mistreated.py; a lost FRAM
# tests/system/test_doctor.py; lost converters tests/hil/suite.
WITH_FIRMWARE = (
    "controller_brown_out", "controller_clock_slow", "controller_torn_write", "controller_fram_lost",
    "controller_converters_lost",
)  # fmt: skip
# Those of liars are tried in tests/host/sim/test_sim_liar.py.
OF_LIARS = ("controller_repeats", "controller_says", "controller_clock_jumps")
OF_CONTROLLERS = (
    "controller_kill", "controller_hang", "controller_power_cycle", "controller_reboot_loop", "controller_flash_lost",
    "network_reset",
)  # fmt: skip
OF_LINES = {
    "line_cut": {},
    "line_noisy": {"flip": 0.02, "insert": 0.1, "drop": 0.1, "lead": 0.9},
    "line_late": {"late": 1.0, "late_s": 0.9},
    "line_truncated": {"truncate": 1.0},
    "line_babble": {"babble": 200.0},
    "line_echo": {},
    "line_stranger": {"every_s": 0.05},
}
# "dies_in_frame" is seen in tests/system/test_serial_pod.py: it needs a controller that dies.
# Those of hosts are seen in tests/system/test_scenarios.py and in the scenarios of their names.
OF_HOSTS = ("host_kill", "host_pause", "host_clock_jump", "second_host", "stranger_writes")


def test_every_fault_is_tried():
    of_lines = {*OF_LINES, "dies_in_frame"}
    assert set(FAULTS) == {
        *OF_THE_PLANT,
        *OF_THE_NETWORK,
        *OF_CONTROLLERS,
        *WITH_FIRMWARE,
        *OF_LIARS,
        *of_lines,
        *OF_HOSTS,
    }


@pytest.mark.parametrize("name", OF_THE_PLANT)
def test_a_fault_of_the_plant_and_its_end(name):
    target, given, look, meanwhile = OF_THE_PLANT[name]
    config = default_pod()
    equipment = PodEquipment(config, Constant())
    settle(equipment.plant, equipment.demand_W(0.0), 37.0, 200.0)
    stage = SimpleNamespace(standing=Standing(), equipment=equipment, config=config, world=World(), host=None, seed=1)
    fault = FAULTS[name]
    before = look(stage)
    undo = fault.begin(stage, target, msgspec.convert(given, fault.parameters))  # type: ignore[arg-type]
    during = look(stage)
    assert during != before
    assert meanwhile is None or during == pytest.approx(meanwhile)
    assert undo is not None
    undo()
    if name == "pump_seize":
        pump_percent(stage)
    if name == "air_in_loop":
        gas(stage)  # the vessel follows a step later
    equipment.plant.electrical.step(30_000)  # the inrush of shelves that have their feed again
    assert look(stage) == pytest.approx(before)


@pytest.mark.parametrize("place", ["A", "pdu-a1"])
def test_a_main_opens_and_is_closed_again(place):
    electrical = PodEquipment(default_pod(), Constant()).plant.electrical
    stage = SimpleNamespace(
        standing=Standing(), equipment=SimpleNamespace(plant=SimpleNamespace(electrical=electrical))
    )
    undo = FAULTS["breaker_open"].begin(stage, place, FAULTS["breaker_open"].parameters())  # type: ignore[arg-type]
    assert not electrical.breaker(place).closed and electrical.pdus["pdu-a1"].current_A == 0.0
    assert undo is not None
    undo()
    electrical.step(30_000)
    assert electrical.breaker(place).closed and electrical.pdus["pdu-a1"].current_A > 100.0


@needs_micropython
@pytest.mark.parametrize("name", OF_THE_NETWORK)
def test_a_fault_of_the_network_and_its_end(name):
    fault = FAULTS[name]
    with world_of("echo_main.py", 1) as world:
        stage = SimpleNamespace(standing=Standing(), world=world, seed=1)
        undo = fault.begin(stage, "all", msgspec.convert(OF_THE_NETWORK[name], fault.parameters))  # type: ignore[arg-type]
        world.start()
        began_s = world.now_s
        seen = run_in_world(world, asked())
        expected = {
            "network_noisy": "reset",
            "network_delay": "ok",
            "network_cut": "silence",
            "network_full": "silence",
        }
        assert seen == expected[name]
        if name == "network_delay":
            assert world.now_s - began_s > 0.3  # three requests, there and back
        assert undo is not None
        undo()
        world.run_for(3)  # this little firmware does not survive a reset
        assert run_in_world(world, asked()) == "ok"


class Hearing:
    """A host's end that keeps what it hears, and when."""

    def __init__(self) -> None:
        self.heard = b""

    def on_data(self, data: bytes) -> None:
        self.heard += data

    on_connected = on_refused = on_timeout = on_fin = on_reset = lambda self: None


@pytest.mark.parametrize("name", OF_LINES)
def test_a_fault_of_a_line_and_its_end(name):
    fault = FAULTS[name]
    config = serial_pod()
    port = next(iter(ports(config)))
    with World() as world:
        bus = SerialBus(port, Line(1, baud=19200, seed=1), world.network, world.queue, lambda: world.now_us)
        unit = Server("skid-1", port, 0)
        bus.attach(unit)
        host = Hearing()
        end = bus.host_end(host)

        def look() -> bytes:
            """What the host hears of a request of its own and an answer of 100 bytes, 50 ms later, in 150 ms."""
            host.heard = b""
            end.send(b"ask")
            world.run_for(0.05)
            assert unit.on_serial is not None
            unit.on_serial(BoardEvent(SERIAL, 0, bytes(100)), world.now_us)
            world.run_for(0.15)
            at_once = host.heard
            world.run_for(1.0)
            return at_once

        stage = SimpleNamespace(standing=Standing(), world=world, config=config, seed=1)
        assert look() == bytes(100)
        undo = fault.begin(stage, port, msgspec.convert(OF_LINES[name], fault.parameters))  # type: ignore[arg-type]
        during = look()
        assert during != bytes(100)
        assert sum(bus.line.counts.values()) > 0
        if name == "line_cut":
            assert during == b""
        if name == "line_late":
            assert host.heard == bytes(100), "it came whole, when it came"
        if name == "line_echo":
            assert during == b"ask" + bytes(100)
        if name == "line_stranger":
            assert bus.line.counts["collision"] > 0 and len(during) > 100
        assert undo is not None
        undo()
        world.run_for(2.0)
        counts = dict(bus.line.counts)
        assert look() == bytes(100) and bus.line.counts == counts


@pytest.mark.parametrize(("target", "heard"), [("skid-1", b"2"), ("skid-2", b"1")])
def test_a_controller_alone_is_cut_off(target, heard):
    config = serial_pod()
    port = next(iter(ports(config)))
    with World() as world:
        bus = SerialBus(port, Line(1, baud=19200), world.network, world.queue, lambda: world.now_us)
        units = [Server(name, port, 0) for name in ("skid-1", "skid-2")]
        for each in units:
            bus.attach(each)
        host = Hearing()
        bus.host_end(host)
        stage = SimpleNamespace(
            standing=Standing(),
            world=SimpleNamespace(
                network=world.network,
                controller=lambda name: SimpleNamespace(server=units[int(name[-1]) - 1]),
            ),
            config=config,
        )

        def both() -> bytes:
            host.heard = b""
            for each in units:
                assert each.on_serial is not None
                each.on_serial(BoardEvent(SERIAL, 0, each.name[-1:].encode()), world.now_us)
                world.run_for(0.05)
            return host.heard

        undo = FAULTS["line_cut"].begin(stage, target, FAULTS["line_cut"].parameters())  # type: ignore[arg-type]
        assert both() == heard
        assert undo is not None
        undo()
        assert both() == b"12"


@needs_micropython
@pytest.mark.parametrize("name", OF_CONTROLLERS)
def test_a_fault_of_a_controller(name):
    fault = FAULTS[name]
    with world_of("echo_main.py", 1) as world:
        controller = world.controller("board-0")
        (controller.flash / "settings.a").write_bytes(b"x")
        seen: list[str] = []

        async def main() -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", FIRST_PORT)
            stage = SimpleNamespace(standing=Standing(), world=world, seed=1)
            undo = fault.begin(stage, "board-0", fault.parameters())  # type: ignore[arg-type]
            writer.write(b"are you there\n")
            try:
                async with asyncio.timeout(1.0):
                    seen.append((await reader.readline()).decode())
            except TimeoutError:
                seen.append("silence")
            except ConnectionResetError:
                seen.append("reset")
            await asyncio.sleep(12.0)
            if undo is not None:
                undo()
            await asyncio.sleep(5.0)
            assert await asked() == "ok"

        run_in_world(world, main())
        assert seen == ["silence" if name == "controller_hang" else "reset"]
        # One for network_reset too: this little firmware does not survive it.
        assert controller.restarts == (4 if name == "controller_reboot_loop" else 1)
        assert (controller.flash / "settings.a").exists() == (name != "controller_flash_lost")
        assert (controller.flash / "build_info.py").exists()
