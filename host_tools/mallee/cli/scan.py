"""`mallee scan`: what answers, and what it is."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from .. import clock
from ..device.discovery import discover, parse_targets
from ..errors import ExitCode, MalleeError
from ..link.address import SerialAddress, TcpAddress, parse_address
from .common import Common, Context
from .output import emit, rows_of

COLUMNS = ("address", "unit", "kind", "profile", "name", "firmware", "dictionary", "vendor", "product")
DEMO_PORTS = "127.0.0.1:15001-15030"


def register(app: App) -> None:
    app.command(scan)


def scan(
    *targets: str, unit: tuple[int, ...] = (), common: Annotated[Common | None, Parameter(name="*")] = None
) -> int:
    """Find Modbus devices, on TCP or on a serial line, and say what they are.

    Parameters
    ----------
    targets
        HOST, HOST:PORT, HOST:PORT-PORT, or serial:///dev/ttyUSB0?baud=19200&framing=8E1. None: the controllers of the pod file
        and of a demo on this computer.
    unit
        Unit addresses to ask behind each target; repeat the option for each. Otherwise 1 and 255 on TCP, 1 to 247 on a line.
    """
    context = Context(common)
    wanted = parse_targets(targets) if targets else _pod_targets(context)
    given = common is not None and common.timeout is not None  # else a scan has its own, much shorter ones
    found = clock.run(discover(wanted, unit or None, probe_s=context.timeout_s if given else None))
    rows = [{**row, "kind": "mallee" if row["mallee"] else "other"} for row in rows_of(found)]
    emit(context.out, context.output, rows, COLUMNS)
    context.note(f"{len(found)} of {len(wanted)} addresses answered" if len(wanted) != 1 else f"{len(found)} answered")
    return ExitCode.DONE if found else ExitCode.NO_ANSWER


def _pod_targets(context: Context) -> list[TcpAddress | SerialAddress]:
    pod: dict[TcpAddress | SerialAddress, None] = {}
    try:
        addresses = [parse_address(controller.address) for controller in context.pod().controllers]
        pod = {address: None for address in addresses if isinstance(address, TcpAddress)}
    except MalleeError as error:
        context.note(f"pod file left out: {error.what}")
    return list({**pod, **dict.fromkeys(parse_targets([DEMO_PORTS]))})
