"""From what was scanned to what is stored of it: frames, gaps, events, and the energy of gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..device.decoding import Decoded
from ..device.dictionary import Dictionary
from ..pod.document import Event as PodEvent
from ..reading import Quality, Scalar, Snapshot
from . import dates, energy, gaps, journals
from .coding import decoder
from .frames import FrameCoder
from .gaps import HOLE_SCANS
from .journals import ms_of
from .rows import Entry, Event, Fill, JournalMark, StoredFrame
from .scanned import Heard, JournalRead, Scanned
from .series import Layout, layout_of
from .store import Store


class _Recorded(NamedTuple):
    """How snapshots of one form are stored; `at` are the places of recorded values in them."""

    dictionary: Dictionary
    names: Sequence[str]
    number: int
    at: tuple[int, ...]
    coder: FrameCoder
    layout: Layout


class Entries:
    """For one open store. Not for several threads at once."""

    def __init__(self, store: Store, scan_s: float) -> None:
        self._store = store
        self._scan_s = scan_s
        self._forms: dict[tuple[str, Sequence[str]], _Recorded] = {}
        self._book = store.book
        self._moment: tuple[int, float] | None = None
        self._counters: dict[int, dict[int, tuple[int, float]]] = {}
        self._cause: str | None = "not_recording"
        self._undo: tuple[gaps.GapBook, tuple[int, float] | None] = (self._book, None)

    def lost(self, cause: str) -> None:
        """Scans were not stored: the next hole is for that reason."""
        self._cause = cause

    def of(self, scanned: Scanned, counts: dict[str, int]) -> Entry:
        """To be appended; then tell `stored()`, or `failed()`. Raises MalleeError where a new series cannot be stored."""
        self._undo = (self._book, self._moment)
        jump_ms = 0 if self._moment is None else dates.jump_ms(self._moment, (scanned.time_ms, scanned.clock_s))
        self._moment = (scanned.time_ms, scanned.clock_s)
        frames: list[StoredFrame] = []
        fills: list[Fill] = []
        heard_ms: dict[str, int] = {}
        missing: dict[str, str] = {}
        unfit = 0
        for heard in scanned.heard:
            if heard.snapshot is None or heard.dictionary is None:
                missing[heard.device] = heard.reason
                continue
            names, values, qualities, time_ms = _values(heard.snapshot)
            form = self._form(heard, heard.dictionary, names)
            if not form.at:
                continue
            chosen = [values[n] for n in form.at]
            chosen_qualities = None if qualities is None else [qualities[n] for n in form.at]
            before = form.coder.unfit
            data = form.coder.encode(form.number, time_ms - scanned.time_ms, chosen, chosen_qualities)
            unfit += form.coder.unfit - before
            frames.append(StoredFrame(form.number, time_ms, data))
            heard_ms[heard.device] = time_ms
            fills += self._fills(form, time_ms, chosen, chosen_qualities, heard.interval_s or self._scan_s)
        events = [_of_pod(event) for event in scanned.events]
        changes: Sequence[gaps.Change] = ()
        if not scanned.extra:
            self._book, changes = gaps.step(
                self._book,
                scanned.time_ms,
                heard_ms,
                missing,
                scan_s=self._scan_s,
                cause=self._cause,
                jumped=bool(jump_ms),
            )
        if jump_ms:
            events.append(
                Event(
                    "", "host", scanned.time_ms, scanned.time_ms, "date_set", f"the date moved by {jump_ms / 1000:g} s"
                )
            )
        marks = []
        for read in scanned.journals:
            found, mark, missed = self._journal(read, scanned.time_ms)
            events += found
            marks.append(mark)
            counts = {**counts, "journal_missed": counts.get("journal_missed", 0) + missed}
        return Entry(scanned.time_ms, frames, changes, events, fills, marks, {**counts, "values_unfit": unfit})

    def stored(self) -> None:
        self._cause = None

    def failed(self) -> None:
        """Nothing of the last entry was stored: it is as if it had not been."""
        self._book, self._moment = self._undo
        self._forms.clear()  # series that were new with it are new again
        self._counters.clear()

    def _form(self, heard: Heard, dictionary: Dictionary, names: Sequence[str]) -> _Recorded:
        form = self._forms.get((heard.device, names))
        if form is None or form.dictionary is not dictionary:
            layout, at = layout_of(heard.device, dictionary.by_name, names)
            number = self._store.number(layout)
            form = _Recorded(dictionary, names, number, at, FrameCoder(layout), layout)
            self._forms[heard.device, names] = form
        return form

    def _fills(
        self,
        form: _Recorded,
        time_ms: int,
        values: Sequence[Scalar],
        qualities: Sequence[Quality] | None,
        interval_s: float,
    ) -> list[Fill]:
        """Of each counter of energy that was not seen for longer than it should."""
        before = self._counters.get(form.number)
        if before is None:
            before = self._newest(form)
        known = dict(before)
        found: list[Fill] = []
        for at, series in enumerate(form.layout.series):
            value = values[at]
            good = qualities is None or qualities[at] is Quality.GOOD
            if series.unit not in energy.UNITS or not good or not isinstance(value, int | float):
                continue
            number = self._store.layouts.series_number(series)
            if number in before and time_ms - before[number][0] > HOLE_SCANS * interval_s * 1000:
                amount, restarted = energy.step(before[number][1], value)
                found.append(Fill(number, before[number][0], time_ms, None if restarted else amount))
            known[number] = (time_ms, value)
        self._counters[form.number] = known
        return found

    def _newest(self, form: _Recorded) -> dict[int, tuple[int, float]]:
        """Counters as they were stored last, by number of series."""
        if not any(series.unit in energy.UNITS for series in form.layout.series):
            return {}
        newest = self._store.newest(form.number)
        if newest is None:
            return {}
        time_ms, raws = newest
        found: dict[int, tuple[int, float]] = {}
        for series, raw in zip(form.layout.series, raws, strict=True):
            value = None if raw is None else decoder(series)(raw)
            if series.unit in energy.UNITS and isinstance(value, int | float):
                found[self._store.layouts.series_number(series)] = (time_ms, value)
        return found

    def _journal(self, read: JournalRead, seen_ms: int) -> tuple[list[Event], JournalMark, int]:
        known = self._store.journal(read.device)
        found = journals.news(known, read.entries, read.boot, lasting=read.lasting)
        when = journals.times_ms(read.entries, seen_ms, read.uptime_s)
        dated = {entry.sequence: time for entry, time in zip(read.entries, when, strict=True)}
        events = []
        for entry in found.entries:
            time_ms, estimated = dated[entry.sequence]
            events.append(
                Event(
                    read.device,
                    "journal",
                    time_ms,
                    seen_ms,
                    entry.kind,
                    entry.what,
                    found.era,
                    entry.sequence,
                    entry.uptime_s,
                    estimated,
                    entry.code,
                    entry.value,
                )
            )
        newest = read.entries[-1].sequence if read.entries else 0
        if known is not None and found.era == known.era:
            newest = max(newest, known.newest)
        return events, JournalMark(read.device, found.era, read.boot, newest), found.missed


def _values(snapshot: Snapshot) -> tuple[Sequence[str], Sequence[Scalar], Sequence[Quality] | None, int]:
    """Names, values, qualities and time. What a decoder gave has them at hand, without a Reading each."""
    readings = snapshot.readings
    if isinstance(readings, Decoded):
        return readings.names, readings.scalars, readings.qualities, ms_of(readings.when)
    rows = list(readings.values())
    return tuple(readings), [row.value for row in rows], [row.quality for row in rows], ms_of(snapshot.when)


def _of_pod(event: PodEvent) -> Event:
    return Event(event.device, "host", ms_of(event.time), ms_of(event.time), event.kind, event.text)
