"""A book of alarms under test: conditions by name, a clock of its own, actions in short."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mallee.device.dictionary import AlarmEntry
from mallee.pod.alarms import book as books
from mallee.pod.alarms.actions import Action, Verb
from mallee.pod.alarms.conditions import Condition
from mallee.pod.alarms.records import Book, Moment, Record
from mallee.pod.alarms.showing import Shown, show
from mallee.pod.alarms.topology import Topology
from mallee.pod.document import Event

START = datetime(2026, 1, 1, tzinfo=UTC)


def entry(name: str, *, priority: str = "medium", code: int = 0, latch: bool = False, group: str = "g") -> AlarmEntry:
    words = {"condition": f"{name}.", "cause": "c.", "consequence": "q.", "remedy": "r."}
    return AlarmEntry(code=code, name=name, priority=priority, group=group, latch=latch, **words)  # pyright: ignore[reportArgumentType]


class Case:
    """`scan(seconds, ...)` lets time pass and reports which alarms hold; others that were ever named do not."""

    def __init__(self, *entries: AlarmEntry, device: str = "d", topology: Topology | None = None) -> None:
        self.book = Book()
        self.entries = {(device, each.name): each for each in entries}
        self.topology = topology or Topology()
        self.s = 0.0
        self.utc = START
        self.events: list[Event] = []
        self.outcomes: list[str] = []
        self._actions = 0

    def scan(
        self,
        seconds: float = 1.0,
        *names: str,
        unknown: tuple[str, ...] = (),
        actions: tuple[Action, ...] = (),
        date_jump_s: float = 0.0,
    ) -> Shown:
        self.s += seconds
        self.utc += timedelta(seconds=seconds + date_jump_s)
        conditions = [
            Condition(device, alarm, None if name in unknown else name in names)
            for (device, name), alarm in self.entries.items()
        ]
        step = books.step(
            self.book, conditions, self.topology, Moment(self.s, self.utc), actions=actions, known=self.entries
        )
        self.book, self.events = step.book, list(step.events)
        self.outcomes = [outcome.refused for outcome in step.outcomes]
        return show(self.book)

    def action(
        self, verb: Verb, alarm: str = "a", *, for_s: float | None = None, device: str = "d", note: str = ""
    ) -> Action:
        self._actions += 1
        return Action(
            id=str(self._actions),
            verb=verb,
            device=device,
            alarm=alarm,
            by="ada",
            time=self.utc,
            for_s=for_s,
            note=note,
        )

    def record(self, name: str = "a", device: str = "d") -> Record | None:
        return self.book.records.get((device, name))


def names(shown: Shown) -> list[str]:
    return [alarm.name for alarm in shown.active]


def kinds(case: Case) -> list[str]:
    return [event.kind for event in case.events]
