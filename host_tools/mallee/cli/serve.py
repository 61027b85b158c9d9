"""`mallee serve`: the web page of a pod, who may act through it, and who did."""

from __future__ import annotations

import asyncio
import importlib
import socket
from typing import Annotated, Any

from cyclopts import App, Parameter

from .. import clock
from ..errors import ExitCode, MalleeError
from .common import Common, Context, duration_s
from .output import emit, rows_of
from .stopping import stop_event

TOKEN_COLUMNS = ("name", "role", "created")
JOURNAL_COLUMNS = ("time", "by", "role", "verb", "target", "detail", "outcome", "why")
_JOURNAL_SHOWN = 50
_NOBODY_ACTS = "nobody may act: `mallee serve token add NAME --role operator`"


def register(app: App) -> None:
    group = App(
        name="serve", help="Serve the web page of a pod, with a JSON API and metrics; make tokens for who may act."
    )
    group.default(serve)
    token = App(name="token", help="Tokens of people and programs that may act through the page.")
    for command in (add, list_, revoke):
        token.command(command, name=command.__name__.rstrip("_"))
    group.command(token)
    group.command(journal)
    app.command(group)


def serve(
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    name: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    private: Annotated[bool, Parameter(negative=())] = False,
    for_: Annotated[str | None, Parameter(name="--for")] = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Serve the pod's web page. Reads only, beside `mallee run` or `mallee demo`, or alone; Ctrl-C ends it.

    Whoever opens it may look, unless it is --private. To acknowledge alarms or write points takes a token of
    `mallee serve token add`.

    Exit code 2: the port is in use, or the pod file is wrong.

    Parameters
    ----------
    host
        Address to listen on. Any other than this computer's own is plain HTTP that others on the network can read.
    port
        Port to listen on; 8034 unless it is named. 0: any that is free.
    name
        A name of this computer that browsers may use, beside its addresses; may stand there more than once.
    private
        Looking needs a token too.
    for_
        End after this time, such as 20s or 2m.
    """
    context = Context(common)
    for_s = None if for_ is None else duration_s(for_, "--for")
    config = context.pod()
    serving, pages, live, journals, tokens = (_part(n) for n in ("serving", "page", "live", "journal", "tokens"))
    listener = serving.listen(host, serving.PORT if port is None else port)
    page = pages.Page(
        config=config,
        live=live.Live(live.Counters()),
        tokens=tokens.TokenStore(),
        journal=journals.ActionJournal(serving.data_folder(config)),
        private=private,
        names=frozenset({socket.gethostname().lower(), *(each.lower() for each in name)}),
        timeout_s=context.timeout_s,
    )
    known = len(page.tokens.all())
    if not serving.is_loopback(host):
        context.note(
            f"warning: plain HTTP on {host}: whoever is on this network can read it, tokens too (docs/web.md has TLS)"
        )
    nobody = "nobody may look: `mallee serve token add NAME`" if private else _NOBODY_ACTS
    who = f"{known} tokens may {'look' if private else 'act'}" if known else nobody
    context.note(f"{config.pod.name}: {serving.url(listener)} ({who})")

    async def run() -> None:
        stop: asyncio.Event = stop_event(for_s, interrupted=True)
        await serving.serve(page, serving.of_pod(page), listener, stop)

    clock.run(run())
    return ExitCode.DONE


def add(name: str, /, *, role: str = "viewer", common: Annotated[Common | None, Parameter(name="*")] = None) -> int:
    """Make a token, and print it: this once, for only its hash is kept.

    Parameters
    ----------
    name
        Who it is for: the journal names it.
    role
        viewer (looks at a private page), operator (alarms), or engineer (points of controllers too).
    """
    context = Context(common)
    roles, tokens = _part("roles"), _part("tokens")
    if role not in list(roles.Role):
        raise MalleeError(
            f"{role!r} is no role", "a typing error", f"use one of: {', '.join(roles.Role)}", ExitCode.USAGE
        )
    made = tokens.TokenStore().add(name, roles.Role(role), clock.utc_now())
    if context.output == "table":
        context.out.print(made, soft_wrap=True)
        context.note(f"{name} is {role}; keep it like a password: it is not shown again")
    else:
        emit(context.out, context.output, [{"name": name, "role": role, "token": made}], ("name", "role", "token"))
    return ExitCode.DONE


def list_(*, common: Annotated[Common | None, Parameter(name="*")] = None) -> int:
    """List whose tokens there are, with their roles."""
    context = Context(common)
    rows = rows_of(_part("tokens").TokenStore().all())
    emit(context.out, context.output, [{each: row[each] for each in TOKEN_COLUMNS} for row in rows], TOKEN_COLUMNS)
    return ExitCode.DONE


def revoke(name: str, /, *, common: Annotated[Common | None, Parameter(name="*")] = None) -> int:
    """Forget a token. A running page does not take it from the next request on."""
    context = Context(common)
    token = _part("tokens").TokenStore().revoke(name)
    context.note(f"revoked: {token.name} was {token.role}")
    return ExitCode.DONE


def journal(
    *,
    lines: Annotated[int, Parameter(name=["--lines", "-n"])] = _JOURNAL_SHOWN,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Show who did what through the page, oldest first.

    Parameters
    ----------
    lines
        How many of the latest.
    """
    context = Context(common)
    serving, journals = _part("serving"), _part("journal")
    entries, unreadable = journals.ActionJournal(serving.data_folder(context.pod())).entries()
    emit(context.out, context.output, rows_of(entries[-max(1, lines) :]), JOURNAL_COLUMNS)
    if unreadable:
        context.note(f"{unreadable} lines cannot be read")
    return ExitCode.DONE


def _part(name: str) -> Any:
    """Module `name` of mallee.web, whose libraries are an extra of their own. Raises MalleeError where they are not installed."""
    try:
        return importlib.import_module(f"mallee.web.{name}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("mallee"):
            raise
        raise MalleeError(
            f"the web page is not installed: there is no {error.name}",
            "mallee was installed without its web extra",
            "pip install 'mallee[web]'",
        ) from error
