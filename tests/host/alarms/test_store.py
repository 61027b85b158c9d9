"""The files of the alarm book: they outlive kills, damage is told and moved aside, nothing is done twice or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from mallee import resources
from mallee.device.alarms import AlarmReading
from mallee.pod.alarms import atomic, store
from mallee.pod.alarms.actions import Action
from mallee.pod.alarms.conditions import DeviceAlarms
from mallee.pod.alarms.desk import AlarmDesk
from mallee.pod.alarms.store import AlarmStore
from mallee.pod.loader import load_pod

from .books import START

POD = load_pod(resources.examples_dir() / "pod.toml")
PUMP = resources.dictionary("pump")


class Host:
    """One run of a host with files: scans a second apart, with these alarms active at skid-1."""

    def __init__(self, folder: Path, begins_s: float = 0.0) -> None:
        self.desk = AlarmDesk(POD, folder)
        self.s = begins_s

    def scan(self, *active: str, seconds: float = 1.0):
        self.s += seconds
        readings = tuple(AlarmReading(alarm, alarm.name in active) for alarm in PUMP.alarms)
        devices = [DeviceAlarms(c.name, False, readings=readings if c.name == "skid-1" else ()) for c in POD.members]
        return self.desk.scan(devices, (), (), self.s, START + timedelta(seconds=self.s))


def act(
    folder: Path, verb: str, alarm: str = "over_temperature", *, id: str = "1", for_s: float | None = None
) -> Action:
    action = Action(id=id, verb=verb, device="skid-1", alarm=alarm, by="ada", time=START, note="n", for_s=for_s)  # pyright: ignore[reportArgumentType]
    AlarmStore(folder).hand_over(action)
    return action


def waiting(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "actions").iterdir())


def test_acknowledgement_and_shelving_outlive_a_restart(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.scan("over_temperature", "filter_blocked")
    act(tmp_path, "acknowledge")
    act(tmp_path, "shelve", "filter_blocked", id="2", for_s=100.0)
    act(tmp_path, "out_of_service", "humidity_lost", id="3")
    shown, events = host.scan("over_temperature", "filter_blocked")
    assert [(a.name, a.acknowledged_by) for a in shown.active] == [("over_temperature", "ada")]
    assert waiting(tmp_path) == []
    assert {event.kind for event in events} == {"alarm_acknowledged", "alarm_shelved", "alarm_out_of_service"}
    again = Host(tmp_path, begins_s=60.0)  # killed, and started again 58 s later
    shown, events = again.scan("over_temperature", "filter_blocked", "humidity_lost")
    assert [(a.name, a.state, a.note) for a in shown.active] == [("over_temperature", "acknowledged", "n")]
    assert {a.name: a.state for a in shown.suppressed} == {
        "filter_blocked": "shelved",
        "humidity_lost": "out_of_service",
    }
    assert events == []
    shown, _ = again.scan("over_temperature", "filter_blocked", seconds=42.0)
    assert [a.name for a in shown.active] == ["over_temperature", "filter_blocked"]


def test_an_alarm_that_went_while_no_host_ran_is_still_to_be_acknowledged(tmp_path: Path) -> None:
    Host(tmp_path).scan("over_temperature")
    shown, _ = Host(tmp_path, 1000.0).scan()
    assert [a.name for a in shown.returned] == ["over_temperature"]


def test_alarms_of_devices_that_left_the_pod_file_are_left_behind_and_told(tmp_path: Path) -> None:
    Host(tmp_path).scan("over_temperature")
    smaller = msgspec.structs.replace(POD, skids=POD.skids[1:])
    desk = AlarmDesk(smaller, tmp_path)
    shown, events = desk.scan([DeviceAlarms(c.name, False) for c in smaller.members], (), (), 5.0, START)
    assert shown.active == shown.returned == ()
    assert "1 alarms of devices" in events[0].text


def test_an_alarm_that_another_firmware_does_not_have_goes(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.scan("over_temperature")
    devices = [DeviceAlarms(c.name, False, readings=()) for c in POD.members]
    shown, _ = host.desk.scan(devices, (), (), 9.0, START)
    assert shown.active == ()


def test_an_action_that_is_found_again_after_a_crash_is_not_done_twice(tmp_path: Path, monkeypatch) -> None:
    host = Host(tmp_path)
    host.scan("over_temperature")
    act(tmp_path, "acknowledge")
    monkeypatch.setattr(AlarmStore, "forget", lambda *_: None)  # killed between writing the book and removing the file
    host.scan("over_temperature")
    monkeypatch.undo()
    assert waiting(tmp_path) == ["1.json"]
    again = Host(tmp_path, 5.0)
    again.scan()
    shown, events = again.scan("over_temperature")
    assert [a.state for a in shown.active] == ["unacknowledged"], "it came anew, and nobody has seen that"
    assert waiting(tmp_path) == [] and "alarm_acknowledged" not in {event.kind for event in events}


def test_an_action_is_not_lost_when_the_book_cannot_be_written(tmp_path: Path, monkeypatch) -> None:
    host = Host(tmp_path)
    host.scan("over_temperature")
    act(tmp_path, "acknowledge")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "book.json")

    monkeypatch.setattr(atomic, "write", full)
    host.scan("over_temperature")
    (finding,) = host.desk.findings()
    assert "No space left" in finding.what
    assert waiting(tmp_path) == ["1.json"]
    monkeypatch.undo()
    shown, _ = host.scan("over_temperature")
    assert shown.active[0].acknowledged_by == "ada" and host.desk.findings() == () and waiting(tmp_path) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b'{"id": "x"}', b"\x00" * 500],
)
def test_a_damaged_action_is_told_and_moved_aside(tmp_path: Path, content: bytes) -> None:
    host = Host(tmp_path)
    host.scan()
    (tmp_path / "actions" / "5.json").write_bytes(content)
    act(tmp_path, "shelve", for_s=60.0)
    shown, events = host.scan("over_temperature")
    damaged = next(event for event in events if event.kind == "action_damaged")
    assert "5.json" in damaged.text and "5.1.damaged" in damaged.text
    assert shown.load.actions_damaged == 1 and shown.active == ()  # the good one was done all the same
    assert waiting(tmp_path) == ["5.1.damaged"]
    _, events = host.scan("over_temperature")
    assert events == []


def test_an_action_under_another_name_than_its_own_is_damaged(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.scan()
    action = act(tmp_path, "shelve", id="7", for_s=60.0)
    evil = msgspec.structs.replace(action, id="../../book")
    (tmp_path / "actions" / "7.json").write_bytes(msgspec.json.encode(evil))
    host.scan()
    assert waiting(tmp_path) == ["7.1.damaged"] and (tmp_path / "book.json").exists()


@pytest.mark.parametrize("content", [b"", b"{", b'{"format": 99}', b"\xff" * 10])
def test_a_damaged_book_is_kept_told_and_begun_anew(tmp_path: Path, content: bytes) -> None:
    Host(tmp_path).scan("over_temperature")
    (tmp_path / "book.json").write_bytes(content)
    shown, events = Host(tmp_path, 5.0).scan("over_temperature")
    assert [a.name for a in shown.active] == ["over_temperature"]
    assert "book.1.damaged" in next(e.text for e in events if e.kind == "action_damaged")
    assert (tmp_path / "book.1.damaged").read_bytes() == content and shown.load.actions_damaged == 1


def test_a_folder_that_cannot_be_made_costs_only_the_keeping(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    host = Host(tmp_path / "file")
    shown, _ = host.scan("over_temperature")
    assert [a.name for a in shown.active] == ["over_temperature"]
    assert "do not outlive this run" in host.desk.findings()[0].what
    host.desk.close(START)


KILLED = """
import os, sys
from pathlib import Path
from mallee.pod.alarms import atomic
path = Path(sys.argv[1])
def die(*_): os._exit(9)
setattr(os, sys.argv[2], die)
atomic.write(path, b"new" * 100_000)
"""


def write_and_die(path: Path, at: str) -> int:
    command: Sequence[str] = [sys.executable, "-c", KILLED, str(path), at]
    return subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}).returncode


@pytest.mark.parametrize("at", ["fsync", "replace", "close"])
def test_killed_at_any_moment_the_old_file_or_the_new_one_is_there(tmp_path: Path, at: str) -> None:
    path = tmp_path / "book.json"
    path.write_bytes(b"old")
    code = write_and_die(path, at)
    assert code == 9 and path.read_bytes() in (b"old", b"new" * 100_000)
    assert (path.read_bytes() == b"old") == (at != "close")  # the folder is closed behind the rename
    atomic.clear(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["book.json"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "book.json"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(5, "Input/output error")))
    with pytest.raises(OSError, match="Input"):
        atomic.write(path, b"new")
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_a_calm_book_is_not_written_again(tmp_path: Path, monkeypatch) -> None:
    host = Host(tmp_path)
    host.scan("over_temperature")
    act(tmp_path, "shelve", "filter_blocked", for_s=3600.0)
    host.scan("over_temperature")
    written: list[Path] = []
    monkeypatch.setattr(atomic, "write", lambda path, _: written.append(path))
    for _ in range(20):
        host.scan("over_temperature")
    assert written == []


def test_a_book_that_somebody_removed_is_written_again(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.scan("over_temperature")
    (tmp_path / "book.json").unlink()
    host.scan("over_temperature")
    assert (tmp_path / "book.json").exists() and host.desk.findings() == ()


def test_the_log_is_bounded_and_a_torn_line_is_counted(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(store, "LOG_MAX_BYTES", 2000)
    host = Host(tmp_path)
    for _ in range(20):
        host.scan("over_temperature")
        host.scan(seconds=100.0)
    sizes = [(tmp_path / name).stat().st_size for name in ("log.jsonl", "log.1.jsonl")]
    assert all(size <= 2000 for size in sizes)
    with (tmp_path / "log.jsonl").open("ab") as file:
        file.write(b'{"time": "2026')
    events, wrong = AlarmStore(tmp_path).events()
    assert wrong == 1 and {"alarm", "alarm_gone", "running"} <= {event.kind for event in events}
    assert events == sorted(events, key=lambda event: event.time)


def test_other_processes_see_the_book_while_the_host_lives(tmp_path: Path) -> None:
    beside = AlarmStore(tmp_path)
    assert beside.view() is None
    host = Host(tmp_path)
    host.scan("over_temperature")
    kept = beside.view()
    assert kept is not None and [a.name for a in kept.alarms] == ["over_temperature"]
    host.desk.close(START)
    assert beside.view() is None
    host.scan("over_temperature", "filter_blocked")
    assert beside.view() is not None
    (tmp_path / "book.json").write_bytes(b"{")
    assert beside.view() is None
