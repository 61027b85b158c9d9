"""`mallee scan`: what answers, and what it is."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from .. import clock
from ..device.discovery import DEFAULT_UNITS, discover, parse_targets
from ..errors import ExitCode, MalleeError
from ..link.address import TcpAddress, parse_address
from .common import Common, Context
from .output import emit, rows_of

COLUMNS = ("address", "unit", "kind", "profile", "name", "firmware", "dictionary", "vendor", "product")
DEMO_PORTS = "127.0.0.1:15001-15030"


def register(app: App) -> None:
    app.command(scan)


def scan(
    *targets: str, unit: tuple[int, ...] = DEFAULT_UNITS, common: Annotated[Common | None, Parameter(name="*")] = None
) -> int:
    """Find Modbus TCP devices and say what they are.

    Parameters
    ----------
    targets
        HOST, HOST:PORT or HOST:PORT-PORT. None: the controllers of the pod file and of a demo on this computer.
    unit
        Unit addresses to ask behind each target. Behind a gateway, repeat the option for each.
    """
    context = Context(common)
    wanted = parse_targets(targets) if targets else _pod_targets(context)
    found = clock.run(discover(wanted, unit))
    rows = [{**row, "kind": "mallee" if row["mallee"] else "other"} for row in rows_of(found)]
    emit(context.out, context.output, rows, COLUMNS)
    context.note(f"{len(found)} of {len(wanted)} addresses answered" if len(wanted) != 1 else f"{len(found)} answered")
    return ExitCode.DONE if found else ExitCode.NO_ANSWER


def _pod_targets(context: Context) -> list[TcpAddress]:
    pod: dict[TcpAddress, None] = {}
    try:
        addresses = [parse_address(controller.address) for controller in context.pod().controllers]
        pod = {address: None for address in addresses if isinstance(address, TcpAddress)}
    except MalleeError as error:
        context.note(f"pod file left out: {error.what}")
    return list({**pod, **dict.fromkeys(parse_targets([DEMO_PORTS]))})
