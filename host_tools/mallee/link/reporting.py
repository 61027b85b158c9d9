"""The counters of links and units as rows of plain data."""

from __future__ import annotations

import msgspec

from .statistics import LinkStatistics, UnitStatistics, percentile


class LinkView(msgspec.Struct, frozen=True):
    """One line, gateway or connection in a few figures, sums over its units: for who looks each second."""

    link: str
    requests: int = 0
    timeouts: int = 0
    exceptions: int = 0
    damaged: int = 0
    """Answers that fit no request or no check sum."""
    late: int = 0
    held_back: int = 0
    noise_bytes: int = 0
    reconnects: int = 0
    load: float | None = None
    """Of a serial line: part of the time that bytes were on it."""
    rtt_p99_ms: float | None = None


class UnitReport(msgspec.Struct, frozen=True):
    """What one unit was asked, and how it answered. Round trips are of the latest 512 answers; None before the first one."""

    link: str
    unit: int
    requests: int
    answers: int
    exceptions: dict[str, int]
    """By the standard's code."""
    timeouts: int
    damaged: int
    """Requests to which only bytes without a good check sum came back."""
    malformed: int
    late: int
    given_up: int
    """Requests that whoever asked did not wait for to the end."""
    resyncs: int
    unproven: int
    held_back: int
    rtt_p50_ms: float | None
    rtt_p90_ms: float | None
    rtt_p99_ms: float | None


class LinkReport(msgspec.Struct, frozen=True):
    """One line, gateway or connection. `load_percent` is the time that bytes took on a serial line, of all time since it was
    opened; silence, which every frame needs before it, comes on top. None over TCP."""

    link: str
    load_percent: float | None
    bytes_out: int
    bytes_in: int
    broadcasts: int
    noise_bytes: int
    unread_bytes: int
    """That came while nobody asked, and were more than is kept."""
    wrong_unit: int
    unknown: int
    echoes: int
    foreign_requests: int
    """Of another master on the line."""
    never_silent: int
    reconnects: int
    connect_failures: int
    units: tuple[UnitReport, ...]


def view(address: str, link: LinkStatistics, now_s: float) -> LinkView:
    """`now_s` is the loop's time. Cheap: it is made of every link in every scan."""
    units = link.units.values()
    p99_s = percentile([trip_s for unit in units for trip_s in unit.round_trips_s()], 0.99)
    return LinkView(
        link=address,
        requests=sum(unit.requests for unit in units),
        timeouts=sum(unit.timeouts for unit in units),
        exceptions=sum(sum(unit.exceptions.values()) for unit in units),
        damaged=sum(unit.damaged + unit.malformed for unit in units) + link.malformed_streams,
        late=sum(unit.late for unit in units),
        held_back=sum(unit.held_back for unit in units),
        noise_bytes=link.noise_bytes,
        reconnects=link.reconnects,
        load=link.load(now_s),
        rtt_p99_ms=None if p99_s is None else round(1000 * p99_s, 3),
    )


def report(address: str, link: LinkStatistics, now_s: float) -> LinkReport:
    """`now_s` is the loop's time."""
    load = link.load(now_s)
    return LinkReport(
        link=address,
        load_percent=None if load is None else round(100 * load, 2),
        bytes_out=link.bytes_out,
        bytes_in=link.bytes_in,
        broadcasts=link.broadcasts,
        noise_bytes=link.noise_bytes,
        unread_bytes=link.unread_bytes,
        wrong_unit=link.wrong_unit,
        unknown=link.unknown_transactions + link.duplicates,
        echoes=link.echoes,
        foreign_requests=link.foreign_requests,
        never_silent=link.never_silent,
        reconnects=link.reconnects,
        connect_failures=link.connect_failures,
        units=tuple(_unit(address, unit, link.units[unit]) for unit in sorted(link.units)),
    )


def _unit(address: str, number: int, unit: UnitStatistics) -> UnitReport:
    def ms(fraction: float) -> float | None:
        trip_s = unit.rtt_s(fraction)
        return None if trip_s is None else round(1000 * trip_s, 3)

    return UnitReport(
        link=address,
        unit=number,
        requests=unit.requests,
        answers=unit.answers,
        exceptions={str(code): count for code, count in sorted(unit.exceptions.items())},
        timeouts=unit.timeouts,
        damaged=unit.damaged,
        malformed=unit.malformed,
        late=unit.late,
        given_up=unit.given_up,
        resyncs=unit.resyncs,
        unproven=unit.unproven,
        held_back=unit.held_back,
        rtt_p50_ms=ms(0.5),
        rtt_p90_ms=ms(0.9),
        rtt_p99_ms=ms(0.99),
    )
