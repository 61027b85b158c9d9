"""`python -m tests.pictures [WHAT …]`: what is watch, web, plot, shift, demo or commission; all of them otherwise.

Needs Chromium and playwright. Some minutes: the demo runs, and its pictures are of one and the same time.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from mallee.ui.dashboard import pictures as dashboard

from ..conftest import ROOT
from . import scene, web, written

DOCS = ROOT / "docs"
OF_THE_SCENE = ("watch", "web", "plot", "shift", "demo")


def main(wanted: list[str]) -> None:
    unknown = set(wanted) - {*OF_THE_SCENE, "commission"}
    assert not unknown, f"there are no pictures of {', '.join(unknown)}"
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        if "commission" in wanted:
            (folder / "acceptance").mkdir()
            written.acceptance(folder / "acceptance", DOCS / "commission.png")
        if set(wanted) & set(OF_THE_SCENE):
            _of_the_scene(folder, wanted)


def _of_the_scene(folder: Path, wanted: list[str]) -> None:
    with scene.played(folder) as found:
        if "web" in wanted:
            with web.served(folder, found.demo.file) as url:
                found.until(found.documents[-1].scan + 60)  # what that page has seen itself
                web.views(url, DOCS)
                web.phone(url, DOCS / "web-phone.png")
        if "plot" in wanted:
            written.plot(found, DOCS / "plot.svg")
        if "shift" in wanted:
            written.shift(found, DOCS / "report-shift.png")
        if "watch" in wanted:
            asyncio.run(dashboard.draw(found.documents, DOCS))
    if "demo" in wanted:
        shutil.copy(found.picture, DOCS / "demo.svg")


if __name__ == "__main__":
    main(sys.argv[1:] or [*OF_THE_SCENE, "commission"])
