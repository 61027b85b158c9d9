"""The alarms of a running pod: its book, and the files that let it outlive a restart and hear what people ask from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from ...device.dictionary import AlarmEntry
from ..config import PodConfig
from ..document import Event, FeedState, Finding, PduState
from . import book as books
from . import eemua, judging, storing
from .actions import Action, Outcome
from .conditions import Condition, DeviceAlarms, Key
from .records import Book, Moment, Record
from .showing import Shown, show
from .store import AlarmStore
from .topology import topology


class AlarmDesk:
    """`scan` once a scan. `folder` None: nothing is kept and nobody is heard. `at_once`: without delays, for a single scan."""

    def __init__(self, config: PodConfig, folder: Path | None = None, *, at_once: bool = False) -> None:
        self.book = Book()
        self.shown = Shown()
        self._config = config
        self._topology = topology(config)
        self._voltages_V = {feed.name: feed.voltage_V for feed in config.feeds}
        self._at_once = at_once
        self._store = None if folder is None else AlarmStore(folder)
        self._opened = False
        self._early: list[Event] = []
        self._outcomes: tuple[Outcome, ...] = ()
        self._trouble = ""
        self._marked_s = 0.0

    def scan(
        self,
        devices: Sequence[DeviceAlarms],
        pdus: Sequence[PduState],
        feeds: Sequence[FeedState],
        now_s: float,
        utc: datetime,
    ) -> tuple[Shown, list[Event]]:
        """What is told after this scan, and what happened."""
        now = Moment(now_s, utc)
        events, self._early = self._early + self._open(now), []
        actions, heard = self._take(now)
        active = {key for key, record in self.book.records.items() if record.active}
        found = judging.conditions(devices, pdus, feeds, self._voltages_V, self._topology, active)
        found += self._vanished(devices)
        known = _known(devices, found) if actions else {}
        step = books.step(self.book, found, self._topology, now, actions=actions, known=known, at_once=self._at_once)
        self.book, self.shown = step.book, show(step.book)
        self._outcomes = (*self._outcomes, *step.outcomes)[-storing.OUTCOMES_MAX :]
        events += [*heard, *step.events]
        self._keep(actions, events, now)
        return self.shown, events

    def standing(self, alarm: str, now_s: float, utc: datetime) -> dict[str, str]:
        """Where that alarm stands, and the details of it; before the first scan: what a host before this one left."""
        self._early += self._open(Moment(now_s, utc))
        return standing(self.book.records.values(), alarm)

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with keeping alarms."""
        return (Finding(level="warning", where="alarms", what=self._trouble),) if self._trouble else ()

    def close(self, utc: datetime) -> None:
        """The host ends."""
        if self._store is not None and self._opened:
            try:
                self._store.append([_mark(eemua.STOPPED, utc)])
            except OSError as error:
                self._trouble = _cannot(error)
            self._store.close()

    def _open(self, now: Moment) -> list[Event]:
        if self._store is None or self._opened:
            return []
        self._opened, self._marked_s = True, now.s
        events = []
        try:
            kept, wrong = self._store.open()
            self._store.append([_mark(eemua.STARTED, now.utc)])
        except OSError as error:
            self._trouble = _cannot(error)
            return events
        if wrong:
            events.append(_damaged(wrong, now))
        if kept is not None:
            places = {member.name for member in self._config.members} | set(self._topology.inside)
            self.book = storing.go_on(kept, now, places)
            self._outcomes = kept.outcomes
            gone = len(kept.records) - len(self.book.records)
            if gone:
                text = f"{gone} alarms of devices that the pod file does not name any more are left behind"
                events.append(Event(time=now.utc, kind="note", device="alarms", text=text))
        if wrong:
            self._count_damaged(1)
        return events

    def _take(self, now: Moment) -> tuple[list[Action], list[Event]]:
        if self._store is None:
            return [], []
        try:
            actions, wrong = self._store.take()
        except OSError as error:
            self._trouble = _cannot(error)
            return [], []
        self._count_damaged(len(wrong))
        return actions, [_damaged(text, now) for text in wrong]

    def _count_damaged(self, files: int) -> None:
        counts = self.book.counts
        self.book = replace(self.book, counts=replace(counts, damaged=counts.damaged + files))

    def _vanished(self, devices: Sequence[DeviceAlarms]) -> list[Condition]:
        """Alarms that a controller does not have any more, after another firmware was put on it."""
        has = {d.device: {r.entry.name for r in d.readings} for d in devices if d.readings is not None and not d.lost}
        return [
            Condition(record.device, record.alarm, False)
            for record in self.book.records.values()
            if record.alarm.code and record.device in has and record.alarm.name not in has[record.device]
        ]

    def _keep(self, actions: Sequence[Action], events: Sequence[Event], now: Moment) -> None:
        if self._store is None:
            return
        lines = [event for event in events if event.kind.startswith(("alarm", "action"))]
        if now.s - self._marked_s >= eemua.MARK_S:
            lines.append(_mark(eemua.RUNNING, now.utc))
            self._marked_s = now.s
        config = self._config
        try:
            self._store.save(
                storing.keep(self.book, self.shown, self._outcomes, config.pod.name, config.control.scan_s, now)
            )
            self._store.forget(actions)
            self._store.append(lines)
        except OSError as error:
            self._trouble = _cannot(error)
        else:
            self._trouble = ""


def standing(records: Iterable[Record], alarm: str) -> dict[str, str]:
    """Details of an alarm by the devices where it is active, as they were told: without its capital and its full stop."""
    found = {record.device: record.detail for record in records if record.alarm.name == alarm and record.active}
    return {device: detail[:1].lower() + detail[1:].removesuffix(".") for device, detail in found.items()}


def _known(devices: Sequence[DeviceAlarms], conditions: Sequence[Condition]) -> dict[Key, AlarmEntry]:
    """Every alarm that could come: also of controllers that do not answer now."""
    found: dict[Key, AlarmEntry] = {condition.key: condition.alarm for condition in conditions}
    for device in devices:
        found.update({(device.device, reading.entry.name): reading.entry for reading in device.readings or ()})
    return found


def _mark(kind: str, utc: datetime) -> Event:
    return Event(time=utc, kind=kind, device="host", text="")


def _damaged(text: str, now: Moment) -> Event:
    return Event(time=now.utc, kind="action_damaged", device="alarms", text=text)


def _cannot(error: OSError) -> str:
    return f"acknowledgements and shelving do not outlive this run: {error.strerror or error} ({error.filename})"
