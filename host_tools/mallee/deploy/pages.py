"""Render docs/: from the dictionaries the printed register tables and the page of alarms, from boards/ the wiring.

`python -m mallee.deploy.pages FOLDER` writes them; a test compares them with what is in the repository.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from ..device.dictionary import LATCHED, AlarmEntry, Choice, Dictionary, Point, hash_of
from ..resources import bundled_dictionaries
from . import wiring

_TABLES = {
    "input": ("Input registers (FC04)", "30001"),
    "holding": ("Holding registers (FC03, 06, 16, 22, 23)", "40001"),
    "coil": ("Coils (FC01, 05, 15)", "00001"),
}
_NOTE = "<!-- Rendered from firmware/maps by `make docs`; change it there. -->\n"


def registers(dictionary: Dictionary) -> str:
    """Markdown of one profile: everything that a master without a dictionary has to know."""
    first, count = dictionary.fast or (0, 0)
    lines = [
        _NOTE,
        f"# Registers of the {dictionary.profile} profile, map {dictionary.version[0]}.{dictionary.version[1]}\n",
        dictionary.description,
        "",
        f"Dictionary hash `{hash_of(dictionary):016x}`. Addresses are protocol addresses, counted from 0; masters that count",
        "from 1 add one. Values are big-endian, the high word first; value = raw × 10^scale. Not available: s16 0x8000,",
        "u16, enum and flags 0xFFFF, s32 0x80000000, u32 0xFFFFFFFF, u64 all ones. A read must lie within declared",
        "registers (exception 02), a write must name whole values within their limits (exception 03; nothing is written).",
        f"The fast block is input registers {first}–{first + count - 1}: one request a control cycle.",
        "",
    ]
    for table, (title, reference) in _TABLES.items():
        points = _folded([p for p in dictionary.points if p.table == table and not p.name.startswith(LATCHED)])
        if not points:
            continue
        lines += [f"## {title}, reference {reference}\n", _header(table), _rule(table)]
        lines += [_row(point, times, stride) for point, times, stride in points]
        lines.append("")
        if table == "input":
            lines += [_latched(dictionary), ""]
    lines += ["## Discrete inputs (FC02), reference 10001\n"]
    lines += [
        f"Each alarm is at its code; whether it can be judged at present is at code + {dictionary.validity_offset}.",
        "See [faults.md](faults.md) for what each means and what to do.\n",
        "| address | alarm | priority | delay ms | latched |",
        "|---|---|---|---|---|",
    ]
    for alarm in dictionary.alarms:
        lines.append(
            f"| {alarm.code} | `{alarm.name}` | {alarm.priority} | {alarm.delay_ms} | {'yes' if alarm.latch else ''} |"
        )
    lines += ["", "## Names of values\n"]
    for title, choices in _enumerations(dictionary).items():
        lines += [f"### `{title}`\n", "| value | name | meaning |", "|---|---|---|"]
        lines += [f"| {c.value} | {c.name} | {_flat(c.meaning)} |" for c in choices]
        lines.append("")
    return "\n".join(lines)


def _latched(dictionary: Dictionary) -> str:
    first, count = dictionary.fast or (0, 0)
    copies = [point.address for point in dictionary.points if point.name.startswith(LATCHED)]
    return (
        f"Registers {min(copies)}–{min(copies) + count - 1} are the copy of the fast block that the last latch command made, in\n"
        f"the same order: register {min(copies)} + n is what {first} + n was. The dictionary names its points `latched.…`."
    )


def faults(dictionaries: list[Dictionary]) -> str:
    """Markdown of every alarm of every profile: cause, consequence, remedy."""
    lines = [
        _NOTE,
        "# Faults\n",
        "What each alarm means, what the controller does about it, and what you do.",
        "`mallee describe alarm NAME` says the same at the terminal.",
        "",
    ]
    shared = set.intersection(*(set(d.alarms) for d in dictionaries))
    sections = [("every controller", [a for a in dictionaries[0].alarms if a in shared])]
    sections += [(d.profile, [a for a in d.alarms if a not in shared]) for d in dictionaries]
    for title, alarms in sections:
        lines += [f"## {title}\n"]
        for alarm, codes in _alarm_groups(alarms):
            latched = "; latched: write its code to `reset_latch`" if alarm.latch else ""
            lines += [
                f"### {_stem(alarm.name)}\n",
                f"{alarm.condition} *Code {codes}, {alarm.priority} priority, after {alarm.delay_ms / 1000:g} s{latched}.*\n",
                f"- **Cause:** {alarm.cause}",
                f"- **Consequence:** {alarm.consequence}",
                f"- **Remedy:** {alarm.remedy}",
                "",
            ]
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """File name below docs/ → content."""
    dictionaries = list(bundled_dictionaries().values())
    rendered = {f"registers-{d.profile}.md": registers(d) for d in dictionaries}
    return {**rendered, "faults.md": faults(dictionaries), "wiring.md": wiring.page()}


def _stem(name: str) -> str:
    return ".".join(part for part in name.split(".") if not part.isdigit())


def _folded(points: list[Point]) -> list[tuple[Point, int, int]]:
    """Elements of an array as one row: (first point, how many, distance of their addresses)."""
    rows: dict[str, list[Point]] = {}
    for point in points:
        rows.setdefault(_stem(point.name), []).append(point)
    folded = []
    for same in rows.values():
        same.sort(key=lambda p: p.address)
        stride = same[1].address - same[0].address if len(same) > 1 else 0
        if all(b.address - a.address == stride for a, b in itertools.pairwise(same)):
            folded.append((same[0], len(same), stride))
        else:  # an array in an array, such as the phases of each branch: one row an outer element
            folded += [(point, 1, 0) for point in same]
    return sorted(folded, key=lambda row: row[0].address)


def _header(table: str) -> str:
    limits = " limits | default |" if table == "holding" else ""
    return f"| address | name | type | scale | unit |{limits} meaning |"


def _rule(table: str) -> str:
    return "|---" * (8 if table == "holding" else 6) + "|"


def _row(point: Point, times: int, stride: int) -> str:
    address = f"{point.address}" if times == 1 else f"{point.address} + {stride}·n, n = 0–{times - 1}"
    name = point.name if times == 1 else _pattern(point.name)
    kind = f"text ({2 * point.registers})" if point.kind == "text" else point.kind
    if point.kind == "quality":
        kind = f"quality × {point.registers}"
    scale = f"10^{point.scale}" if point.scale else ""
    cells = [address, f"`{name}`", kind, scale, point.unit]
    if point.table == "holding":
        default = "not available" if point.default is None else f"{point.default:g}"
        cells += [f"{point.low:g} … {point.high:g}", default]
    return "| " + " | ".join([*cells, _flat(point.meaning)]) + " |"


def _flat(text: str) -> str:
    """A row of a table is one line."""
    return " ".join(text.split())


def _pattern(name: str) -> str:
    return ".".join("n" if part.isdigit() else part for part in name.split("."))


def _enumerations(dictionary: Dictionary) -> dict[str, tuple[Choice, ...]]:
    found: dict[tuple[Choice, ...], list[str]] = {}
    for point in dictionary.points:
        if point.choices and not point.name.startswith(LATCHED):
            names = found.setdefault(point.choices, [])
            if _stem(point.name) not in names:
                names.append(_stem(point.name))
    return {"`, `".join(names): choices for choices, names in found.items()}


def _alarm_groups(alarms: list[AlarmEntry]) -> list[tuple[AlarmEntry, str]]:
    groups: dict[str, list[AlarmEntry]] = {}
    for alarm in alarms:
        groups.setdefault(_stem(alarm.name), []).append(alarm)
    return [
        (same[0], str(same[0].code) if len(same) == 1 else f"{same[0].code}–{same[-1].code}")
        for same in groups.values()
    ]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, content in pages().items():
        (folder / name).write_text(content, encoding="utf-8")
