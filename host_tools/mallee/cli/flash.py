"""`mallee flash`: firmware and identity onto a board, over USB."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from .. import clock
from ..deploy import board as boards
from ..deploy.build import Bundle
from ..deploy.build import build as build_bundle
from ..deploy.flashing.bundles import read_bundle
from ..deploy.flashing.confirming import at_console, bus_address, over_modbus
from ..deploy.flashing.fitting import how_to_install
from ..deploy.flashing.install import Job, install, listen, look
from ..deploy.flashing.ports import UsbDoor, choose, usb_ports
from ..deploy.identity import Who, check
from ..deploy.updating.keyfiles import KeyFiles
from ..errors import ExitCode, MalleeError
from .common import Common, Context
from .copying import Copying
from .output import emit

COLUMNS = ("file", "bytes", "done")


def register(app: App) -> None:
    app.command(flash)


def flash(
    port: str | None = None,
    /,
    *,
    board: str | None = None,
    profile: str | None = None,
    bundle: Path | None = None,
    name: str | None = None,
    unit: int | None = None,
    baud: int | None = None,
    framing: str | None = None,
    tcp_port: int | None = None,
    serial_number: str | None = None,
    bus: str | None = None,
    keys: Path | None = None,
    allow_unsigned: Annotated[bool, Parameter(negative=())] = False,
    allow_older: Annotated[bool, Parameter(negative=())] = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Put firmware and identity onto a board that runs MicroPython: copy what differs, verify, restart, confirm.

    What the board says of itself already (name, unit, ...) stays where no option says otherwise. After a pulled cable the same
    command goes on where it ended.

    Example: `mallee flash --board rp2_pico --profile pdu --name pdu-a1 --unit 11 --bus serial:///dev/ttyUSB0`.

    Parameters
    ----------
    port
        Serial port of the board; without it, the only USB port with MicroPython behind it.
    board
        A folder of boards/, such as rp2_pico.
    profile
        `pump` or `pdu`.
    bundle
        A folder that `mallee build` made, instead of --board and --profile.
    name
        Name of this controller, at most 32 characters.
    unit
        Modbus unit address, 1 to 247.
    baud
        Of its serial line; 19200 where nothing was ever said.
    framing
        Of its serial line: 8E1 (where nothing was ever said), 8N1, 8N2 or 8O1.
    tcp_port
        Modbus TCP port, on a board with a network.
    serial_number
        At most 16 characters; the chip's own number without it.
    bus
        Where the controller answers Modbus, for confirmation: serial:///dev/ttyUSB0 or tcp://HOST:PORT.
    keys
        File of device keys, for updates over the bus: the controller gets its own from there, or a new one that is kept there.
    allow_unsigned
        Updates over the bus need no signature.
    allow_older
        Updates over the bus may be older than what runs.
    dry_run
        Show what would be done. A controller that runs is restarted for it.
    yes
        Do not ask before a controller that runs is stopped.
    """
    context = Context(common)
    flags = Who(name=name, unit=unit, serial=serial_number, port=tcp_port, baud=baud, framing=framing)
    check(flags)
    if bus is not None:
        bus_address(bus, flags)
    made, board_name = _bundle(board, profile, bundle)
    door = UsbDoor(choose(port, usb_ports(), how_to_install(boards.load(board_name))))
    door.open().close()  # a port that is missing or in use is told at once, before seconds of compiling
    made = made or build_bundle(board_name, profile or "")
    own = KeyFiles(keys, allow_unsigned=allow_unsigned, allow_older=allow_older)
    job = look(door, made, flags, own.files)
    if job.state.running:
        context.note(f"{door.name}: a controller was running; it was restarted after it was asked what it is")
    own.check(job.state.files)
    if dry_run:
        _show(context, job, "would be ")
        return ExitCode.DONE
    if job.state.running and not job.plan.nothing:
        context.note(
            f"{door.name}: protection and control stop while the board is flashed, some ten seconds; outputs hold"
        )
        context.confirm("Stop it and flash?", yes)
    if not job.plan.nothing:
        with Copying(context) as progress:
            own.keep(job.who)
            job = install(door, made, flags, progress, own.files)
    _show(context, job, "")
    if bus is None:
        if not job.plan.nothing:
            at_console(listen(door))
        context.note("not confirmed over Modbus: --bus serial:///dev/ttyUSB0 does it, or `mallee scan` on its bus")
        return ExitCode.DONE
    found = clock.run(over_modbus(bus_address(bus, job.who), job.who, made.manifest))
    context.note(
        f"confirmed over Modbus at {bus}: {found.profile} {found.name!r}, unit {found.unit}, firmware {found.firmware}"
    )
    return ExitCode.DONE


def _bundle(board: str | None, profile: str | None, folder: Path | None) -> tuple[Bundle | None, str]:
    """The bundle (None: to be built), and the name of its board. Raises MalleeError."""
    if folder is not None:
        if board is None and profile is None:
            made = read_bundle(folder)
            return made, made.manifest.board
        raise MalleeError(
            "--bundle together with --board or --profile", "a bundle knows its board", "leave one of them out"
        )
    if board is None or profile is None:
        raise MalleeError(
            "what shall be flashed is not said",
            "an option is missing",
            "add --board rp2_pico --profile pdu, or --bundle DIR",
        )
    return None, board


def _show(context: Context, job: Job, tense: str) -> None:
    shown: list[dict[str, Any]] = [
        {"file": row.path, "bytes": row.bytes, "done": row.action if row.action == "unchanged" else tense + row.action}
        for row in job.rows
    ]
    emit(context.out, context.output, shown, COLUMNS)
    who = job.who
    line = "" if who.baud is None and who.framing is None else f", line {who.baud or 19200} {who.framing or '8E1'}"
    context.note(f"{who.name!r}, unit {who.unit}, serial number {who.serial}{line}")
    if job.plan.nothing:
        context.note(
            "nothing differs: nothing was written" + (", and the board was restarted" if job.state.running else "")
        )
