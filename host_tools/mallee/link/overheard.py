"""What was overheard on a line, counted: of each unit, and of the line. Nothing that came is in none of these."""

from __future__ import annotations

from collections import Counter, deque

import msgspec

from .overhearing import Heard
from .rtu_frames import asks
from .statistics import percentile

_WINDOW = 4096  # latest times that percentiles are computed from
_GIVEN_UP_S = 1.0  # at the end: a request that was asked so long ago is unanswered, not just being answered


class UnitHeard(msgspec.Struct, frozen=True):
    """One unit. Times are milliseconds, None where nothing was measured; `rate_Hz` is requests a second."""

    unit: int
    requests: int
    rate_Hz: float | None
    answers: int
    exceptions: dict[str, int]
    """By the standard's code; they are answers as well."""
    unanswered: int
    """Requests after which nothing came."""
    damaged: int
    """Requests after which only bytes of no good frame came."""
    late: int
    second: int
    """Answers to a request that had been answered: two units with one address, most likely."""
    stray: int
    """Answers to nothing that was heard."""
    functions: dict[str, int]
    """Requests by function code."""
    delay_p50_ms: float | None
    """From a request's last bit to its answer's first one; with the time that the adapter holds bytes back, 1 to 16 ms."""
    delay_p99_ms: float | None


class LineHeard(msgspec.Struct, frozen=True):
    """One line. `load_percent` is the time that bytes took, of all time; gaps are silences between frames."""

    link: str
    seconds: float
    bytes: int
    frames: int
    broadcasts: int
    sure_requests: int
    """Frames that have the form of a request and of no answer: somebody asks."""
    noise_bytes: int
    bursts: int
    """Heaps of bytes that were no good frame."""
    load_percent: float | None
    gap_p50_ms: float | None
    longest_silence_s: float | None
    units: tuple[UnitHeard, ...]


class _Unit:
    def __init__(self) -> None:
        self.functions: Counter[int] = Counter()
        self.exceptions: Counter[int] = Counter()
        self.counts: Counter[str] = Counter()
        self.delays_s: deque[float] = deque(maxlen=_WINDOW)


class Tally:
    """Counts what it is given, in order. Times are the loop's."""

    def __init__(self, link: str, character_s: float, began_s: float) -> None:
        self._link, self._character_s, self._began_s = link, character_s, began_s
        self._units: dict[int, _Unit] = {}
        self._line: Counter[str] = Counter()
        self._gaps_s: deque[float] = deque(maxlen=_WINDOW)
        self._longest_s = 0.0
        self._last_s = began_s
        self._open: int | None = None
        self._noisy = False
        """Bytes of no good frame came after the open request."""

    def add(self, heard: Heard) -> None:
        self._line["bytes"] += len(heard.data)
        gap_s = heard.began_s - self._last_s
        self._longest_s = max(self._longest_s, gap_s)
        if self._line["frames"] and gap_s > 0:
            self._gaps_s.append(gap_s)
        self._last_s = heard.ended_s
        if heard.role == "noise":
            self._line["noise_bytes"] += len(heard.data)
            self._line["bursts"] += 1
            self._noisy = True
            return
        self._line["frames"] += 1
        number, pdu = heard.data[0], heard.data[1:-2]
        if heard.role == "request":
            self._line["sure_requests"] += asks(heard.data)
            self._close()
            if number == 0:
                self._line["broadcasts"] += 1
                return
            self._units.setdefault(number, _Unit()).functions[pdu[0]] += 1
            self._open, self._noisy = number, False
            return
        unit = self._units.setdefault(number, _Unit())
        unit.counts["answers" if heard.role == "answer" else heard.role] += 1
        if heard.role == "answer":
            self._open = None
            if heard.delay_s is not None:
                unit.delays_s.append(heard.delay_s)
            if pdu[0] & 0x80 and len(pdu) > 1:
                unit.exceptions[pdu[1]] += 1

    def _close(self) -> None:
        """Nobody will answer what is open."""
        if self._open is not None:
            self._units[self._open].counts["damaged" if self._noisy else "unanswered"] += 1
            self._open = None

    def report(self, now_s: float) -> LineHeard:
        """Until loop time `now_s`."""
        if now_s - self._last_s > _GIVEN_UP_S:
            self._close()
        seconds, line = now_s - self._began_s, self._line
        longest_s = max(self._longest_s, now_s - self._last_s)
        return LineHeard(
            link=self._link,
            seconds=round(seconds, 3),
            bytes=line["bytes"],
            frames=line["frames"],
            broadcasts=line["broadcasts"],
            sure_requests=line["sure_requests"],
            noise_bytes=line["noise_bytes"],
            bursts=line["bursts"],
            load_percent=round(100 * line["bytes"] * self._character_s / seconds, 2) if seconds > 0 else None,
            gap_p50_ms=_ms(percentile(list(self._gaps_s), 0.5)),
            longest_silence_s=round(longest_s, 3) if line["bytes"] else None,
            units=tuple(_report(number, self._units[number], seconds) for number in sorted(self._units)),
        )


def unheard(link: str, noise_bytes: int, seconds: float) -> LineHeard:
    """Of a line on which no frame was heard, at whatever settings."""
    nothing = Tally(link, 0.0, 0.0).report(seconds)
    return msgspec.structs.replace(nothing, bytes=noise_bytes, noise_bytes=noise_bytes, load_percent=None)


def _report(number: int, unit: _Unit, seconds: float) -> UnitHeard:
    requests, delays_s = sum(unit.functions.values()), list(unit.delays_s)
    return UnitHeard(
        unit=number,
        requests=requests,
        rate_Hz=round(requests / seconds, 2) if seconds > 0 else None,
        answers=unit.counts["answers"],
        exceptions={str(code): count for code, count in sorted(unit.exceptions.items())},
        unanswered=unit.counts["unanswered"],
        damaged=unit.counts["damaged"],
        late=unit.counts["late"],
        second=unit.counts["second"],
        stray=unit.counts["stray"],
        functions={str(code): count for code, count in sorted(unit.functions.items())},
        delay_p50_ms=_ms(percentile(delays_s, 0.5)),
        delay_p99_ms=_ms(percentile(delays_s, 0.99)),
    )


def _ms(value_s: float | None) -> float | None:
    return None if value_s is None else round(1000 * value_s, 3)
