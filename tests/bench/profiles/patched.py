"""The firmware with one mechanism taken out: a copy of it, in which some text stands for other text, for the run's time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from mallee import resources
from mallee.sim import podworld


class Patch(NamedTuple):
    """In `file` of the firmware `old`, which is there once, reads `new`. `says` completes "the firmware …"."""

    file: str
    old: str
    new: str
    says: str

    @property
    def off(self) -> str:
        """How the mechanism was switched off, for the report."""
        return f"firmware patched: {self.says}"


def apply(change: Patch, firmware: Path) -> None:
    """Raises ValueError where the text is not there, or not once: then the patch has to follow the firmware."""
    path = firmware / change.file
    text = path.read_text(encoding="utf-8")
    if text.count(change.old) != 1:
        raise ValueError(f"{change.file} has {change.old!r} {text.count(change.old)} times; the bench wants it once")
    path.write_text(text.replace(change.old, change.new), encoding="utf-8")


@contextmanager
def patched(*changes: Patch) -> Iterator[None]:
    """Controllers that start inside run the changed copy. Without changes nothing happens."""
    if not changes:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="mallee-bench-") as folder, ExitStack() as stack:
        copy = Path(folder) / "firmware"
        shutil.copytree(resources.firmware_dir(), copy, ignore=shutil.ignore_patterns("__pycache__"))
        for change in changes:
            apply(change, copy)
        for module in (resources, podworld):
            stack.enter_context(patch.object(module, "firmware_dir", lambda: copy))
        yield
