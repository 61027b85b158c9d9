"""The table as a picture, for a README or a report."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from ..pod.document import PodDocument
from .table import render

_WEB_FONT = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)
_CLIPS = re.compile(r'\s*<clipPath id="[^"]*-line-\d+">.*?</clipPath>| clip-path="url\(#[^"]*-line-\d+\)"', re.DOTALL)
_FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace"


def export_svg(
    document: PodDocument | Mapping[str, Any],
    path: Path,
    width: int = 100,
    *,
    speed: float | None = None,
    title: str = "mallee demo",
) -> None:
    """Write the table as an SVG of `width` columns. It loads no font from anywhere: pictures must work offline."""
    console = Console(
        record=True, width=width, height=30, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(render(document, speed=speed))
    path.write_text(offline(console.export_svg(title=title)), encoding="utf-8")


def offline(svg: str) -> str:
    """A picture of a terminal without the fonts that it would load, and without clipping what has its length anyway: that is a
    third of the file."""
    svg = _CLIPS.sub("", _WEB_FONT.sub("", svg)).replace("Fira Code, monospace", _FONTS)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
