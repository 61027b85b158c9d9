"""The charts of docs/plant.md are pictures: well-formed, inside their frames, and small."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from ...conftest import ROOT
from ...validation import svg


def test_ticks_are_round_and_inside():
    assert svg.ticks(-0.3, 10.4) == [0, 5, 10]
    assert svg.ticks(1.3, 7.5, logarithmic=True) == [2, 5]
    assert svg.ticks(1.0, 3600.0, logarithmic=True) == [1, 10, 100, 1000]


def test_a_page_holds_its_charts():
    chart = svg.Chart(
        "a < b", "x", "y", (svg.Series("line", (1, 2, 300), (5, 1, 9)), svg.Series("dots", (2,), (3,), True))
    )
    text = svg.page([chart, chart._replace(logarithmic=True), chart])
    root = ElementTree.fromstring(text)
    assert root.attrib["height"] == str(2 * svg.HEIGHT)
    for points in re.findall(r'points="([^"]*)"', text):
        for pair in points.split():
            x, y = (float(value) for value in pair.split(","))
            assert 0 <= x <= svg.WIDTH and 0 <= y <= svg.HEIGHT


def test_the_drawn_plots_are_small_and_shown():
    page = (ROOT / "docs" / "plant.md").read_text(encoding="utf-8")
    files = sorted((ROOT / "docs" / "plots").glob("*.svg"))
    assert files
    for file in files:
        assert file.stat().st_size < 150_000
        assert f"(plots/{file.name})" in page
        ElementTree.fromstring(file.read_text(encoding="utf-8"))
