"""The page's own files: all there, small, and none of them asks another computer for anything."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from mallee.web import assets

from ..virtual_loop import run_virtual
from .pages import Opened, opened

SCRIPTS = sorted(assets.STATIC.rglob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_small_and_what_it_imports_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250, "is there more than one idea in it?"
    assert text.startswith("// "), "it says what it is"
    for name in re.findall(r'^import .* from "(.+)";$', text, re.MULTILINE):
        assert (path.parent / name).resolve().is_relative_to(assets.STATIC), name
        assert (path.parent / name).is_file(), name


@pytest.mark.parametrize("name", assets.names())
def test_no_file_names_another_computer(name: str) -> None:
    text = (assets.STATIC / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]", text)
    assert "eval(" not in text and "innerHTML" not in text  # what a device is named is never HTML


def test_files_are_compressed_and_asked_for_again_by_their_hash(tmp_path: Path) -> None:
    async def scenario(page: Opened) -> None:
        first = await page.get("/static/main.js")
        assert (
            first.headers["content-type"].startswith("text/javascript") and first.headers["content-encoding"] == "gzip"
        )
        assert first.text == (assets.STATIC / "main.js").read_text()
        tag = {"if-none-match": first.headers["etag"]}
        again = await page.client.get("/static/main.js", headers=tag)
        assert again.status_code == 304 and again.content == b"" and again.headers["cache-control"] == "no-cache"
        plain = await page.client.get("/static/style.css", headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers and plain.headers["content-type"].startswith("text/css")
        charts = await page.get(f"/static/{assets.CHARTS}")
        assert charts.status_code == 200 and len(charts.content) > 1_000_000
        index = await page.get("/")
        assert index.headers["content-type"].startswith("text/html") and "/static/main.js" in index.text

    async def main() -> None:
        async with opened(tmp_path) as page:
            await scenario(page)

    run_virtual(main())
    assert gzip.decompress(assets.asset("index.html").zipped) == assets.asset("index.html").data
