"""The dashboard's views as pure functions, and its keys by textual's pilot: no terminal, no pod."""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mallee.errors import MalleeError
from mallee.link.reporting import LinkView
from mallee.pod.document import AlarmLoad, AlarmState, Event, PodDocument
from mallee.pod.reasons import Reason
from mallee.ui.dashboard import help as helping
from mallee.ui.dashboard import trends
from mallee.ui.dashboard.app import Dashboard
from mallee.ui.dashboard.board import VIEWS, Board
from mallee.ui.dashboard.pictures import draw
from mallee.ui.dashboard.recent import SPAN_S, Recent
from mallee.ui.dashboard.scene import Scene
from mallee.ui.dashboard.terminal import Output
from msgspec.structs import replace
from rich.cells import cell_len
from rich.console import Console
from textual.pilot import Pilot
from textual.widgets import Input

from .documents import NOW, document, pdu, skid, troubled

SIZES = [(80, 24), (120, 40), (200, 60)]
Done = list[tuple[str, str, str, str]]


def large() -> PodDocument:
    """More of everything than fits."""
    pod = troubled(40)
    many = tuple(replace(pdu(n % 8), name=f"pdu-{n}") for n in range(60))
    links = tuple(LinkView(f"tcp://192.0.2.{n}:502", 1000 + n, timeouts=n, rtt_p99_ms=3.0) for n in range(60))
    aside = tuple(replace(pod.alarms[0], name=f"aside_{n}", state="shelved") for n in range(5))
    events = tuple(Event(time=NOW, kind="alarm", device="pdu-a1", alarm="x", text="long " * 60) for _ in range(80))
    load = AlarmLoad(flood=True, in_10_min=44)
    return replace(pod, pdus=many, links=links, suppressed=aside, events=events, alarm_load=load)


PODS = {
    "healthy": document(),
    "troubled": troubled(3),
    "large": large(),
    "bare": replace(document(), skids=(), pdus=(), feeds=(), racks=()),
}


def drawn(pod: PodDocument, view: int, width: int = 80, height: int = 24, **options: Any) -> list[str]:
    recent = Recent()
    for n in range(100):
        recent.hear(replace(pod, time=pod.time + timedelta(seconds=n - 100)))
    scene = Scene(document=pod, recent=recent, events=pod.events, source="host 1", **options)
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=False)
    console.print(Board(scene, view, width, height))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("pod", PODS)
def test_every_view_fits_every_screen(pod: str, size: tuple[int, int]) -> None:
    for view in range(len(VIEWS)):
        lines = drawn(PODS[pod], view, *size)
        assert len(lines) == size[1], VIEWS[view].name
        assert all(cell_len(line) <= size[0] for line in lines), VIEWS[view].name
        assert "q end" in lines[-1]


def test_where_there_is_room_nothing_is_left_out() -> None:
    """A calm pod needs few lines, and has all of them: of more skids and PDUs too."""
    calm = replace(document(), findings=())
    more = replace(calm, skids=tuple(replace(skid(n % 2), name=f"skid-{n}") for n in range(7)),
                   pdus=tuple(replace(pdu(n % 8), name=f"pdu-{n}") for n in range(16)))  # fmt: skip
    for found in (calm, more, document(), troubled(3)):
        for size in ((200, 60), (120, 60)):
            text = "\n".join(drawn(found, 0, *size))
            assert "more lines" not in text and "more alarms" not in text
            for name in [*(each.name for each in (*found.skids, *found.pdus)), *(rack.name for rack in found.racks)]:
                assert re.search(rf"{name}\b", text), (name, size)


def test_a_skid_has_its_units_as_people_write_them() -> None:
    reason = Reason(of="skid-1.remote_supply_temperature", value=37.0, unit="degC", rule="as set", since=NOW)
    text = "\n".join(drawn(replace(document(), reasons=(reason,)), 1, 120, 40))
    assert "remote_supply_temperature 37.0 °C" in text and "degC" not in text


def test_help_does_not_deny_what_its_keys_do() -> None:
    console = Console(width=80, file=io.StringIO())
    console.print(helping.draw(None, 80, 24))
    assert isinstance(console.file, io.StringIO)
    said = " ".join(console.file.getvalue().split())
    assert "acknowledge the chosen alarm" in said and "But for a, s and u, which ask the host, this only looks" in said


@pytest.mark.parametrize("pod", PODS)
def test_even_a_tiny_screen_is_no_error(pod: str) -> None:
    for size in ((1, 1), (20, 4), (40, 10), (79, 23)):
        for view in range(len(VIEWS)):
            assert all(cell_len(line) <= size[0] for line in drawn(PODS[pod], view, *size))


def test_small_screens_show_the_most_important_first() -> None:
    lines = drawn(PODS["large"], 0)
    assert "alarm flood" in lines[2] and "critical pdu-a4" in lines[3]
    text = "\n".join(lines)
    assert "skid-1" in text and "199.4/200.0" in text and "more: 4 shows all" in text and "more lines: 3" in text


def test_what_stands_in_colour_stands_in_words_too() -> None:
    text = "\n".join(line for view in range(6) for line in drawn(troubled(), view, 200, 60))
    for word in ("tripped", "silent", "critical", "unacknowledged", "waiting", "not answering", "first of its group"):
        assert word in text


def test_unknown_is_a_dash_old_has_a_star_and_a_stale_document_says_so_on_every_view() -> None:
    pod = replace(troubled(), skids=(skid(1, silent=True),))
    for view in range(len(VIEWS)):
        assert "STALE: 14 s old" in drawn(pod, view, age_s=14.2, stale=True)[0]
    assert "old: 14 s" in "\n".join(drawn(pod, 4, age_s=14.2, stale=True))
    loop = "\n".join(drawn(pod, 1))
    assert "38.20*/37.0 °C" in loop and "out – °C" in loop and "in fault °C" in loop and "silent for 13 s" in loop
    branches = "\n".join(drawn(pod, 2, place=5))
    assert "[pdu-b2]" in branches and "waiting" in branches and re.search(r"1 rack-3 +– +– +– ·", branches)


def test_the_loop_shows_what_a_pump_is_commanded_where_it_does_not_follow() -> None:
    of = skid(0)
    slow = replace(of, pump_command=(replace(of.pump_speed[0], value=80.0), of.pump_speed[1]))
    text = "\n".join(drawn(replace(document(), skids=(slow,)), 1))
    assert "P1 61→80 % running" in text and "P2 61 % running" in text


def test_trends_have_holes_where_nothing_was_heard_and_forget_after_a_quarter_of_an_hour() -> None:
    recent, pod = Recent(), document()
    for n in [*range(60), *range(120, 1100)]:
        recent.hear(replace(pod, time=NOW + timedelta(seconds=n)))
    samples = recent.samples("skid-1.flow")
    assert samples[0][0] > NOW.timestamp() + 1100 - 1.2 * SPAN_S and samples[-1][1] == 1192.0
    recent = Recent()
    for n in (0, 1, 2, 60, 61):
        recent.hear(replace(pod, time=NOW + timedelta(seconds=n)))
    assert [value for _, value in recent.samples("skid-1.flow")] == [1192.0, 1192.0, 1192.0, None, 1192.0, 1192.0]
    recent.hear(replace(pod, time=NOW + timedelta(seconds=1)))  # the host's date was set back
    assert len(recent.samples("skid-1.flow")) == 2 and recent.dates_set_back == 1
    silent = replace(pod, time=NOW + timedelta(seconds=2), skids=(skid(0, silent=True), skid(1)))
    recent.hear(silent)
    assert recent.samples("skid-1.flow")[-1][1] is None and recent.samples("skid-2.flow")[-1][1] == 1192.0


def test_what_was_recorded_comes_before_what_is_heard() -> None:
    recent = Recent()
    recent.remember({"skid-1.flow": [(NOW.timestamp() - 100, 5.0), (NOW.timestamp() + 50, 6.0)]})
    recent.hear(document())
    assert [value for _, value in recent.samples("skid-1.flow")] == [5.0, None, 1192.0]


def test_trends_of_a_device_that_is_gone_are_no_error() -> None:
    scene = Scene(document=document(), place=99, row=99)
    assert trends.rows(scene) and trends.charts(scene, ["skid-9.flow"], 80, 20)


def piloted(
    scenario: Callable[[Dashboard, Pilot[None], Done], Coroutine[Any, Any, None]], pod: PodDocument
) -> Dashboard:
    done: Done = []

    async def act(verb: str, alarm: AlarmState, note: str, for_: str) -> str:
        done.append((verb, alarm.name, note, for_))
        if note == "no":
            raise MalleeError("it was refused", "somebody was first", "look again")
        return f"{verb} done"

    async def run() -> Dashboard:
        app = Dashboard(act)
        async with app.run_test(size=(80, 24)) as pilot:
            app.show(pod)
            await scenario(app, pilot, done)
        return app

    return asyncio.run(run())


def screen(app: Dashboard) -> str:
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


def test_keys_choose_views_places_and_rows() -> None:
    async def scenario(app: Dashboard, pilot: Pilot[None], _: Done) -> None:
        await pilot.press("2", "right")
        assert "[skid-2]" in screen(app)
        await pilot.press("right", "right", "h")
        assert "[skid-1]" in screen(app)  # it went no further than the last one
        await pilot.press("tab")
        assert "[3 PDUs]" in screen(app)
        await pilot.press("shift+tab", "shift+tab")
        assert "[1 pod]" in screen(app)
        await pilot.press("4", "j", "j", "k")
        assert "► high     skid-2" in screen(app)
        await pilot.press("question_mark")
        assert "acknowledge the chosen alarm" in screen(app)
        await pilot.press("a")  # what is not seen is not acted on
        assert not app.query(Input)
        await pilot.press("escape", "q")

    app = piloted(scenario, troubled(3))
    assert not app.interrupted and not app.vanished


def test_a_screen_that_changes_its_size_is_drawn_anew() -> None:
    async def scenario(app: Dashboard, pilot: Pilot[None], _: Done) -> None:
        assert "what happened" not in screen(app)
        await pilot.press("4")
        await pilot.resize_terminal(200, 60)
        await pilot.pause()
        assert "what happened" in screen(app)

    piloted(scenario, troubled(1))


def test_alarms_are_acted_on_only_in_their_view_and_errors_stay_until_they_are_put_away() -> None:
    async def scenario(app: Dashboard, pilot: Pilot[None], done: Done) -> None:
        await pilot.press("a", "s", "u")
        assert done == []
        await pilot.press("4", "a", "escape")
        assert done == []
        await pilot.press("a", *"seen", "enter")
        assert done == [("acknowledge", "overload_trip.4", "seen", "")] and "acknowledge done" in screen(app)
        await pilot.press("s", "enter")
        await pilot.press("enter")  # a reason is required
        assert len(done) == 1
        await pilot.press(*"no", "enter")
        assert done[1] == ("shelve", "overload_trip.4", "no", "1h")
        assert "error: it was refused" in screen(app) and "next: look again" in screen(app)
        await pilot.press("escape")
        assert "refused" not in screen(app)
        await pilot.press("u")
        assert done[2][0] == "unshelve"
        await pilot.press("a", "ctrl+c")

    assert piloted(scenario, troubled(1)).interrupted


def test_pictures_are_small_and_need_no_network(tmp_path: Path) -> None:
    written = asyncio.run(draw([document(), troubled(3)], tmp_path, {"": (80, 24)}))
    assert [path.name for path in written] == [
        "watch-pod.svg", "watch-skids.svg", "watch-pdus.svg", "watch-alarms.svg", "watch-trends.svg", "watch-bus.svg",
        "watch-help.svg",
    ]  # fmt: skip
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert len(text) < 100_000 and "@font-face" not in text and "url(" not in text.replace("url(#", "")


def test_a_terminal_that_vanished_is_told_once_and_swallows_the_rest() -> None:
    import os

    reading, writing = os.pipe()
    told: list[bool] = []
    output = Output(writing, lambda: told.append(True))
    output.write("seen")
    assert os.read(reading, 10) == b"seen"
    os.close(reading)
    for _ in range(100):
        output.write("nobody sees this")
    os.close(writing)
    assert told == [True] and output.lost


def test_only_the_dashboard_and_pictures_load_their_libraries() -> None:
    code = (
        "import sys, mallee.cli.app as app\n"
        "app.make_app()\n"
        "print([name for name in ('textual', 'matplotlib', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
