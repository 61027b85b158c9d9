"""Every alarm of the maps is tried by an acceptance, by settings or by hand, or stands with its reason; persons, references, and
branches that are off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from mallee import resources
from mallee.commissioning import machine
from mallee.commissioning.by_hand import BY_HAND, NOT_TRIED
from mallee.commissioning.coverage import how_tried, rendered
from mallee.commissioning.model import Limit, Session, Step, Write, holds
from mallee.commissioning.plan_lease import lease_step
from mallee.commissioning.plan_pdu import pdu_steps
from mallee.commissioning.plan_skid import skid_steps
from mallee.commissioning.protocol import people, protocol_of
from mallee.commissioning.running import Answer, Auto, commission
from mallee.commissioning.thresholds import alarms_by_name, thresholds
from mallee.device.calibration import Shown
from mallee.pod.loader import load_pod
from mallee.testing import run

from ..conftest import ROOT
from .commission_pod import SETTINGS, Following, commissioned

BOOKS = [resources.dictionary("pump"), resources.dictionary("pdu")]


@pytest.mark.parametrize("dictionary", BOOKS, ids=["pump", "pdu"])
def test_every_alarm_is_provoked_or_done_by_hand_or_has_its_reason(dictionary):
    steps = [*(skid_steps if dictionary.profile == "pump" else pdu_steps)("x", dictionary), lease_step("x")]
    tried = {alarm.partition(".")[0] for step in steps for alarm in step.alarms}
    names = set(alarms_by_name(dictionary))
    assert names - tried == names & set(NOT_TRIED), "an alarm is neither tried nor has a reason, or it has both"
    for step in steps:
        expected = {limit.point for limit in step.expect}
        assert {f"alarm.{alarm}" for alarm in step.alarms} <= expected, step.id
        latching = {entry.code for entry in dictionary.alarms if entry.name in step.alarms and entry.latch}
        assert latching == {int(str(write.value)) for write in step.after}, step.id
        gone = {f"alarm.{alarm}" for alarm in step.alarms if alarm != "leak_balance" or step.kind == "move"}
        assert gone <= {limit.point for limit in step.back}, step.id
    assert {row.alarm for row in how_tried(dictionary)} == names


def test_the_page_says_how_each_alarm_is_tried():
    page = (ROOT / "docs" / "commission.md").read_text(encoding="utf-8")
    assert rendered(page) == page, "run `make docs`"
    with pytest.raises(ValueError, match="there is no"):
        rendered("a page without marks")


def test_the_tables_name_no_alarm_that_there_is_not():
    names = {name for dictionary in BOOKS for name in alarms_by_name(dictionary)}
    assert set(BY_HAND) | set(NOT_TRIED) <= names and not set(BY_HAND) & set(NOT_TRIED)
    assert all(reason for reason in NOT_TRIED.values())


def test_thresholds_are_read_from_the_words_of_the_dictionary():
    found = {each.name: each for dictionary in BOOKS for each in thresholds(dictionary)}
    assert set(found) == {
        "dry_run", "supply_pressure_stop", "supply_pressure_high", "return_pressure_low", "return_pressure_stop",
        "over_temperature", "filter_blocked", "filter_loaded", "pump_worn", "undervoltage", "overvoltage",
    }  # fmt: skip
    dry, stop = found["dry_run"], found["return_pressure_stop"]
    assert (dry.points, dry.setting, dry.above) == (("level",), "dry_run_level", False)
    assert dry.write() == Write("dry_run_level", of="level", part=1.05)
    assert stop.part == 0.5 and stop.write().part == pytest.approx(2.1)
    assert found["overvoltage"].points == tuple(f"phase_voltage.{phase}" for phase in (1, 2, 3))
    reached = dry.reached(BOOKS[0])
    assert reached == Limit("level", high=47.62), "dry_run_level ends at 50 %"
    assert holds(reached, 40.0) and not holds(reached, 60.0)


class Person:
    """Who does what is asked: `done` by step, and `undone`."""

    def __init__(self, done: dict[str, Callable[[], None]], undone: Callable[[], None]) -> None:
        self.done, self.undone = done, undone
        self.asked: list[str] = []
        self.answers: dict[str, Answer] = {}

    def begin(self, step: Step) -> tuple[Answer, str]:
        self.asked.append(step.id)
        return ("yes", "") if step.id in self.done or not machine.needs_person(step) else ("skip", "")

    def act(self, step: Step) -> tuple[Answer, str]:
        self.done[step.id]()
        return self.answers.get(step.id, "yes"), ""

    def look(self, step: Step, measured: str) -> tuple[Answer, str]:
        return "yes", ""

    def undo(self, step: Step) -> None:
        self.undone()

    def reference(self, step: Step) -> list[Shown]:
        return [Shown(240.0, 21.3, 240.0 * 21.3)] * 3


def accepted(folder, answers, name: str, who: str = "me") -> Session:
    return run(commission(load_pod(folder / "pod.toml"), folder / "session.json", answers, who=who, only=(name,)))


def results(session: Session) -> dict[str, Any]:
    return {result.step.partition("/")[2]: result for result in session.results}


def left(pod: dict[str, Following], name: str) -> dict[str, Any]:
    return {point: pod[name].device.value(point) for point in SETTINGS[name]}


def test_by_hand_a_skid_stops_on_a_leak_and_on_an_empty_tank(tmp_path):
    with commissioned(tmp_path) as pod:
        device = pod["skid-1"].device
        person = Person(
            {
                "skid-1/hand/leak": lambda: device.set(leak_rope="wet"),
                "skid-1/hand/dry_run": lambda: (device.set(level=1.0), pod["skid-1"].settle())[1],
            },
            lambda: (device.set(leak_rope="dry", level=60.0), pod["skid-1"].settle())[1],
        )
        found = results(accepted(tmp_path, person, "skid-1"))
        assert left(pod, "skid-1") == SETTINGS["skid-1"] and device.value("state") == "local"
    assert found["hand/leak"].verdict == "passed" and found["hand/leak"].measured["alarm.leak_stop"] == "active"
    assert found["hand/dry_run"].verdict == "passed" and found["alarm/dry_run"].verdict == "skipped"
    assert "dry_run" not in str(found["alarm/dry_run"].measured) and "level is 60" in found["alarm/dry_run"].note


def test_what_a_person_begins_and_leaves_is_put_back_too(tmp_path):
    """Ropes wetted, and then given up: branches that opened are closed again, and the step is what the person says."""
    with commissioned(tmp_path) as pod:
        follow = pod["pdu-a1"]

        def wet(rope: int) -> Callable[[], None]:
            return lambda: (follow.device.set(**{f"leak_rope.{rope}": "wet"}), follow.settle())[1]

        person = Person(
            {f"pdu-a1/hand/leak-{rope}": wet(rope) for rope in (1, 2)},
            lambda: follow.device.set(**{"leak_rope.1": "dry", "leak_rope.2": "dry"}),
        )
        person.answers = {"pdu-a1/hand/leak-1": "no", "pdu-a1/hand/leak-2": "skip"}
        found = results(accepted(tmp_path, person, "pdu-a1"))
        assert left(pod, "pdu-a1") == SETTINGS["pdu-a1"] and follow.device.value("state") == "local"
    assert (found["hand/leak-1"].verdict, found["hand/leak-2"].verdict) == ("declined", "skipped")


def test_a_level_that_settings_reach_needs_no_hand(tmp_path):
    with commissioned(tmp_path) as pod:
        pod["skid-1"].device.set(level=40.0, return_pressure=120.0)
        found = results(accepted(tmp_path, Person({"skid-1/hand/dry_run": lambda: None}, lambda: None), "skid-1"))
        assert left(pod, "skid-1") == SETTINGS["skid-1"]
    assert found["alarm/dry_run"].verdict == "passed" and found["alarm/return_pressure_stop"].verdict == "passed"
    assert found["alarm/dry_run"].measured["dry_run_level"] == 42.0
    assert found["hand/dry_run"].verdict == "skipped" and "level is 40" in found["hand/dry_run"].note


def test_a_wet_rope_opens_its_branches_and_they_are_closed_again(tmp_path):
    with commissioned(tmp_path) as pod:
        device = pod["pdu-a1"].device
        person = Person(
            {"pdu-a1/hand/leak-1": lambda: (device.set(**{"leak_rope.1": "wet"}), pod["pdu-a1"].settle())[1]},
            lambda: device.set(**{"leak_rope.1": "dry"}),
        )
        found = results(accepted(tmp_path, person, "pdu-a1"))
        assert left(pod, "pdu-a1") == SETTINGS["pdu-a1"] and device.value("state") == "local"
    assert found["hand/leak-1"].verdict == "passed" and found["hand/leak-2"].verdict == "skipped"


def test_a_branch_that_is_off_is_closed_for_its_step_and_off_afterwards(tmp_path):
    with commissioned(tmp_path) as pod:
        device = pod["pdu-a1"].device
        device.set(**{"branch_switch.5": False})
        pod["pdu-a1"].settle()
        found = results(accepted(tmp_path, Auto(), "pdu-a1"))
        assert left(pod, "pdu-a1") == SETTINGS["pdu-a1"] | {"branch_switch.5": False}
        moves = [write["branch_switch.5"] for write in device.writes if "branch_switch.5" in write]
    assert found["branch-5"].verdict == "passed" and moves[:3] == [True, False, False]
    assert found["overload-5"].verdict == "skipped" and "branch.5.state is open" in found["overload-5"].note
    assert found["meter-5/no-load"].verdict == "passed" and found["left"].verdict == "passed"


def test_meters_are_corrected_by_what_a_person_reads_and_without_load_by_themselves(tmp_path):
    with commissioned(tmp_path) as pod:
        device = pod["pdu-a1"].device
        device.set(**{f"branch.2.current_gain.{phase}": 0.95 for phase in (1, 2, 3)})
        pod["pdu-a1"].idle_A = 0.03
        person = Person({f"pdu-a1/meter-{branch}/nominal": lambda: None for branch in (2, 3)}, lambda: None)
        session = accepted(tmp_path, person, "pdu-a1")
        found, gains = results(session), [device.value(f"branch.2.current_gain.{phase}") for phase in (1, 2, 3)]
        offset = device.value("branch.4.current_offset.1")
    assert found["meter-2/nominal"].verdict == "passed" and "corrected and stored" in found["meter-2/nominal"].note
    assert gains == pytest.approx([1.0] * 3, abs=0.002)
    assert found["meter-3/nominal"].note == "it agrees as it is"
    assert found["meter-4/no-load"].verdict == "passed" and offset == pytest.approx(-0.03, abs=0.001)
    assert found["meter-1/nominal"].verdict == "skipped"


def test_a_reference_that_cannot_be_fails_and_leaves_the_corrections(tmp_path):
    class Wrong(Person):
        def reference(self, step: Step) -> list[Shown]:
            return [Shown(240.0, 40.0, 9600.0)] * 3

    with commissioned(tmp_path) as pod:
        found = results(accepted(tmp_path, Wrong({"pdu-a1/meter-2/nominal": lambda: None}, lambda: None), "pdu-a1"))
        assert left(pod, "pdu-a1") == SETTINGS["pdu-a1"]
    assert found["meter-2/nominal"].verdict == "failed" and "20%" in found["meter-2/nominal"].note


def test_a_branch_without_load_does_not_trip_and_says_why(tmp_path):
    with commissioned(tmp_path) as pod:
        pod["pdu-a1"].load_A = 12.0
        pod["pdu-a1"].settle()
        found = results(accepted(tmp_path, Auto(), "pdu-a1"))
    assert found["overload-1"].verdict == found["instantaneous-1"].verdict == "skipped"
    assert found["overload-1"].note == "branch.1.current is 12.0, and it takes branch.1.current ≥ 16.48 A"


def test_the_protocol_lists_everybody(tmp_path):
    class Leaving(Person):
        def begin(self, step: Step) -> tuple[Answer, str]:
            if step.id == "skid-1/pump-2" and len(self.asked) < 4:
                raise KeyboardInterrupt
            return super().begin(step)

    with commissioned(tmp_path):
        with pytest.raises(KeyboardInterrupt):
            accepted(tmp_path, Leaving({}, lambda: None), "skid-1", who="Ada")
        session = accepted(tmp_path, Auto(), "skid-1", who="Bob")
    who = protocol_of(session, "then", "0").who
    assert [each.who for each in who] == ["Ada", "Bob"]
    assert sum(each.steps for each in who) == len(session.results) and who[0].steps == 22
    assert all(each.first <= each.last for each in who) and people(()) == ()
