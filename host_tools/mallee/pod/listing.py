"""Every value of a pod file by name, from its structures alone: what they gain is listed without being named here. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from .lines import Path


def values(config: msgspec.Struct) -> Iterator[tuple[str, Path, Any]]:
    """Name, path in the file and value of each setting: `control.scan_s`, `rack.rack-1.priority`; a table of a list goes by its
    name, else by its number. A table that may be left out, and is, is one row without a value."""
    return _values(config, (), ())


def _values(struct: msgspec.Struct, names: tuple[str, ...], path: Path) -> Iterator[tuple[str, Path, Any]]:
    for field in msgspec.structs.fields(struct):
        value, key = getattr(struct, field.name), field.encode_name
        if isinstance(value, msgspec.Struct):
            yield from _values(value, (*names, key), (*path, key))
        elif isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
            for number, each in enumerate(value):
                yield from _values(each, (*names, key, getattr(each, "name", str(number))), (*path, key, number))
        elif not (isinstance(value, tuple) and not value and _tables(field.type)):
            yield ".".join((*names, key)), (*path, key), value


def _tables(kind: Any) -> bool:
    """A list of tables: there is nothing to show of one that is empty."""
    inner = getattr(kind, "__args__", ())
    return bool(inner) and isinstance(inner[0], type) and issubclass(inner[0], msgspec.Struct)
