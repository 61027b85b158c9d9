"""Recorded loads: what is accepted, how it is scaled and played, what a bad file is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mallee.errors import ExitCode, MalleeError
from mallee.sim.loads import Constant, Steps, read_csv


def write(path: Path, text: str) -> Path:
    file = path / "load.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_columns_drive_racks_in_turn_scaled_to_their_own_maximum(tmp_path: Path):
    load = read_csv(write(tmp_path, "time,a,b\n0,50,10\n10,100,20\n20,0,40\n"))
    assert load.fractions(0.0, 4) == [0.5, 0.25, 0.5, 0.25]
    assert load.fractions(5.0, 2) == pytest.approx([0.75, 0.375])
    assert load.fractions(10.0, 3) == pytest.approx([1.0, 0.5, 1.0])
    assert load.fractions(1e6, 2) == [0.0, 1.0]  # the last sample holds
    assert load.duration_s == 20.0


def test_speed_compresses_the_trace_and_a_full_scale_replaces_the_maximum(tmp_path: Path):
    load = read_csv(
        write(tmp_path, "power;\n".replace(";", ",t") + "100,100\n200,110\n"), speed=10.0, full_scale_W=400.0
    )
    assert load.fractions(0.5, 1) == pytest.approx([0.375])
    assert load.duration_s == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "0,1,2\n1,2,3\n",
        "\ufefftime,x,y\n0,1,2\n1,2,3\n",
        "Time, x ,y\n\n0,1,2\n1,2,3\n\n",
        "seconds,x,outdoor temp,y\n0,1,9,2\n1,2,9,3\n",
    ],
)
def test_header_variants(tmp_path: Path, text: str):
    load = read_csv(write(tmp_path, text))
    assert len(load.columns) == 2
    assert load.fractions(1.0, 2) == [1.0, 1.0]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("time,a\n0,1\n1,x\n", "line 3, column 'a'"),
        ("time,a\n0,1\n1,nan\n", "line 3, column 'a'"),
        ("time,a\n0,1\n1\n", "line 3"),
        ("time,a\n5,1\n1,2\n", "line 3, column 'time'"),
        ("time\n0\n1\n", "line 1"),
        ("time,a\n0,0\n1,0\n", "never above 0"),
        ("", "line 1"),
    ],
)
def test_a_bad_file_is_told_where(tmp_path: Path, text: str, where: str):
    with pytest.raises(MalleeError) as caught:
        read_csv(write(tmp_path, text))
    assert where in caught.value.what
    assert caught.value.likely and caught.value.next and caught.value.code == ExitCode.USAGE


def test_a_missing_file_and_a_bad_speed(tmp_path: Path):
    with pytest.raises(MalleeError, match="cannot read"):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(MalleeError, match="load speed"):
        read_csv(write(tmp_path, "t,a\n0,1\n1,2\n"), speed=0)


def test_constant_and_steps():
    assert Constant(0.6).fractions(5.0, 2) == [0.6, 0.6]
    steps = Steps((0.0, 0.6), (900.0, 1.0))
    assert steps.fractions(899.0, 1) == [0.6] and steps.fractions(900.0, 1) == [1.0]


def test_the_recorded_supercomputer():
    folder = Path(os.environ.get("MALLEE_REFERENCE_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
    file = folder / "loads" / "frontier_25_cdu_24h.csv"
    if not file.exists():
        pytest.skip("the reference data is not here; docs/plant.md says where its original is")
    load = read_csv(file, speed=20.0)
    assert len(load.columns) == 25  # the wet bulb is not a load
    assert load.duration_s == pytest.approx(86400 / 20, rel=0.01)
    for fraction in load.fractions(100.0, 8):
        assert 0.3 < fraction <= 1.0
