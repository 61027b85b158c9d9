"""Views of the web page, and pages that commands write, as Chromium shows them."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from ..demos import environment
from ..host.web.browsing import Watched, browser

VIEWS = {
    "overview": "",
    "skid": "skid/skid-1",
    "pdu": "pdu/pdu-a2",
    "alarms": "alarms",
    "trends": "trends",
    "bus": "bus",
}
DARK = ("skid",)
WIDTH, HEIGHT = 1280, 800
COLOURS = 128
"""Of a picture: the pages have few, and edges of letters few more."""
MOST_BYTES = 100_000


@contextmanager
def served(folder: Path, file: Path) -> Iterator[str]:
    """The address of a page of that pod."""
    command = [sys.executable, "-m", "mallee", "serve", "--port", "0", "-c", str(file)]
    process = subprocess.Popen(
        command, cwd=folder, env=environment(folder), stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    try:
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found is not None
        yield found[0]
    finally:
        process.terminate()
        process.communicate(timeout=30)


def views(url: str, folder: Path) -> None:
    """web-VIEW.png of each. Raises where something went wrong on a page, or was asked of another computer."""
    with browser() as found:
        for scheme in ("light", "dark"):
            watched = Watched(found, color_scheme=scheme, viewport={"width": WIDTH, "height": HEIGHT})
            for name in [name for name in VIEWS if (name in DARK) is (scheme == "dark")]:
                watched.page.goto(f"{url}#/{VIEWS[name]}")
                watched.page.wait_for_selector(".scatterlayer .trace" if name == "trends" else "main .card")
                watched.page.wait_for_timeout(2500)  # a document later everything is there
                _save(watched.page, folder / f"web-{name}.png", HEIGHT)
            assert watched.errors == [] and watched.away(url) == [], watched.errors


def phone(url: str, path: Path) -> None:
    with browser() as found:
        watched = Watched(found, viewport={"width": 390, "height": HEIGHT})
        watched.page.goto(url)
        watched.page.wait_for_selector("main .card")
        watched.page.wait_for_timeout(2500)
        _save(watched.page, path, HEIGHT)


def document(html: Path, path: Path, height: int = HEIGHT) -> None:
    """The beginning of a page that is a file."""
    with browser() as found:
        watched = Watched(found, viewport={"width": 1000, "height": height})
        watched.page.goto(html.absolute().as_uri())
        _save(watched.page, path, height)
        assert watched.errors == []


def _save(page: Any, path: Path, height: int) -> None:
    size = page.viewport_size
    data = page.screenshot(clip={"x": 0, "y": 0, "width": size["width"], "height": height})
    picture = Image.open(io.BytesIO(data)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)
    assert path.stat().st_size < MOST_BYTES, f"{path.name} has {path.stat().st_size} bytes"
