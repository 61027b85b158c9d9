"""What every request must be before anything looks at it, and what every answer says to the browser.

DNS rebinding: another site's name that suddenly leads here stays the Host that the browser tells, so only names of this
computer are taken; an address is none that another site could own. Forged requests: whoever acts sends a token in a header
that no form and no foreign page can set, there are no cookies, and no other origin is ever allowed anything (no CORS).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import ExitCode
from .answers import problem
from .page import Page
from .problems import HttpError

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, ever. Inline styles: the chart library sets them."""
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """Around the application."""

    def __init__(self, app: ASGIApp, page: Page) -> None:
        self._app, self._page = app, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not _is_ours(host, self._page.names):
            self._page.counters.refuse("host")
            return problem(
                HttpError(
                    421,
                    f"this page is not {host!r}",
                    "another site's name leads to this computer, or it has a name that the page was not told",
                    "use its address, or start `mallee serve --name NAME` with that name",
                    ExitCode.REFUSED,
                )
            )
        origin = headers.get("origin")
        if scope["method"] not in ("GET", "HEAD") and origin is not None and urlsplit(origin).netloc != host:
            self._page.counters.refuse("origin")
            return problem(
                HttpError(
                    403,
                    f"a page of {origin} may not act here",
                    f"another site tried it with this browser, or a proxy calls this page {host!r} instead",
                    "open this page itself; a proxy before it must keep the Host that the browser tells (docs/web.md)",
                    ExitCode.REFUSED,
                )
            )
        return None


def _is_ours(host: str, names: frozenset[str]) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        urlsplit(f"//{host}").port  # noqa: B018 - raises for what is no port
    except ValueError:
        return False
    if name == "localhost" or name in names:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
