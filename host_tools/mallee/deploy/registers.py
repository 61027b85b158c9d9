"""Render docs/registers.md from the dictionaries: how to read a map, what every controller has, then each profile."""

from __future__ import annotations

from collections.abc import Iterable

from ..device.dictionary import LATCHED, AlarmEntry, Choice, Dictionary, Point, hash_of

NOTE = "<!-- Rendered from firmware/maps by `make docs`; change it there. -->\n"
_TABLES = {
    "input": ("Input registers", "FC04", "30001"),
    "holding": ("Holding registers", "FC03, 06, 16, 22, 23", "40001"),
    "coil": ("Coils", "FC01, 05, 15", "00001"),
    "discrete": ("Discrete inputs", "FC02", "10001"),
}
_LETTERS = "nm"  # for the indices of arrays


def page(dictionaries: list[Dictionary]) -> str:
    """Everything that a master without a dictionary has to know of the registers."""
    dictionaries = sorted(dictionaries, key=lambda d: d.profile)
    first = dictionaries[0]
    points = [
        p for p in first.points if all(p in d.points for d in dictionaries[1:]) and not p.name.startswith(LATCHED)
    ]
    alarms = [a for a in first.alarms if all(a in d.alarms for d in dictionaries[1:])]
    every = "Every controller"
    titles = [every, *(f"Profile {d.profile}" for d in dictionaries)]
    lines = [NOTE, "# Registers\n", *_how_to_read(first), ""]
    lines += [f"- [{title}](#{title.lower().replace(' ', '-')})" for title in titles]
    lines += ["", f"## {every}\n", "The same on each of them, at the same addresses, whatever its profile.\n"]
    lines += _tables(points, alarms, first.validity_offset)
    known = {p.choices for p in points if p.choices}
    lines += _names(points, set())
    for dictionary in dictionaries:
        own = [p for p in dictionary.points if p not in points and not p.name.startswith(LATCHED)]
        lines += [f"## Profile {dictionary.profile}\n", *_about(dictionary), ""]
        lines += _tables(own, [a for a in dictionary.alarms if a not in alarms], dictionary.validity_offset)
        lines += _names(own, known)
    return "\n".join(lines)


def _how_to_read(dictionary: Dictionary) -> list[str]:
    major, minor = dictionary.version
    return [
        "What a master without mallee has to know of a controller's values. How it speaks is in [modbus.md](modbus.md), what an",
        "alarm means and what to do about it in [faults.md](faults.md).\n",
        "| table | function codes | reference |",
        "|---|---|---|",
        *(f"| {title} | {functions} | {reference} |" for title, functions, reference in _TABLES.values()),
        "",
        "- **Addresses** are protocol addresses, counted from 0. A master that counts from 1 adds one; one that wants references",
        "  adds the table's reference: input register 100 is 30101.",
        "- **Values** are big-endian, the high word first. value = raw × 10^scale, in the unit given.",
        "- **Not available**: u16, enum and flags 0xFFFF, s16 0x8000, u32 0xFFFFFFFF, s32 0x80000000, u64 all ones,",
        "  text all NUL.",
        "- **quality × c** is c registers with two bits a value, eight values a register, from the lowest bits up: 0 good, 1 not",
        "  fitted, 2 fault, 3 not measured yet. *k = 9* in the row of a value: bits 2 and 3 of the second of those registers.",
        "- **flags**: bit 0 is the lowest; the names of values give bit numbers.",
        "- **Arrays** are one row: their elements are counted from 1, as in their names.",
        "- **Reading**: all registers of a request must exist; there is no hole that reads as 0 (exception 02).",
        "- **Writing**: whole values within their limits, or nothing is written (exception 03).",
        "- **Settings and local set-points** are in RAM until `commit` is written.",
        f"- This is map {major}.{minor}. A `map_major` other than {major} means other addresses; a higher `map_minor` only adds.",
    ]


def _about(dictionary: Dictionary) -> list[str]:
    first, count = dictionary.fast or (0, 0)
    copies = min(point.address for point in dictionary.points if point.name.startswith(LATCHED))
    return [
        f"{dictionary.description} Dictionary hash `{hash_of(dictionary):016x}`.\n",
        f"- The fast block is input registers {first}–{first + count - 1}: one request a control cycle. It begins with the",
        "  status that every controller has.",
        f"- Input registers {copies}–{copies + count - 1} are the copy of it that the last latch command made:",
        f"  {copies} + n is what {first} + n was. The dictionary names them `latched.…`.",
    ]


def _tables(points: list[Point], alarms: list[AlarmEntry], validity: int) -> list[str]:
    lines: list[str] = []
    for table, (title, functions, _) in _TABLES.items():
        rows = _folded([p for p in points if p.table == table])
        if rows:
            lines += [f"### {title} ({functions})\n", _header(table), _rule(table)]
            lines += [_row(same) for same in rows]
            lines.append("")
    if alarms:
        lines += [
            f"### {_TABLES['discrete'][0]} ({_TABLES['discrete'][1]})\n",
            f"1 while the alarm is active or latched. Whether it can be judged now is at its address + {validity}.\n",
            "| address | alarm | priority | delay ms | deadband % | latched |",
            "|---|---|---|---|---|---|",
        ]
        for alarm, codes in alarm_groups(alarms):
            name = alarm.name if codes.isdigit() else pattern(alarm.name)
            lines.append(
                f"| {codes} | `{name}` | {alarm.priority} | {alarm.delay_ms} | {alarm.deadband_percent or ''} "
                f"| {'yes' if alarm.latch else ''} |"
            )
        lines.append("")
    return lines


def _names(points: list[Point], known: set[tuple[Choice, ...]]) -> list[str]:
    """What numbers mean, once on the page: those in `known` have been told."""
    found: dict[tuple[Choice, ...], list[str]] = {}
    for point in points:
        if point.choices and point.choices not in known:
            names = found.setdefault(point.choices, [])
            if stem(point.name) not in names:
                names.append(stem(point.name))
    lines: list[str] = ["### Names of values\n"] if found else []
    for choices, names in found.items():
        lines += [f"**`{'`, `'.join(names)}`**\n", "| value | name | meaning |", "|---|---|---|"]
        lines += [f"| {c.value} | {c.name} | {flat(c.meaning)} |" for c in choices]
        lines.append("")
    return lines


def stem(name: str) -> str:
    return ".".join(part for part in name.split(".") if not part.isdigit())


def _folded(points: Iterable[Point]) -> list[list[Point]]:
    """Elements of an array as one row, in the order of their indices, where each index moves the address by the same step."""
    rows: dict[str, list[Point]] = {}
    for point in points:
        rows.setdefault(stem(point.name), []).append(point)
    folded: list[list[Point]] = []
    for same in rows.values():
        same.sort(key=lambda p: _indices(p.name))
        regular = all(p.address == same[0].address + _offset(same, p) for p in same)
        folded += [same] if regular else [[point] for point in same]
    return sorted(folded, key=lambda row: row[0].address)


def _indices(name: str) -> tuple[int, ...]:
    """Of array elements, counted from 1: (3, 1) of branch.3.voltage.1."""
    return tuple(int(part) for part in name.split(".") if part.isdigit())


def _strides(same: list[Point]) -> list[int]:
    """By how much the address grows with each index."""
    first = _indices(same[0].name)
    by_index = {_indices(point.name): point.address for point in same}
    seconds = [(*first[:place], first[place] + 1, *first[place + 1 :]) for place in range(len(first))]
    return [by_index.get(second, same[0].address) - same[0].address for second in seconds]


def _offset(same: list[Point], point: Point) -> int:
    first = _indices(same[0].name)
    steps = zip(_strides(same), _indices(point.name), first, strict=True)
    return sum(stride * (index - begin) for stride, index, begin in steps)


def _header(table: str) -> str:
    limits = " limits | default |" if table == "holding" else ""
    return f"| address | name | type | scale | unit |{limits} meaning |"


def _rule(table: str) -> str:
    return "|---" * (8 if table == "holding" else 6) + "|"


def _row(same: list[Point]) -> str:
    point, last = same[0], same[-1]
    address, name = f"{point.address}", point.name
    if len(same) > 1:
        letters = _LETTERS[: len(_indices(name))]
        steps = [
            f"{stride}·({x}−1)" if stride > 1 else f"({x}−1)" for stride, x in zip(_strides(same), letters, strict=True)
        ]
        spans = [f"{x} = 1–{count}" for x, count in zip(letters, _indices(last.name), strict=True)]
        address = f"{' + '.join([address, *steps])}, {', '.join(spans)}"
        name = pattern(name)
    kind = f"text ({2 * point.registers})" if point.kind == "text" else point.kind
    if point.kind == "quality":
        kind = f"quality × {point.registers}"
    scale = f"10^{point.scale}" if point.scale else ""
    cells = [address, f"`{name}`", kind, scale, point.unit]
    if point.table == "holding":
        default = "not available" if point.default is None else f"{point.default:.12g}"
        cells += [f"{point.low:.12g} … {point.high:.12g}", default]
    return "| " + " | ".join([*cells, flat(point.meaning) + _quality(same)]) + " |"


def _quality(same: list[Point]) -> str:
    """Where the quality of a value stands."""
    slots = [point.quality_slot for point in same if point.quality_slot is not None]
    if not slots:
        return ""
    return f" Quality: k = {slots[0]}." if len(slots) == 1 else f" Quality: k = {slots[0]}–{slots[-1]}."


def flat(text: str) -> str:
    """A row of a table is one line."""
    return " ".join(text.split())


def pattern(name: str) -> str:
    """branch.n.voltage.m of branch.3.voltage.1."""
    letters = iter(_LETTERS)
    return ".".join(next(letters) if part.isdigit() else part for part in name.split("."))


def alarm_groups(alarms: list[AlarmEntry]) -> list[tuple[AlarmEntry, str]]:
    """The alarms of an array as one: (the first of them, their codes as text)."""
    groups: dict[str, list[AlarmEntry]] = {}
    for alarm in alarms:
        groups.setdefault(stem(alarm.name), []).append(alarm)
    return [
        (same[0], str(same[0].code) if len(same) == 1 else f"{same[0].code}–{same[-1].code}")
        for same in groups.values()
    ]
