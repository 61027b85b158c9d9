"""The pod table: fits its terminal, hides nothing that matters, and says in words what it says in colour."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest
from mallee.pod.document import AlarmLoad, Event, PodDocument, to_json
from mallee.ui.picture import export_svg
from mallee.ui.table import render
from rich.cells import cell_len
from rich.console import Console

from .documents import NOW, document, troubled


def drawn(pod: PodDocument, width: int, height: int, **options) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=False)
    console.print(render(pod, **options))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (140, 50)])
@pytest.mark.parametrize("pod", [document(), troubled(1), troubled(12)], ids=["healthy", "troubled", "flood"])
def test_it_fits_the_terminal(pod: PodDocument, width: int, height: int) -> None:
    events = [Event(time=NOW, kind="alarm", device="pdu-a4", text="something long " * 20)] * 20
    lines = drawn(pod, width, height, speed=1.0, events=events)
    assert len(lines) <= height
    assert all(cell_len(line) <= width for line in lines)


@pytest.mark.parametrize("width", [80, 100])
def test_no_number_is_cut(width: int) -> None:
    text = "\n".join(drawn(troubled(), width, 30))
    for part in ("38.20/37.0", "199.4*/200.0", "415.3", "120.0", "silent", "tripped", "pdu-a4", "12:00:00"):
        assert part in text
    assert "skid-2" in text


def test_unknown_is_a_dash_and_old_has_a_star() -> None:
    lines = drawn(troubled(), 100, 30)
    assert any("(* old value)" in line for line in lines)
    assert any("pdu-b2" in line and "–" in line for line in lines)
    assert any("silent" in line and "199.4*" in line for line in lines)
    assert any("fault" in line for line in lines)


def test_alarms_come_with_their_remedy_and_the_rest_is_counted() -> None:
    text = "\n".join(drawn(troubled(12), 100, 30))
    assert "critical pdu-a4 overload_trip.4" in text
    assert "write the code to reset_latch" in text
    assert "more: `mallee status` lists all" in text
    assert "no alarms" in "\n".join(drawn(document(), 100, 30))


def test_what_people_did_with_an_alarm_stands_beside_it() -> None:
    pod = troubled()
    change = msgspec.structs.replace
    trip = change(pod.alarms[0], acknowledged_by="ada", chattering=True, explains=3)
    aside = tuple(change(trip, state=state) for state in ("shelved", "out_of_service", "suppressed_by_design"))
    load = AlarmLoad(flood=True, in_10_min=23)
    pod = change(pod, alarms=(trip,), returned=(trip,), suppressed=aside, alarm_load=load)
    text = "\n".join(drawn(pod, 200, 40))
    assert "acknowledged by ada" in text and "chatters" in text and "(and 3 that follow)" in text
    assert "alarm flood: 23 new alarms in 10 minutes" in text
    assert "1 gone, not acknowledged, 1 shelved, 1 out of service: `mallee alarms --all`" in text


def test_colour_follows_words() -> None:
    console = Console(width=100, height=30, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(render(troubled()))
    assert isinstance(console.file, io.StringIO)
    assert "\x1b[" in console.file.getvalue()
    assert not any("\x1b[" in line for line in drawn(troubled(), 100, 30))


def test_plain_json_renders_like_the_document() -> None:
    pod = troubled()
    assert drawn(msgspec.json.decode(to_json(pod)), 100, 30) == drawn(pod, 100, 30)


def test_the_picture_needs_no_network(tmp_path: Path) -> None:
    path = tmp_path / "table.svg"
    export_svg(document(), path, 100, speed=1.0)
    text = path.read_text()
    assert text.startswith("<svg")
    assert "skid-1" in text
    assert "url(" not in text.replace("url(#", "")
    assert "@font-face" not in text
