"""The page's own files, and the chart library's one script, from memory: compressed once, and asked for again by their hash."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from ..errors import ExitCode, MalleeError

STATIC = Path(__file__).with_name("static")
CHARTS = "plotly.js"
_LEVEL = 4
"""Of gzip: the chart library is 4.8 MB, and somebody waits for it the first time."""
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}


class Asset(NamedTuple):
    data: bytes
    zipped: bytes
    kind: str
    tag: str


def names() -> list[str]:
    """Of our own files."""
    return sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.suffix in _TYPES)


@cache
def asset(name: str) -> Asset:
    """One of `names()`, or the chart library's script. Raises OSError."""
    path = _charts() if name == CHARTS else STATIC / name
    data = path.read_bytes()
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    return Asset(data, gzip.compress(data, _LEVEL, mtime=0), _TYPES[path.suffix], tag)


@cache
def index(private: bool) -> Asset:
    """Where a page begins. One that is private says so by itself: who has no token need not ask for what is refused."""
    found = asset("index.html")
    if not private:
        return found
    data = found.data.replace(b"<body>", b"<body data-private>")
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    return Asset(data, gzip.compress(data, _LEVEL, mtime=0), found.kind, tag)


def send(request: Request, found: Asset) -> Response:
    """A browser that has it already is told so."""
    headers = {"etag": found.tag, "cache-control": "no-cache", "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == found.tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.zipped, media_type=found.kind, headers={**headers, "content-encoding": "gzip"})
    return Response(found.data, media_type=found.kind, headers=headers)


def _charts() -> Path:
    """Inside of the package plotly, which need not be imported for that."""
    spec = importlib.util.find_spec("plotly")
    if spec is None or not spec.submodule_search_locations:
        raise MalleeError(
            "the chart library is not installed",
            "mallee was installed without its web extra",
            "pip install 'mallee[web]'",
            ExitCode.USAGE,
        )
    return Path(next(iter(spec.submodule_search_locations))) / "package_data" / "plotly.min.js"
