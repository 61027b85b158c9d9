"""A page without a socket: the application in the test's own loop, with documents as the test has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from mallee.pod.config import PodConfig
from mallee.pod.document import PodDocument
from mallee.pod.following import Seen
from mallee.web.app import make_app
from mallee.web.journal import ActionJournal
from mallee.web.live import Counters, Live
from mallee.web.page import Page
from mallee.web.roles import Role
from mallee.web.tokens import TokenStore

from ..documents import CONFIG, troubled

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Opened:
    """`tokens` by role; requests are made without one unless `role` says so."""

    page: Page
    client: httpx.AsyncClient
    tokens: dict[Role, str]

    async def get(self, path: str, role: Role | None = None, **options) -> httpx.Response:
        return await self.client.get(path, headers=self._headers(role), **options)

    async def post(self, path: str, body: object, role: Role | None = None) -> httpx.Response:
        return await self.client.post(path, json=body, headers=self._headers(role))

    def _headers(self, role: Role | None) -> dict[str, str]:
        return {} if role is None else {"authorization": f"Bearer {self.tokens[role]}"}


def make_page(folder: Path, config: PodConfig = CONFIG, **options) -> tuple[Page, dict[Role, str]]:
    """A page with a token of each role, named as the role is; its files, and those of the host, in `folder`."""
    store = TokenStore(folder / "tokens.json")
    tokens = {role: store.add(f"the-{role}", role, NOW) for role in Role}
    page = Page(
        config=config,
        live=Live(Counters()),
        tokens=store,
        journal=ActionJournal(folder),
        where=lambda _: folder,
        **options,
    )
    return page, tokens


@asynccontextmanager
async def opened(
    folder: Path, document: PodDocument | None = None, config: PodConfig = CONFIG, **options
) -> AsyncIterator[Opened]:
    """With a document that has troubles, unless the test has another one."""
    page, tokens = make_page(folder, config, **options)
    page.live.hear(Seen(document or troubled(), "host"))
    transport = httpx.ASGITransport(make_app(page), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8034") as client:
        yield Opened(page, client, tokens)
