"""Which series and layouts a file knows, by number."""

from __future__ import annotations

import json
import sqlite3
import struct

from .series import Layout, Series


class Layouts:
    """Read from the file at first; `number` adds to it, inside of the transaction that the caller began."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.by_number: dict[int, Layout] = {}
        self.load()

    def load(self) -> None:
        """Again from the file: after a transaction that was not to be, or when another process has written."""
        self.series: dict[int, Series] = {}
        for row in self._database.execute("SELECT id, device, point, unit, coding, letter, scale, choices FROM series"):
            choices = tuple((value, name) for value, name in json.loads(row[7]))
            self.series[row[0]] = Series(row[1], row[2], row[3], row[4], row[5], row[6], choices)
        self._series_numbers = {series: number for number, series in self.series.items()}
        self.by_number.clear()
        for number, device, numbers in self._database.execute("SELECT id, device, series FROM layout"):
            self.by_number[number] = Layout(device, tuple(self.series[each] for each in json.loads(numbers)))
        self._numbers = {layout: number for number, layout in self.by_number.items()}
        self._structs: dict[int, struct.Struct] = {}

    def known(self, layout: Layout) -> int | None:
        return self._numbers.get(layout)

    def number(self, layout: Layout) -> int:
        """Of a layout that is known, or becomes so."""
        known = self._numbers.get(layout)
        if known is not None:
            return known
        numbers = [self.series_number(series) for series in layout.series]
        cursor = self._database.execute(
            "INSERT INTO layout (device, series) VALUES (?, ?)", (layout.device, json.dumps(numbers))
        )
        assert cursor.lastrowid is not None
        self.by_number[cursor.lastrowid] = layout
        self._numbers[layout] = cursor.lastrowid
        return cursor.lastrowid

    def series_number(self, series: Series) -> int:
        known = self._series_numbers.get(series)
        if known is not None:
            return known
        cursor = self._database.execute(
            "INSERT INTO series (device, point, unit, coding, letter, scale, choices) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*_plain(series), json.dumps(series.choices)),
        )
        assert cursor.lastrowid is not None
        self.series[cursor.lastrowid] = series
        self._series_numbers[series] = cursor.lastrowid
        return cursor.lastrowid

    def struct(self, number: int) -> struct.Struct:
        """How a frame of this layout lies in a scan. KeyError for a layout that there is not."""
        found = self._structs.get(number)
        if found is None:
            found = self._structs[number] = self.by_number[number].struct()
        return found


def _plain(series: Series) -> tuple[str, str, str, str, str, int]:
    return series.device, series.point, series.unit, series.coding, series.letter, series.scale
