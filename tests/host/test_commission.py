"""Acceptances of a pod in memory: unattended, interrupted everywhere, declined, failed, refused; the protocol and its page."""

from __future__ import annotations

import asyncio
import builtins
import os
import signal
import sys

import cbor2
import msgspec
import pytest
from mallee import clock, resources
from mallee.cli import person
from mallee.cli.common import Context
from mallee.commissioning import keeping, machine
from mallee.commissioning.machine import Agreed, Ended, Looked, Measured, PutBack, Remembered, counts
from mallee.commissioning.model import Limit, Session, Step, Write, holds
from mallee.commissioning.plan import plan_of
from mallee.commissioning.running import Auto, commission
from mallee.pod.loader import load_pod
from mallee.testing import run

from .commanding import commands
from .commission_pod import SETTINGS, commissioned

MOVE = Step(
    id="skid-1/x", device="skid-1", kind="move", title="x", do=(Write("service_valve", 50.0),), consequence="it moves"
)
EYES = Step(id="skid-1/y", device="skid-1", kind="eyes", title="y", question="Is it so?")


def session_of(*steps: Step) -> Session:
    return Session(pod="p", who="me", began="now", plan=steps)


class Killed(BaseException):
    """As kill -9: nothing is cleaned up."""


def accept(folder, answers=None, **options) -> Session:
    config = load_pod(folder / "pod.toml")
    return run(commission(config, folder / "session.json", answers or Auto(), who="me", **options))


def told(session: Session) -> list[tuple]:
    """A protocol without its times; of the doctor's own counts only that none failed, for it looks at a moment."""
    return [
        (r.step, r.verdict, r.who, r.note, "" if r.step.endswith("doctor") else r.measured) for r in session.results
    ]


def settings(pod) -> dict[str, dict[str, object]]:
    return {name: {point: pod[name].device.value(point) for point in points} for name, points in SETTINGS.items()}


def test_a_pod_is_accepted_by_itself_and_left_as_it_was(tmp_path):
    with commissioned(tmp_path) as pod:
        session = accept(tmp_path)
        assert counts(session) == {"passed": 74, "failed": 0, "declined": 0, "skipped": 41}
        assert session.step is None and session.serials == {"skid-1": "5E71A0", "pdu-a1": "5E71A1"}
        assert settings(pod) == SETTINGS
        assert pod["skid-1"].device.value("expected_chips") == frozenset({"converter_1"})
        results = {result.step: result for result in session.results}
        assert results["skid-1/pump-1"].measured["pump_speed.2"] == 0.0
        assert results["skid-1/alarm/supply_pressure_stop"].measured["pump_state.1"] == "locked"
        assert results["pdu-a1/branch-8"].measured["closed"] == [f"branch_{n}" for n in range(1, 8)]
        assert all(result.time and result.who == "me" for result in session.results)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_point_it_goes_on_to_the_same_protocol(tmp_path, monkeypatch, when):
    """Once in every phase of every step: before the session is on the disk, or just behind it."""
    whole = tmp_path / "whole"
    whole.mkdir()
    with commissioned(whole):
        expected = accept(whole)
    seen: set[tuple[int, str]] = set()
    save = keeping.save

    def saving(path, session):
        point = len(session.results), session.phase
        new = point not in seen
        seen.add(point)
        if new and when == "before":
            raise Killed
        save(path, session)
        if session.phase in ("remembered", "measured", "seen"):
            device = session.step.device
            assert session.before == {name: value for name, value in SETTINGS[device].items() if name in session.before}
        if new:
            raise Killed

    with commissioned(tmp_path) as pod, monkeypatch.context() as patch:
        patch.setattr(keeping, "save", saving)
        patch.setattr(os, "fsync", lambda handle: None)  # a process is killed, not the power: half the time
        kills = 0
        while True:
            try:
                session = accept(tmp_path)
                break
            except Killed:
                kills += 1
        assert told(session) == told(expected) and kills == len(seen) > 100
        assert settings(pod) == SETTINGS


def test_a_contactor_that_does_not_open_is_recorded_and_everything_is_put_back(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(clock, "run", run)
    monkeypatch.chdir(tmp_path)
    with commissioned(tmp_path) as pod:
        pod["pdu-a1"].broken = {3}
        ran = commands(capsys)("commission", "pdu-a1", "--auto", "--who", "Ada", "-o", "json")
        failed = [row for row in ran.json if row["verdict"] == "failed"]
        assert ran.code == 5 and [row["step"] for row in failed] == ["pdu-a1/branch-3"]
        assert {row["step"] for row in ran.json if row["note"] == "pdu-a1/branch-3 failed"} == {
            "pdu-a1/meter-3/no-load", "pdu-a1/overload-3", "pdu-a1/instantaneous-3",
        }  # fmt: skip
        assert failed[0]["measured"]["branch.3.state"] == "disagrees" and settings(pod) == SETTINGS
    verified = commands(capsys)("commission", "verify", "commission.cbor", "-o", "json")
    assert verified.code == 0 and verified.json[0]["failed"] == 1 and verified.json[0]["who"] == "Ada (56)"
    assert commands(capsys)("commission", "page", "commission.cbor", "out.html").code == 0
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert (
        verified.json[0]["sha256"] in text
        and "class='failed'" in text
        and "branch.3.state is open: disagrees ✗" in text
    )
    assert text.count("<tr>") == len(ran.json) + 4 and "<script" not in text


def test_a_protocol_that_was_changed_is_found(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(clock, "run", run)
    monkeypatch.chdir(tmp_path)
    command = commands(capsys)
    with commissioned(tmp_path) as pod:
        pod["pdu-a1"].broken = {3}
        assert command("commission", "pdu-a1", "--auto").code == 5
    data = (tmp_path / "commission.cbor").read_bytes()
    outer = cbor2.loads(data)
    assert b"failed" in outer["content"]
    (tmp_path / "better.cbor").write_bytes(
        cbor2.dumps({**outer, "content": outer["content"].replace(b"failed", b"passed", 1)})
    )
    ran = command("commission", "verify", "better.cbor")
    assert ran.code == 5 and "was changed" in ran.err and ran.out == ""
    (tmp_path / "cut.cbor").write_bytes(data[:-100])
    ran = command("commission", "page", "cut.cbor", "no.html")
    assert ran.code == 5 and "no protocol" in ran.err and not (tmp_path / "no.html").exists()
    assert command("commission", "verify", "nowhere.cbor").code == 2


def test_a_person_is_told_the_consequence_and_may_decline(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(clock, "run", run)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    answers: list[str] = []

    def answer() -> str:
        return answers.pop(0) if answers else "yes"

    monkeypatch.setattr(builtins, "input", answer)
    answers += ["yes", "yes", "no", "not today"]  # of the gauges, of pump 1; then yes to everything
    with commissioned(tmp_path):
        ran = commands(capsys)("commission", "skid-1", "-o", "json")
        rows = {row["step"]: row for row in ran.json}
    assert rows["skid-1/pump-1"]["verdict"] == "declined" and rows["skid-1/pump-1"]["note"] == "not today"
    assert (
        "This will happen: pump 2 of skid-1 stops" in ran.err
        and "Wet the leak rope" in ran.err
        and "Dry the leak rope" in ran.err
    )
    assert rows["skid-1/hand/leak"]["verdict"] == "failed", "it was never wetted"
    assert rows["skid-1/gauges"]["verdict"] == "passed" and ran.code == 5


def test_declined_alone_is_exit_code_6(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(clock, "run", run)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(builtins, "input", lambda: "n")
    with commissioned(tmp_path):
        ran = commands(capsys)("commission", "skid-1", "-o", "json")
    assert ran.code == 6 and {row["verdict"] for row in ran.json} == {"passed", "declined", "skipped"}


def test_where_a_host_controls_nothing_is_moved_and_it_goes_on_later(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(clock, "run", run)
    monkeypatch.chdir(tmp_path)
    command = commands(capsys)
    with commissioned(tmp_path) as pod:
        pod["pdu-a1"].device.set(lease_state="active", lease_holder=7)
        ran = command("commission", "--auto")
        assert ran.code == 4 and "controlled by host 7" in ran.err and not (tmp_path / "commission.cbor").exists()
        assert not any("branch_switch" in name for write in pod["pdu-a1"].device.writes for name in write)
        pod["pdu-a1"].device.set(lease_state="none")
        ran = command("commission", "--auto")
        assert ran.code == 0 and "going on at step" in ran.err
        other = command("commission", "skid-1", "--auto")
        assert other.code == 2 and "another acceptance" in other.err


def test_a_controller_that_falls_silent_while_it_is_moved_is_put_back_by_who_goes_on(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(clock, "run", run)
    monkeypatch.chdir(tmp_path)
    command = commands(capsys)
    with commissioned(tmp_path) as pod:
        device, moved = pod["skid-1"].device, pod["skid-1"].answer

        def silent_once_moved(pdu: bytes) -> bytes:
            answer = moved(pdu)
            device.silent = device.value("service_valve") is not None
            return answer

        device.answer = silent_once_moved  # type: ignore[method-assign]
        ran = command("commission", "skid-1", "--auto", "--who", "Ada")
        assert ran.code == 3 and device.value("service_valve") == 50.0
        device.silent, device.answer = False, moved  # type: ignore[method-assign]
        ran = command("commission", "skid-1", "--auto", "--who", "Bob", "-o", "json")
        assert ran.code == 0 and settings(pod)["skid-1"] == SETTINGS["skid-1"]
    session = keeping.load(tmp_path / "commission.json")
    assert session is not None
    assert (session.results[0].who, session.results[-1].who) == ("Ada", "Bob")


def test_nobody_at_the_terminal_and_other_files(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(clock, "run", run)
    monkeypatch.chdir(tmp_path)
    command = commands(capsys)
    with commissioned(tmp_path):
        ran = command("commission")
        assert ran.code == 2 and "--auto" in ran.err
        (tmp_path / "commission.json").write_text("{}", encoding="utf-8")
        ran = command("commission", "--auto")
        assert ran.code == 2 and "no session" in ran.err
        assert command("commission", "skid-9", "--auto").code == 2
        with keeping.alone(tmp_path / "commission.json"):
            ran = command("commission", "--auto")
            assert ran.code == 4 and "in another terminal" in ran.err
        assert not (tmp_path / "commission.json.lock").exists()
        ran = command("commission", "--auto", "--session", "nowhere/session.json")
        assert ran.code == 2 and "cannot write" in ran.err


def test_the_phases_follow_each_other_and_nothing_else_can_come():
    events = [
        Agreed(),
        Remembered({"service_valve": None}),
        Measured({"valve_position": 50.0}, True),
        Looked(True),
        PutBack(True),
    ]
    session, phases = session_of(MOVE), []
    for number, event in enumerate(events):
        for other in events[:number] + events[number + 1 :]:
            with pytest.raises(ValueError, match="cannot come"):
                machine.step(session, other, "t")
        session = machine.step(session, event, "t")
        phases.append(session.phase)
    assert phases == ["agreed", "remembered", "measured", "seen", "ready"]
    assert [r.verdict for r in session.results] == ["passed"] and session.before == {} and session.step is None


@pytest.mark.parametrize(
    ("measured", "looked", "back", "verdict"),
    [
        (True, True, True, "passed"),
        (False, True, True, "failed"),
        (True, False, True, "failed"),
        (True, True, False, "failed"),
    ],
)
def test_a_move_passes_only_when_measured_seen_and_put_back(measured, looked, back, verdict):
    session = session_of(MOVE)
    for event in (
        Agreed(),
        Remembered({}),
        Measured({}, measured),
        Looked(looked),
        PutBack(back, "" if back else "stuck"),
    ):
        session = machine.step(session, event, "t")
    assert session.results[0].verdict == verdict and (back or session.results[0].note == "stuck")


def test_what_was_interrupted_is_begun_anew_only_once_it_is_put_back():
    session = session_of(MOVE)
    for event in (Agreed(), Remembered({"service_valve": 30.0})):
        session = machine.step(session, event, "t")
    found = machine.resumed(session)
    assert found.phase == "interrupted" and found.before == {"service_valve": 30.0}
    again = machine.step(found, PutBack(True), "t")
    assert (again.phase, again.before, again.results) == ("ready", {}, ())
    stuck = machine.step(found, PutBack(False, "NOT PUT BACK: refused", written=False), "t")
    assert stuck.results[0].verdict == "failed" and stuck.results[0].note.startswith("NOT PUT BACK")
    assert machine.resumed(session_of(MOVE)) == session_of(MOVE)


def test_eyes_tell_and_a_step_that_was_not_done_is_recorded():
    session = session_of(EYES, MOVE)
    for event in (Agreed(), Measured({"x": 1}, True), Looked(False, "2 % off")):
        session = machine.step(session, event, "t")
    assert (session.results[0].verdict, session.results[0].note) == ("failed", "2 % off")
    session = machine.step(session, Ended("declined", "why"), "t")
    assert session.results[1].verdict == "declined" and session.step is None


def test_what_nobody_could_tell_is_skipped_and_what_was_moved_is_put_back():
    session = session_of(EYES, MOVE)
    for event in (Agreed(), Measured({"x": 1}, True), Looked(False, "no meter at hand", skipped=True)):
        session = machine.step(session, event, "t")
    assert (session.results[0].verdict, session.results[0].note) == ("skipped", "no meter at hand")
    for event in (
        Agreed(),
        Remembered({"service_valve": 30.0}),
        Measured({"x": 1}, True),
        Looked(False, "", skipped=True),
    ):
        session = machine.step(session, event, "t")
    assert session.phase == "seen" and session.before == {"service_valve": 30.0}
    assert machine.step(session, PutBack(True), "t").results[1].verdict == "skipped"


def test_ctrl_c_at_a_question_ends_at_once(monkeypatch):
    """asyncio's own handler would only ask the command to end once the answer is there."""
    handlers = []

    def asked() -> str:
        handlers.append(signal.getsignal(signal.SIGINT))
        return "yes"

    monkeypatch.setattr("builtins.input", asked)

    async def main() -> None:
        before = signal.getsignal(signal.SIGINT)
        assert person.line(Context(None), "? ") == "yes"
        assert signal.getsignal(signal.SIGINT) is before is not signal.default_int_handler

    asyncio.run(main())
    assert handlers == [signal.default_int_handler]


def test_limits():
    assert holds(Limit("x", 1, 2), 1.0) and holds(Limit("x", low=1), 5) and not holds(Limit("x", 1, 2), 2.1)
    assert (
        not holds(Limit("x", low=0), None) and not holds(Limit("x", high=9), "a word") and not holds(Limit("x"), True)
    )
    assert holds(Limit("x", one_of=("a", "b")), "b") and not holds(Limit("x", one_of=("a",)), "b")
    assert (
        holds(Limit("x", holds="a"), ["a", "b"])
        and not holds(Limit("x", lacks="a"), ["a", "b"])
        and not holds(Limit("x", holds="a"), "a")
    )


def test_every_point_of_the_plan_is_one_of_the_map(tmp_path):
    """And what is moved has its consequence in words, and is put back with a proof."""
    with commissioned(tmp_path):
        config = load_pod(tmp_path / "pod.toml")
    books = {"skid-1": resources.dictionary("pump"), "pdu-a1": resources.dictionary("pdu")}
    plan = plan_of(config, books)
    for step in plan:
        known = books[step.device].by_name
        writes = (*step.first, *step.do, *step.after)
        limits = (*step.given, *step.first_until, *step.expect, *step.back)
        points = {
            *(w.point for w in writes),
            *(w.of for w in writes if w.of),
            *step.keep,
            *(each.point for each in limits),
        }
        alarms = set(books[step.device].alarm_points)
        assert step.kind == "doctor" or points <= set(known) | alarms, step.id
        assert all(known[w.point].writable for w in writes)
        assert step.kind != "move" or (step.consequence and step.back and step.settle_s and step.back_s)
        assert step.kind not in ("hand", "eyes") or step.question
        assert step.kind != "hand" or step.undo
        assert set(step.needs) <= {each.id for each in plan}
    assert len({step.id for step in plan}) == len(plan) and plan == plan_of(config, books)
    assert msgspec.json.decode(msgspec.json.encode(plan), type=tuple[Step, ...]) == plan
