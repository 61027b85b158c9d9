"""A bounded log of JSON lines: one file grows, and the one before it is kept. A line that a crash tore is counted, and costs no
other."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


def append(path: Path, old: Path, max_bytes: int, items: Iterable[msgspec.Struct]) -> None:
    """Raises OSError. Nothing waits for the disk: a power cut may cost the last seconds, the end of this process nothing."""
    lines = b"".join(msgspec.json.encode(item) + b"\n" for item in items)
    if not lines:
        return
    if path.exists() and path.stat().st_size + len(lines) > max_bytes:
        path.replace(old)
    with path.open("ab+") as file:
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # torn: what comes now is a line of its own
                lines = b"\n" + lines
        file.write(lines)


def read(paths: Iterable[Path], kind: type[T]) -> tuple[list[T], int]:
    """All of these files in this order, and how many lines could not be read. A file that is not there is empty."""
    found: list[T] = []
    wrong = 0
    for path in paths:
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:
            continue
        for line in lines:
            try:
                found.append(msgspec.json.decode(line, type=kind))
            except (msgspec.DecodeError, msgspec.ValidationError):
                wrong += 1
    return found, wrong
