"""`mallee report`: its figures of a recording whose truth is known, and how it ends."""

from __future__ import annotations

import csv
import io
import json

import pytest
from mallee.cli.app import main
from mallee.pod.parameters import PumpParameters
from mallee.pod.pumps import SkidPumps

from .report_pod import POD, BRANCH_kW, FLOW_l_min, HEAT_kW, Recording, SPEED_percent

HOURS = 5
END_S = HOURS * 3600
IT_kW = sum(kW for name, kW in BRANCH_kW.items() if name != "pdu-a.3")
PUMPS_kW = SkidPumps(PumpParameters()).power_kW(SPEED_percent, FLOW_l_min) or 0.0


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "pod.toml").write_text(POD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def recording(folder):
    return Recording(folder / "h.db")


@pytest.fixture
def whole(recording):
    """Five hours, scan_s of the pod file being shorter than the pace of the scans."""
    recording.run(0, END_S + 10)
    recording.close(END_S + 10)


def said(capsys, *arguments, code=0):
    assert main(["report", *arguments, "-o", "json"]) == code
    return json.loads(capsys.readouterr().out)


RANGE = ("--from", "2026-03-28T22:00Z", "--to", "2026-03-29T03:00Z")


def test_the_pod_by_hour(whole, capsys):
    rows = said(capsys, "energy", "--by", "hour", *RANGE)
    assert [row["by"] for row in rows] == ["hour"] * HOURS + ["total"]
    for row in rows[:-1]:
        assert row["it_kWh"] == pytest.approx(IT_kW, abs=0.005) and row["other_kWh"] == pytest.approx(1.0, abs=0.002)
        assert row["heat_kWh"] == pytest.approx(HEAT_kW) and row["cooling_kWh"] == pytest.approx(PUMPS_kW)
        assert row["partial_pue"] == pytest.approx((IT_kW + 1 + PUMPS_kW) / IT_kW, rel=1e-4)
        assert row["cooling_per_heat"] == pytest.approx(PUMPS_kW / HEAT_kW, rel=1e-4)
        assert row["it_coverage_percent"] == row["heat_coverage_percent"] == row["ratios_percent"] == 100.0
        assert (row["it_source"], row["cooling_source"], row["restarts"]) == ("counter", "pump_curve", 0)
    for column in ("it_kWh", "other_kWh", "cooling_kWh", "heat_kWh"):
        assert rows[-1][column] == pytest.approx(sum(row[column] for row in rows[:-1]), abs=1e-5)


def test_branches_pdus_feeds_and_racks_close(whole, capsys):
    totals = {}
    for of in ("branch", "pdu", "feed", "rack"):
        rows = said(capsys, "energy", "--of", of, "--by", "hour", *RANGE)
        totals[of] = {row["name"]: row["energy_kWh"] for row in rows if row["by"] == "total"}
        for name, energy in totals[of].items():
            own = [row["energy_kWh"] for row in rows if row["name"] == name and row["by"] == "hour"]
            assert len(own) == HOURS and energy == pytest.approx(sum(own), abs=1e-5)
    assert totals["branch"] == pytest.approx({name: HOURS * kW for name, kW in BRANCH_kW.items()}, abs=0.01)
    assert totals["pdu"] == pytest.approx({"pdu-a": 155.0, "pdu-b": 150.0}, abs=0.01)
    assert sum(totals["branch"].values()) == pytest.approx(sum(totals["pdu"].values()), rel=1e-4)
    assert totals["feed"] == {"A": totals["pdu"]["pdu-a"], "B": totals["pdu"]["pdu-b"]}
    assert totals["rack"]["rack-1"] == totals["branch"]["pdu-a.1"] + totals["branch"]["pdu-b.1"]


def test_days_are_those_of_the_zone(whole, capsys):
    utc = said(capsys, "energy")
    assert [row["begin"] for row in utc] == ["2026-03-28T22:00:00Z", "2026-03-29T00:00:00Z", "2026-03-28T22:00:00Z"]
    berlin = said(capsys, "energy", "--zone", "Europe/Berlin", *RANGE)
    assert [row["begin"] for row in berlin[:2]] == ["2026-03-28T23:00:00+01:00", "2026-03-29T00:00:00+01:00"]
    assert [round(row["it_kWh"]) for row in berlin] == [60, 240, 300]
    hours = said(capsys, "energy", "--zone", "Europe/Berlin", "--from", "2026-03-29", "--for", "3h", "--by", "hour")
    assert [row["begin"][11:] for row in hours[:3]] == ["00:00:00+01:00", "01:00:00+01:00", "03:00:00+02:00"]


def test_a_gap_is_bridged_by_counters_and_missing_in_the_heat(recording, capsys):
    recording.run(0, 3610)
    recording.run(3 * 3600, END_S + 10)
    recording.gap("", 3600, 3 * 3600)
    recording.close(END_S)
    rows = said(capsys, "energy", "--by", "hour", *RANGE)
    assert [round(row["it_coverage_percent"]) for row in rows] == [100, 0, 0, 100, 100, 60]
    assert rows[1]["it_kWh"] == pytest.approx(IT_kW, abs=0.01)
    assert rows[1]["bridged_kWh"] == pytest.approx(IT_kW + 1, abs=0.02)
    assert [row["heat_kWh"] for row in rows[1:3]] == [None, None] and rows[1]["partial_pue"] is None
    total = rows[-1]
    assert total["it_kWh"] == pytest.approx(5 * IT_kW, abs=0.05) and total["heat_kWh"] == pytest.approx(3 * HEAT_kW)
    assert total["heat_coverage_percent"] == pytest.approx(60.0, abs=0.2)
    assert total["partial_pue"] == pytest.approx((IT_kW + 1 + PUMPS_kW) / IT_kW, rel=1e-3)
    assert total["ratios_percent"] == pytest.approx(60.0)


def test_where_only_power_is_known_it_is_integrated_and_said(recording, capsys):
    recording.counters = False
    recording.run(0, 2 * 3600)
    recording.counters = True
    recording.run(2 * 3600, END_S + 10)
    recording.close(END_S)
    rows = said(capsys, "energy", "--of", "rack", "--by", "hour", *RANGE)
    rack = [row for row in rows if row["name"] == "rack-1"]
    assert [row["source"] for row in rack] == ["power", "power", "counter", "counter", "counter", "counter, power"]
    assert [row["energy_kWh"] for row in rack] == pytest.approx([40.0] * 5 + [200.0], abs=0.01)


def test_what_is_not_known_is_null_and_no_zero(recording, capsys):
    recording.without = {"pdu-b"}
    recording.unknown = {"skid-1.flow", "pdu-a.branch.2.energy", "pdu-a.branch.2.power"}
    recording.run(0, 3610)
    recording.close(3610)
    last = ("--from", "2026-03-28T22:00Z", "--for", "1h")
    (pod,) = said(capsys, "energy", *last)
    assert pod["it_kWh"] == pytest.approx(20.0, abs=0.01) and pod["it_coverage_percent"] == pytest.approx(25.0)
    assert pod["cooling_kWh"] is None and pod["partial_pue"] is None and pod["heat_kWh"] == pytest.approx(48.0)
    rows = {row["name"]: row for row in said(capsys, "energy", "--of", "branch", *last)}
    assert rows["pdu-a.2"]["energy_kWh"] is None and rows["pdu-a.2"]["coverage_percent"] == 0.0
    feeds = said(capsys, "energy", "--of", "feed", *last)
    assert [row["energy_kWh"] for row in feeds] == [pytest.approx(31.0, abs=0.01), None]
    assert main(["report", "energy", "--of", "branch", "-o", "csv", *last]) == 0
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert rows["pdu-a.2"]["energy_kWh"] == "" and rows["pdu-a.1"]["source"] == "counter"


@pytest.mark.parametrize("offset_Wh", [-9_000_000, 50_000_000])
def test_a_controller_that_was_replaced_is_told_and_not_counted(recording, capsys, offset_Wh):
    recording.run(0, 2 * 3600)
    recording.offset_Wh = {"pdu-a": offset_Wh, "pdu-a.1": offset_Wh}
    recording.run(2 * 3600, END_S + 10)
    recording.close(END_S)
    assert main(["report", "energy", "--of", "branch", "--by", "hour", "-o", "json", *RANGE]) == 0
    shown = capsys.readouterr()
    rows = [row for row in json.loads(shown.out) if row["name"] == "pdu-a.1"]
    assert [row["restarts"] for row in rows] == [0, 1, 0, 0, 0, 1]
    assert rows[1]["energy_kWh"] == pytest.approx(20 * 59 / 60, abs=0.01)
    assert rows[-1]["energy_kWh"] == pytest.approx(100 - 20 / 60, abs=0.02)
    assert "began anew, or leapt, 1 times" in shown.err
    whole = said(capsys, "energy", "--of", "pdu", "--by", "total", *RANGE)[0]
    assert whole["restarts"] == 1 and whole["energy_kWh"] == pytest.approx(155.0, abs=0.1)


def test_branches_that_do_not_make_their_pdu_are_told(recording, capsys):
    recording.run(0, 3600)
    for step in range(1, 61):
        recording.offset_Wh = {"pdu-b.1": 17 * step}  # it counts a kWh an hour too much
        recording.run(3540 + 60 * step, 3600 + 60 * step)
    recording.run(2 * 3600, 2 * 3600 + 70)
    recording.close(2 * 3600 + 70)
    assert main(["report", "energy", "--from", "2026-03-28T23:00Z", "-o", "json"]) == 0
    errors = capsys.readouterr().err
    assert "pdu-b: the counters of its branches make +3" in errors and "pdu-a:" not in errors


def test_a_day_of_which_only_minutes_and_hours_are_kept(whole, folder, capsys):
    first = said(capsys, "energy", "--by", "hour", *RANGE)
    # A range of more than six hours is taken from minutes.
    second = said(capsys, "energy", "--by", "hour", "--from", "2026-03-28T12:00Z", "--to", "2026-03-29T03:00Z")
    assert [row["it_kWh"] for row in second[:5]] == pytest.approx([row["it_kWh"] for row in first[:5]])
    feeds = said(capsys, "energy", "--of", "feed", "--from", "2026-03-28T12:00Z", "--to", "2026-03-29T03:00Z")
    assert [row["energy_kWh"] for row in feeds[-2:]] == pytest.approx([155.0, 150.0], abs=0.15)


def test_balance_from_the_history(whole, capsys):
    rows = said(capsys, "balance", *RANGE, code=5)
    a, b = rows
    assert a["source"] == "history" and a["phases_A"] == [71.0, 31.0, 31.0] and a["neutral_A"] == 40.0
    assert a["unbalance_percent"] == pytest.approx(100 * (71 / (133 / 3) - 1), abs=0.01)
    assert a["moves"] == [{"branch": 1, "rack": "rack-1", "phases": "L1→L2, L2→L3, L3→L1"}]
    assert a["expected_phases_A"] == [51.0, 51.0, 31.0] and a["expected_neutral_A"] == 20.0
    assert b["moves"] == [] and b["unbalance_percent"] < 10
    assert said(capsys, "balance", "--threshold", "70", *RANGE)[0]["moves"] == []
    assert main(["report", "balance", "-o", "csv", *RANGE]) == 5
    a, b = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert a["moves"] == "branch 1 (rack-1): L1→L2, L2→L3, L3→L1" and b["moves"] == "none"


def test_balance_without_a_branch_is_not_known(recording, capsys):
    recording.unknown = {"pdu-a.branch.2.phase_current.3"}
    recording.run(0, 600)
    recording.close(600)
    a, b = said(capsys, "balance", "--from", "2026-03-28T22:00Z")
    assert a["moves"] is None and a["unbalance_percent"] is None and "branch 2" in a["note"]
    assert b["moves"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["energy", "--zone", "Mars/Olympus"], 2, "no time zone"),
        (["energy", "--from", "2027-01-01"], 2, "nothing was recorded in that time"),
        (["energy", "--from", "2026-03-28", "--to", "2026-03-29", "--for", "3h"], 2, "all given"),
        (["energy", "--for", "soon"], 2, "no length of time"),
        (["energy", "--history", "nothing.db"], 2, "there is no history yet"),
        (["energy", "--config", "other.toml"], 2, "nothing was recorded of the PDUs"),
        (["balance", "--moves", "9"], 2, "--moves"),
        (["balance", "--live", "--for", "1h"], 2, "--live"),
    ],
)
def test_what_is_wrong_is_said(whole, folder, capsys, arguments, code, says):
    other = POD.replace('"pdu-', '"other-').replace('"skid-1"', '"other"')
    (folder / "other.toml").write_text(other)
    assert main(["report", *arguments]) == code
    error = capsys.readouterr().err
    assert says in error and "likely:" in error and "next:" in error


def test_without_a_history_and_an_answer_balance_ends_with_3(folder, capsys):
    assert main(["report", "balance"]) == 3
    out, err = capsys.readouterr()
    assert out == "" and "none of its" in err and "mallee run" in err


def test_what_was_not_recorded_is_said_and_not_shown_as_empty_rows(whole, capsys):
    assert main(["report", "energy", "--by", "hour", "--from", "2026-03-20", "--to", "2026-04-02", "-o", "json"]) == 0
    out, err = capsys.readouterr()
    rows = json.loads(out)
    assert len(rows) <= HOURS + 2 and all(row["it_kWh"] is not None for row in rows)
    assert "recording begins at 2026-03-28" in err and "recording ends at 2026-03-29" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--threshold", "-1"), "--threshold -1 % is not from 0 to 200 %"),
        (("--moves", "9"), "--moves 9 is not from 0 to 4"),
    ],
)
def test_a_number_out_of_range_is_named(folder, capsys, arguments, said):
    assert main(["report", "balance", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_balance_where_nothing_runs_says_how_to_start(folder, capsys):
    assert main(["report", "balance", "--live", "--timeout", "100ms"]) == 3
    assert "none of its" in capsys.readouterr().err
