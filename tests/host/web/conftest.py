"""A page before a host that controls a pod, and Chromium to look at it with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .browsing import Watched, browser
from .served import Served, served_pod


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_pod(tmp_path_factory.mktemp("pod")) as found:
        yield found


@pytest.fixture(scope="module")
def chrome() -> Iterator:
    with browser() as found:
        yield found


@pytest.fixture
def tab(chrome, served: Served) -> Iterator[Watched]:
    """At the end nothing has gone wrong in it, and nothing has left this server."""
    watched = Watched(chrome)
    yield watched
    home = watched.page.url.split("#")[0]
    watched.context.close()
    assert watched.errors == [] and watched.away(home) == [] and watched.requests
