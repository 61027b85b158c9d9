"""The page of a shift: HTML in one piece, without scripts and without anything from elsewhere; it prints on A4. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

from ..history.report.energy import PodRow
from .gathering import AlarmRow, Shift

_MOST_ROWS = 300
"""Of notes and of events: a page is to be read."""
_STYLE = """
@page { size: A4; margin: 14mm; }
body { font: 14px/1.4 system-ui, sans-serif; color: #1a1a1a; max-width: 64em; margin: 1.5em auto; padding: 0 1em; }
h1 { font-size: 1.5em; margin: 0; } h2 { font-size: 1.15em; margin: 1.6em 0 0.4em; border-bottom: 1px solid #bbb; }
p.when { color: #555; margin: 0.2em 0 1em; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; color: #555; font-weight: normal; }
th, td { padding: 0.15em 0.6em 0.15em 0; vertical-align: top; border-bottom: 1px solid #e5e5e5; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } td.t { white-space: nowrap; }
.critical, .high, .over { font-weight: bold; color: #a01020; } .medium { color: #8a5a00; font-weight: bold; }
.figures { display: flex; flex-wrap: wrap; gap: 0.8em 2em; } .figures b { display: block; font-size: 1.4em; }
svg { width: 100%; height: auto; } ul { padding-left: 1.2em; } tr { break-inside: avoid; } h2 { break-after: avoid; }
"""


def page(shift: Shift) -> str:
    begin, end = _moment(shift.begin_ms / 1000, shift), _moment(shift.end_ms / 1000, shift)
    parts = [
        f"<h1>Shift report: {escape(shift.pod)}</h1>",
        f'<p class="when">{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} {end:%Z}, {_length((end - begin).total_seconds())}</p>',
        _summary(shift),
        *_section("Alarms", _alarms(shift)),
        *_section("What the alarms asked of people (EEMUA 191, ISA-18.2)", _figures(shift)),
        *_section("Energy by hour", _energy(shift.hours, shift)),
        *_section("Trends", _picture(shift.picture)),
        *_section("What the host did", _notes(shift)),
        *_section("Events", _events(shift)),
        *_section("What this page cannot tell", _list(shift.missing)),
    ]
    title = f"<title>Shift report: {escape(shift.pod)}, {begin:%Y-%m-%d %H:%M}</title>"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width">{title}<style>{_STYLE}</style>'
    body = "\n".join(part for part in parts if part)
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def _few(value: float | None) -> str:
    """Counts as such, parts and means to three figures."""
    return "–" if value is None else f"{value:.3g}"


def _section(title: str, content: str) -> list[str]:
    return [f"<h2>{escape(title)}</h2>", content] if content else []


def _summary(shift: Shift) -> str:
    total = shift.total
    stand = sum(row.stood.end_s is None or row.stood.end_s * 1000 > shift.end_ms for row in shift.alarms)
    cells = [("alarms", str(len(shift.alarms))), ("stand at the end", str(stand))]
    if total is not None:
        cells += [
            ("racks", _number(total.it_kWh, " kWh")),
            ("cooling", _number(total.cooling_kWh, " kWh")),
            ("heat removed", _number(total.heat_kWh, " kWh")),
            ("partial PUE", _number(total.partial_pue, "", 3)),
        ]
    return (
        '<div class="figures">'
        + "".join(f"<div>{escape(name)}<b>{escape(value)}</b></div>" for name, value in cells)
        + "</div>"
    )


def _alarms(shift: Shift) -> str:
    if not shift.alarms:
        return "<p>None.</p>"
    rows = [_alarm(row, shift) for row in shift.alarms]
    return _table(("came", "went", "priority", "where", "alarm", "what people did"), rows)


def _alarm(row: AlarmRow, shift: Shift) -> list[str]:
    each = row.stood
    begin = _moment(each.begin_s, shift)
    went = "stands" if each.end_s is None else f"{_moment(each.end_s, shift):%H:%M:%S}"
    came = f"{begin:%H:%M:%S}" if each.begin_s * 1000 >= shift.begin_ms else f"{begin:%m-%d %H:%M}"
    done = (
        "<br>".join(f"{_moment(when.timestamp(), shift):%H:%M:%S} {escape(text)}" for when, text in row.done)
        or "nothing"
    )
    return [
        _cell(came, "t"), _cell(went, "t"), _cell(each.priority, each.priority), _cell(each.device), _cell(each.alarm),
        f"<td>{done}</td>",
    ]  # fmt: skip


def _figures(shift: Shift) -> str:
    if not shift.covered_s:
        return "<p>No host ran, or not for long enough to tell.</p>"
    words = {True: "ok", False: "over", None: "too few to tell"}
    rows = [
        [
            _cell(f.figure),
            _cell(_few(f.value), "n"),
            _cell(f.limit.replace("<=", "≤"), "n"),
            _cell(words[f.ok], words[f.ok]),
        ]
        for f in shift.figures
    ]
    return (
        _table(("figure", "value", "limit", "verdict"), rows)
        + f"<p>In {shift.covered_s / 3600:.1f} h of a running host.</p>"
    )


def _energy(hours: Sequence[PodRow], shift: Shift) -> str:
    rows = [
        [
            _cell(row.begin[:16].replace("T", " "), "t"),
            *(_cell(_number(value, "", digits), "n") for value, digits in (
                (row.it_kWh, 1), (row.cooling_kWh, 2), (row.heat_kWh, 1), (row.partial_pue, 3), (_covered(row, shift), 0),
            )),
        ]
        for row in (*hours, *([] if shift.total is None else [shift.total]))
    ]  # fmt: skip
    if rows:
        rows[-1][0] = _cell("all", "t")
    return _table(("from", "racks kWh", "cooling kWh", "heat kWh", "partial PUE", "covered %"), rows) if rows else ""


def _covered(row: PodRow, shift: Shift) -> float | None:
    """Part of the time asked about, of the shift or of its hour: a row is only of what the recording has of that."""
    if row.it_coverage_percent is None:
        return None
    begin, end = datetime.fromisoformat(row.begin), datetime.fromisoformat(row.end)
    asked_s = (shift.end_ms - shift.begin_ms) / 1000
    if row is not shift.total:
        hour_s = begin.replace(minute=0, second=0, microsecond=0).timestamp()
        asked_s = min(shift.end_ms / 1000, hour_s + 3600) - max(shift.begin_ms / 1000, hour_s)
    return row.it_coverage_percent * min(1.0, (end - begin).total_seconds() / asked_s)


def _length(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return " ".join(word for number, word in ((hours, f"{hours} h"), (minutes, f"{minutes} min")) if number) or "0 min"


def _notes(shift: Shift) -> str:
    rows = [
        [
            _cell(f"{_moment(note.time.timestamp(), shift):%H:%M:%S}", "t"), _cell(note.target),
            _cell(f"{_value(note.old)} → {_value(note.new)} {note.unit}".rstrip()), _cell(note.rule), _cell(note.outcome),
        ]
        for note in shift.notes[-_MOST_ROWS:]
    ]  # fmt: skip
    return _cut(_table(("when", "what", "from and to", "because", "outcome"), rows), len(shift.notes)) if rows else ""


def _events(shift: Shift) -> str:
    rows = [
        [
            _cell(f"{_moment(when.timestamp(), shift):%H:%M:%S}", "t"),
            _cell(device),
            _cell(kind.replace("_", " ")),
            _cell(text),
        ]
        for when, device, kind, text in shift.events[-_MOST_ROWS:]
    ]
    return _cut(_table(("when", "where", "kind", "what"), rows), len(shift.events)) if rows else ""


def _cut(table: str, count: int) -> str:
    return table if count <= _MOST_ROWS else f"<p>The last {_MOST_ROWS} of {count}.</p>{table}"


def _picture(svg: str) -> str:
    """Inside a page it needs no head of its own, and takes the page's width."""
    svg = re.sub(r"^.*?(?=<svg)", "", svg, flags=re.DOTALL)
    return re.sub(
        r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1), count=1
    )


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    numeric = {at for row in rows for at, cell in enumerate(row) if cell.startswith('<td class="n"')}
    head = "".join(
        f'<th class="n">{escape(h)}</th>' if at in numeric else f"<th>{escape(h)}</th>" for at, h in enumerate(heads)
    )
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def _cell(text: str, kind: str = "") -> str:
    return f'<td class="{kind}">{escape(text)}</td>' if kind.isalpha() else f"<td>{escape(text)}</td>"


def _number(value: float | None, unit: str, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}{unit}"


def _value(value: float | str | None) -> str:
    return "–" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)


def _moment(when_s: float, shift: Shift) -> datetime:
    return datetime.fromtimestamp(when_s, UTC).astimezone(shift.zone)
