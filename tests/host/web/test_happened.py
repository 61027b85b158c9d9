"""What happened before a page was opened: of hosts and of controllers, each once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
from mallee.history import happened
from mallee.history.rows import Entry
from mallee.history.rows import Event as Recorded
from mallee.pod.alarms import eemua
from mallee.pod.alarms.store import LOG, AlarmStore
from mallee.pod.document import Event
from mallee.pod.following import Seen
from mallee.web.endpoints import EventsView
from mallee.web.roles import Role

from .. import documents
from ..history_files import BEGIN_MS, make
from ..virtual_loop import run_virtual
from .pages import NOW, opened


def event(second: float, text: str, kind: str = "lost", device: str = "skid-1") -> Event:
    return Event(time=NOW + timedelta(seconds=second), kind=kind, device=device, text=text)


def logged(folder: Path, *events: Event) -> None:
    AlarmStore(folder).append(events)


def test_hosts_and_controllers_are_told_together_and_what_both_noted_once(tmp_path: Path) -> None:
    lost = event(1.0004, "connection lost")
    logged(tmp_path, event(0, "", eemua.STARTED, "host"), lost, event(2, "", eemua.RUNNING, "host"))
    path, begin_ms = tmp_path / "history.db", round(NOW.timestamp() * 1000)
    store = make(path)
    store.append(
        Entry(
            BEGIN_MS, (), events=(
                Recorded("skid-1", "host", begin_ms + 1000, begin_ms + 1000, "lost", "connection lost"),
                Recorded("skid-1", "journal", begin_ms + 1500, begin_ms + 9000, "start", "power_on", 0, 1),
                Recorded("skid-1", "journal", None, begin_ms + 9000, "alarm", "flow_low", 0, 2),
            ),
        )
    )  # fmt: skip
    store.close(begin_ms + 10_000)
    heard = [lost, event(5, "answers again", "returned")]
    found, unreadable = happened.latest(tmp_path, path, 10, heard)
    assert unreadable == 0
    assert [(each.time.second, each.by, each.text, each.estimated) for each in found] == [
        (0, "host", "the host started", False),
        (1, "host", "connection lost", False),
        (1, "controller", "start: power on", False),
        (5, "host", "answers again", False),
        (9, "controller", "alarm: flow low", True),
    ]
    assert found[1].time == lost.time, "the log's time is the finer one"
    newest, _ = happened.latest(tmp_path, path, 2, heard)
    assert [each.text for each in newest] == ["answers again", "alarm: flow low"]


def test_nothing_noted_is_no_event_and_damaged_lines_are_counted(tmp_path: Path) -> None:
    assert happened.latest(tmp_path, tmp_path / "none.db", 10) == ([], 0)
    logged(tmp_path, event(0, "connection lost"))
    with (tmp_path / LOG).open("ab") as file:
        file.write(b"{damaged\n")
    found, unreadable = happened.latest(tmp_path, None, 10)
    assert [each.text for each in found] == ["connection lost"] and unreadable == 1


def test_the_page_tells_what_its_server_heard_to_who_may_look(tmp_path: Path) -> None:
    async def main() -> None:
        told = msgspec.structs.replace(documents.troubled(), events=(event(3, "connection lost"),))
        async with opened(tmp_path, told, private=True) as page:
            page.page.live.hear(Seen(told, "own"))  # the same once more
            assert (await page.get("/api/v1/events")).status_code == 401
            answer = await page.get("/api/v1/events", Role.VIEWER)
            view = msgspec.json.decode(answer.content, type=EventsView)
            assert [each.text for each in view.events] == ["connection lost"] and view.unreadable == 0

    run_virtual(main())
