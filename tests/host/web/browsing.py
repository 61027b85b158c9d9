"""A real browser without a window. Whoever has none skips, and says why."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers, where Chromium's own sandbox cannot
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def browser() -> Iterator[Any]:
    """Playwright's browser, with a profile of its own that is thrown away."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium: install it (Debian: chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: install the dev group")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield found
        finally:
            found.close()


class Watched:
    """A tab of which every message, error and request is kept."""

    def __init__(self, found: Any, **context: Any) -> None:
        self.context = found.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.context.on("request", lambda request: self.requests.append(request.url))

    def away(self, home: str) -> list[str]:
        """Requests that went elsewhere."""
        return [url for url in self.requests if not url.startswith((home, "data:", "blob:"))]


def expect(locator):
    from playwright.sync_api import expect as expected

    expected.set_options(timeout=20_000)  # of a machine that is busy; what is there is found at once
    return expected(locator)


def sign_in(tab: Watched, token: str, role: str) -> None:
    tab.page.get_by_role("button", name="Sign in").click()
    dialog = tab.page.locator("dialog")
    dialog.get_by_label("Token").fill(token)
    dialog.get_by_role("button", name="Sign in").click()
    expect(tab.page.locator(".status")).to_contain_text(f"the-{role}")
