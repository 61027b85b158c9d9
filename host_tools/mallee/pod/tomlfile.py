"""A TOML file as a structure: whatever is wrong in it is an error with the line, the key, and what would be right."""

from __future__ import annotations

import re
import tomllib
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..errors import MalleeError
from ..suggest import did_you_mean
from . import lines as toml_lines

T = TypeVar("T")
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$?(?P<path>.*?)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]")
_QUOTED = re.compile(r"field `(?P<key>[^`]+)`")
_TOML_LINE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column \d+|end of document)\)")
_KINDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "a text in quotes",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}


def read_text(path: Path, kind: str, example: str) -> str:
    """The text of a file. Raises MalleeError where there is none; `kind` and `example` say what was wanted."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise MalleeError(
            f"{path}: {(error.strerror or 'cannot be read').lower()}",
            "the path is misspelt, or relative to another folder",
            f"give the path of a {kind}; {example}",
        ) from error
    except UnicodeDecodeError as error:
        raise MalleeError(
            f"{path}: not UTF-8 text (byte {error.start})", f"not a {kind}", "save the file as UTF-8"
        ) from error


def parse(text: str, where: str) -> tuple[dict[str, Any], dict[toml_lines.Path, int]]:
    """The plain data of a TOML text, and the line of each key. Raises MalleeError for what is not TOML."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _TOML_LINE.search(str(error))
        line = match["line"] if match and match["line"] else str(text.count("\n") + 1)
        message = _TOML_LINE.sub("", str(error))
        raise MalleeError(
            f"{where}:{line}: {message}",
            "a typing error: this is not TOML",
            "mend the line; texts stand in quotes",
        ) from error
    return data, toml_lines.locate(text)


def convert(data: dict[str, Any], lines: dict[toml_lines.Path, int], where: str, kind: type[T]) -> T:
    """The data as a structure. Raises MalleeError (exit code 2) that names FILE:LINE, the key and what is allowed."""

    def at(path: toml_lines.Path) -> str:
        if path not in lines:  # a table that does not exist, in any of its forms
            path = path if (*path, 0) not in lines else (*path, 0)
        return f"{where}:{toml_lines.line_of(lines, path)}"

    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise explained(at, data, str(error), kind) from error


def explained(at: Callable[[toml_lines.Path], str], data: dict[str, Any], message: str, whole: type) -> MalleeError:
    """msgspec's message about `data` in the words of a file. `at` says where in the file a path is."""
    match = _AT.match(message)
    assert match is not None
    path = _path(match["path"] or "")
    what, quoted = match["what"], _QUOTED.search(match["what"])
    table = ".".join(str(step) for step in path if isinstance(step, str)) or "the file"
    if quoted is not None and "unknown" in what:
        key = quoted["key"]
        return MalleeError(
            f"{at((*path, key))}: unknown key {key!r} in {table}",
            "a typing error, or a key of another version",
            did_you_mean(key, _fields_at(whole, path)),
        )
    if quoted is not None and "missing" in what:
        return MalleeError(
            f"{at(path)}: {table} lacks {quoted['key']!r}",
            "the key was forgotten or misspelt",
            f"add a line `{quoted['key']} = …`; {table} may have: {', '.join(_fields_at(whole, path))}",
        )
    value: Any = data
    for step in path:
        value = value[step]
    allowed = typing.get_args(_type_at(whole, path)) if what.startswith("Invalid enum value") else ()
    if allowed:
        return MalleeError(
            f"{at(path)}: {table} = {value!r}: it must be one of {', '.join(repr(each) for each in allowed)}",
            "a typing error, or a word that another program has for it",
            did_you_mean(str(value), [str(each) for each in allowed]),
        )
    return wrong_setting(at(path), table, value, what)


def wrong_setting(origin: str, name: str, value: Any, what: str) -> MalleeError:
    """The error for a value of the wrong kind or outside its limits; `what` is msgspec's message."""
    what = what.split(" - at ")[0]
    return MalleeError(
        f"{origin}: {name} = {value!r}: {_expectation(what)}",
        "a typing error, or another unit than the key's name says",
        f"write {_expectation(what).removeprefix('it must be ')}",
    )


def _expectation(what: str) -> str:
    """msgspec's words in the words of a pod file: "Expected `float` >= 1.0"."""
    what = what.split(", got ")[0].removeprefix("Expected ")
    for kind, words in _KINDS.items():
        what = what.replace(f"`{kind}`", words)
    return "it must be " + what.replace("`", "")


def _path(text: str) -> toml_lines.Path:
    return tuple(name if name else int(index) for name, index in _STEP.findall(text))


def _fields_at(whole: type, path: toml_lines.Path) -> list[str]:
    """Keys that may stand in the table at that path; none where it is no table."""
    kind = _type_at(whole, path)
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return []
    return [field.encode_name for field in msgspec.structs.fields(kind)]


def _type_at(whole: type, path: toml_lines.Path) -> Any:
    """What must stand at that path; None where nothing may."""
    kind: Any = _bare(whole)
    for step in path:
        if isinstance(step, int):
            kinds = typing.get_args(kind)
            kind = kinds[0] if kinds[1:] in ((), (...,)) else kinds[step]
        elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            kind = next((field.type for field in msgspec.structs.fields(kind) if field.encode_name == step), None)
        else:
            return None
        kind = _bare(kind)
    return kind


def _bare(kind: Any) -> Any:
    """A type without its limits, and of several the first."""
    while isinstance(kind, types.UnionType) or typing.get_origin(kind) in (typing.Annotated, typing.Union):
        kind = typing.get_args(kind)[0]
    return kind
