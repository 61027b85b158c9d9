"""On a controller a member of an enumeration is a number: `Quality.GOOD` becomes 0 before mpy-cross sees it, line for line.

MicroPython folds no names of other modules. Each such name would cost two lookups wherever it is used, in heap a few
bytes there, and the whole enumeration in the maps. Only enumerations of firmware/maps are folded, and only
`Class.MEMBER`; any other use of such a class is an error here, because on the controller the class does not exist.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ..errors import ExitCode, MalleeError

Enums = Mapping[str, Mapping[str, int]]
"""Enumeration to member to number."""


@cache
def enums_of(map_file: Path) -> Enums:
    """The enumerations that a map declares."""
    found: dict[str, dict[str, int]] = {}
    for node in ast.parse(map_file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Enum" for base in node.bases):
            found[node.name] = {
                ast.unparse(line.targets[0]): ast.literal_eval(line.value)
                for line in node.body
                if isinstance(line, ast.Assign)
            }
    return found


def folded(source: str, named: str, firmware: Path) -> str:
    """The source with numbers in place of members. Raises MalleeError."""
    tree = ast.parse(source)
    known: dict[str, Mapping[str, int]] = {}
    edits: list[tuple[ast.stmt | ast.expr, str]] = []
    own = enums_of(firmware / named) if named.startswith("maps/") else {}
    known.update(own)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("maps."):
            there = enums_of(firmware.joinpath(*(node.module or "").split(".")).with_suffix(".py"))
            taken = {alias.name for alias in node.names} & set(there)
            known.update({name: there[name] for name in taken})
            if taken:
                left = ", ".join(alias.name for alias in node.names if alias.name not in taken)
                edits.append((node, f"from {node.module} import {left}" if left else "pass"))
        elif isinstance(node, ast.ClassDef) and node.name in own:
            edits.append((node, "pass"))
    if not known:
        return source
    seen: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known:
            seen.add(id(node.value))
            number = known[node.value.id].get(node.attr)
            if number is None:
                raise _error(named, node, f"{node.value.id} has no member {node.attr}")
            edits.append((node, str(number)))
        elif isinstance(node, ast.Call) and named.startswith("maps/"):
            for argument in node.args:  # enum(101, State): only the dictionary asks what the numbers mean
                if isinstance(argument, ast.Name) and argument.id in known:
                    seen.add(id(argument))
                    edits.append((argument, "0"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in known and id(node) not in seen:
            raise _error(named, node, f"{node.id} is used as more than {node.id}.MEMBER")
    return _edited(source, edits)


def _edited(source: str, edits: list[tuple[ast.stmt | ast.expr, str]]) -> str:
    """Each node's text replaced; lines that go leave empty ones, so that a traceback still names the right one."""
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    for node, text in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset), reverse=True):
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        tail = lines[last][node.end_col_offset :]
        head = lines[first][: node.col_offset]
        lines[first] = head + text.encode() + (tail if first == last else b"\n")
        if first != last:
            lines[first] = head + text.encode() + tail
            for line in range(first + 1, last + 1):
                lines[line] = b"\n"
    return b"".join(lines).decode()


def _error(named: str, node: ast.expr, what: str) -> MalleeError:
    return MalleeError(
        f"{named}:{node.lineno}: {what}",
        "enumerations of the maps are numbers on a controller: only their members exist there",
        "write Class.MEMBER, or mend the name",
        ExitCode.USAGE,
    )
