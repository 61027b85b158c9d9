"""`mallee scan`: what answers, and what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from .. import clock
from ..device.discovery import Target, discover, parse_targets
from ..errors import ExitCode, MalleeError
from ..link.address import TcpAddress, parse_address
from ..pod.drafting import draft, refuse_place
from ..pod.drafting import write as write_file
from .common import Common, Context, check_units
from .output import emit, rows_of
from .progress import Searching

COLUMNS = ("address", "unit", "kind", "profile", "name", "firmware", "dictionary", "vendor", "product", "note")
DEMO_PORTS = "127.0.0.1:15001-15030"


def register(app: App) -> None:
    app.command(scan)


def scan(
    *targets: str,
    unit: tuple[int, ...] = (),
    force: Annotated[bool, Parameter(negative=())] = False,
    write: Path | None = None,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Find Modbus devices, on TCP or on a serial line, and say what they are.

    A line is listened to for two seconds first; where another master talks nothing is asked. Baud and framing are looked for
    where the address does not name them.

    Exit code 0: something answered; 3: nothing did; 4: another master talks; 5: something is wrong with an address, see `note`.

    Parameters
    ----------
    targets
        HOST, HOST:PORT, HOST:PORT-PORT, /dev/ttyUSB0, or serial:///dev/ttyUSB0?baud=19200&framing=8E1. None: the controllers of
        the pod file and of a demo on this computer.
    unit
        Unit addresses to ask behind each target; repeat the option for each. Otherwise 1 and 255 on TCP, 1 to 247 on a line.
    force
        Ask even where another master talks: its frames and these garble each other.
    write
        Write the controllers that were found to this pod file, which then runs. One that exists is left alone.
    overwrite
        With --write: replace the file.
    """
    context = Context(common)
    wanted = parse_targets(targets) if targets else _pod_targets(context)
    check_units(unit, serial=any(not isinstance(target, TcpAddress) for target in wanted))
    given = common is not None and common.timeout is not None  # else a scan has its own, much shorter ones
    if write is not None:
        refuse_place(write, overwrite=overwrite)
    with Searching(context) as progress:
        limit_s = context.timeout_s if given else None
        found = clock.run(discover(wanted, unit or None, probe_s=limit_s, force=force, progress=progress))
    rows = [{**row, "kind": "mallee" if row["mallee"] else "other"} for row in rows_of(found)]
    emit(context.out, context.output, rows, COLUMNS)
    context.note(f"{len(found)} of {len(wanted)} addresses answered" if len(wanted) != 1 else f"{len(found)} answered")
    if write is not None:
        write_file(write, draft(found, write.stem), overwrite=overwrite)
        context.note(f"{write} is written; what is marked CHECK in it no bus can tell. `mallee status -c {write}`")
    if any(one.note for one in found):
        return ExitCode.FINDINGS
    return ExitCode.DONE if found else ExitCode.NO_ANSWER


def _pod_targets(context: Context) -> list[Target]:
    pod: dict[Target, None] = {}
    try:
        addresses = [parse_address(controller.address) for controller in context.pod().controllers]
        pod = {address: None for address in addresses if isinstance(address, TcpAddress)}
    except MalleeError as error:
        context.note(f"pod file left out: {error.what}")
    return list({**pod, **dict.fromkeys(parse_targets([DEMO_PORTS]))})
