"""On which line a key of a TOML file stands: the parser of the standard library does not tell. Pure."""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_TABLE = re.compile(r"^\s*\[(?P<array>\[)?\s*(?P<name>[^\]]+?)\s*\]")
_KEY = re.compile(r"""^\s*(?P<key>[A-Za-z0-9_\-."' ]+?)\s*=\s*(?P<value>.*)$""")
_STRING = re.compile(r'"""(?:.|\n)*?"""|\'\'\'(?:.|\n)*?\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'')


def locate(text: str) -> dict[Path, int]:
    """Line (from 1) of each table and key, by path: ("pdu", 2, "main_A"). `text` must be valid TOML.

    Keys inside inline tables have the line of the key that holds them; tables and arrays inside an array have their own:
    ("point", 3).
    """
    found: dict[Path, int] = {}
    counts: dict[str, int] = {}
    prefix: Path = ()
    continued = 0  # depth of brackets of a value that goes on over several lines
    holder: Path = ()
    elements = 0
    for number, line in enumerate(_without_strings(text).split("\n"), 1):
        bare = line.split("#", 1)[0]
        if continued > 0:
            for _ in range(_opened(bare, continued)):
                found[(*holder, elements)] = number
                elements += 1
            continued += _depth(bare)
            continue
        table = _TABLE.match(bare)
        if table is not None:
            name = table["name"].strip("\"'")
            if table["array"]:
                counts[name] = counts.get(name, -1) + 1
                prefix = (*name.split("."), counts[name])
            else:
                prefix = tuple(part.strip() for part in name.split("."))
            found.setdefault(prefix, number)
            continue
        key = _KEY.match(bare)
        if key is not None:
            parts = tuple(part.strip().strip("\"'") for part in key["key"].split("."))
            holder = (*prefix, *parts)
            found[holder] = number
            elements = _opened(key["value"], 0)
            found.update({(*holder, element): number for element in range(elements)})
            continued = _depth(key["value"])
    return found


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of a path, or of the nearest table around it."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 1


def _depth(text: str) -> int:
    return sum(text.count(opening) for opening in "[{") - sum(text.count(closing) for closing in "]}")


def _opened(text: str, depth: int) -> int:
    """How many tables and arrays begin here as elements of the outermost array."""
    found = 0
    for character in text:
        if character in "[{":
            found += depth == 1
            depth += 1
        elif character in "]}":
            depth -= 1
    return found


def _without_strings(text: str) -> str:
    """Strings blanked, so that brackets, signs and comments inside them mean nothing; line breaks stay."""
    return _STRING.sub(lambda match: '""' + "\n" * match[0].count("\n"), text)
