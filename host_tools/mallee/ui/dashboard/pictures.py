"""Pictures of the dashboard's views, for docs/watch.md: `python -m mallee.ui.dashboard.pictures RUN.jsonl FOLDER`.

RUN.jsonl has documents of a pod, as `mallee run -o jsonl` and `mallee demo -o jsonl` print them.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from ...pod.document import AlarmState, PodDocument, from_json
from ..picture import offline
from .app import Dashboard
from .board import VIEWS

SIZES = {"": (80, 24), "-wide": (200, 60)}
"""Columns and lines by the end of the file's name."""


def documents(path: Path) -> list[PodDocument]:
    """Lines that are none, such as a summary, are left out."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [from_json(line) for line in lines if line.startswith('{"pod":')]


async def draw(found: Sequence[PodDocument], folder: Path, sizes: dict[str, tuple[int, int]] = SIZES) -> list[Path]:
    """watch-VIEW.svg and watch-VIEW-wide.svg of each view, and of the help."""
    written = []
    for end, size in sizes.items():
        app = Dashboard(_nobody)
        async with app.run_test(size=size) as pilot:
            for document in found:
                app.show(document, age_s=0.2, source=f"host {document.host_id}")
            for at, view in enumerate(VIEWS):
                await pilot.press(str(at + 1))
                written.append(_save(app, folder / f"watch-{view.name.lower()}{end}.svg"))
            await pilot.press("question_mark")
            written.append(_save(app, folder / f"watch-help{end}.svg"))
    return written


async def _nobody(verb: str, alarm: AlarmState, note: str, for_: str) -> str:
    raise AssertionError("a picture is of looking: no key for an action is pressed")


def _save(app: Dashboard, path: Path) -> Path:
    path.write_text(offline(app.export_screenshot(title="mallee watch", simplify=True)), encoding="utf-8")
    return path


if __name__ == "__main__":
    for each in asyncio.run(draw(documents(Path(sys.argv[1])), Path(sys.argv[2]))):
        print(each)
