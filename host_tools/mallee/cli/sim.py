"""`mallee sim`: scenarios, and parts of the simulator that are useful alone."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from .. import clock
from ..errors import ExitCode, MalleeError
from . import scenarios
from .common import Common, Context, duration_s
from .output import emit, emit_line
from .stopping import stop_event

if TYPE_CHECKING:
    from ..hil.emulated.serving import Served
    from ..sim.line.ptys import PtyEnd

COLUMNS = ("what", "count")
_STARTED_us = 2_500_000  # of the board's time: boot, imports and construction are behind


def register(app: App) -> None:
    group = App(name="sim", help="Scenarios for a simulated pod, and parts of the simulator that are useful alone.")
    scenarios.register(group)
    group.command(line)
    group.command(pico)
    app.command(group)


def line(
    a: Path | None = None,
    b: Path | None = None,
    /,
    *,
    baud: int = 19200,
    framing: Literal["8E1", "8O1", "8N1", "8N2"] = "8E1",
    fault: tuple[str, ...] = (),
    echo: Annotated[bool, Parameter(negative=())] = False,
    late: str | None = None,
    seed: int = 0,
    for_: Annotated[str | None, Parameter(name="--for")] = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Join two serial ports by a line that behaves like one, and misbehaves as asked.

    Makes two PTYs and prints their names: open A with a master and B with a device. Ctrl-C ends it and says what went wrong how
    often.

    Example: `mallee sim line /tmp/master /tmp/device --baud 9600 --fault flip=1e-4 --fault late=0.05 --late 800ms`

    Parameters
    ----------
    a
        Path for the master's port; a link to the PTY. None: only the PTY's own name.
    b
        The same for the device's port.
    baud
        Speed of the line, whatever the programs at its ends ask for.
    framing
        Bits of a character.
    fault
        NAME=NUMBER, repeatable. Probabilities: flip (a bit), drop, insert (a byte), truncate, silent, late (a burst). And babble,
        bursts of noise a second.
    echo
        A hears what it sends, as with a cheap dongle.
    late
        How long at most a late answer is held back, such as 800ms.
    seed
        Of everything random.
    for_
        End after this time. Without it the line stays until Ctrl-C.
    """
    from ..sim.line.faults import parse_faults
    from ..sim.line.model import Line
    from ..sim.line.ptys import PtyEnd
    from ..sim.line.runner import LineRunner

    context = Context(common)
    if not 300 <= baud <= 4_000_000:
        raise MalleeError(
            f"--baud: {baud} is no speed of a line", "a typing error", "write a number from 300 to 4000000"
        )
    held = [] if late is None else [f"late_s={duration_s(late, '--late')}"]
    faults = parse_faults([*fault, *held])
    model = Line(2, baud=baud, framing=framing, faults=faults, echo=(0,) if echo else (), seed=seed)
    for_s = None if for_ is None else duration_s(for_, "--for")

    async def run() -> None:
        with ExitStack() as stack:
            ends: list[PtyEnd] = []
            for path in (a, b):
                ends.append(PtyEnd(path))
                stack.callback(ends[-1].close)
            _say(context, ends)
            runner = LineRunner(model, ends)
            runner.start()
            stack.callback(runner.stop)
            try:
                await stop_event(for_s).wait()
            except asyncio.CancelledError:
                if for_s is not None:
                    raise
            unread = sum(end.unread for end in ends)
            if unread:
                model.counts["unread"] += unread

    try:
        clock.run(run())
    except KeyboardInterrupt:
        if for_s is not None:
            raise
    rows = [{"what": name, "count": count} for name, count in sorted(model.counts.items())]
    emit(context.out, context.output, rows, COLUMNS)
    return ExitCode.DONE


def pico(
    *,
    profile: Literal["pdu", "pump"],
    unit: int = 1,
    blank: Annotated[bool, Parameter(negative=())] = False,
    bus_link: Path | None = None,
    console_link: Path | None = None,
    for_: Annotated[str | None, Parameter(name="--for")] = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Run a controller's firmware on an emulated Raspberry Pi Pico, with its Modbus RTU line and its console as two ports.

    Prints the names of both: the line first. Stock MicroPython runs the very bundle that `mallee build` makes, with every
    character at its time, some twenty times slower than a real board: give masters a long timeout. The first start installs
    the firmware, which takes a minute; the flash that results is kept.

    Example: `mallee sim pico --profile pdu --bus-link /tmp/bus`, and `mbpoll -m rtu -b 19200 -t 3 -r 1 -o 10 /tmp/bus`

    Parameters
    ----------
    profile
        Which controller.
    unit
        Its unit address, 1 to 247.
    blank
        Nothing but MicroPython on the board: `mallee flash CONSOLE --board rp2_pico ...` puts the controller onto it.
    bus_link
        Path for the line's port (19200 8E1); a link to the PTY. None: only the PTY's own name.
    console_link
        The same for the console's port (MicroPython's prompt after Ctrl-C).
    for_
        End after this time. Without it the board runs until Ctrl-C.
    """
    context = Context(common)
    if not 1 <= unit <= 247:
        raise MalleeError(
            f"--unit: {unit} is no unit of a serial line", "a typing error", "write a number from 1 to 247"
        )
    for_s = None if for_ is None else duration_s(for_, "--for")
    try:
        from ..hil.emulated.controller import EmulatedController
        from ..hil.emulated.image import stock_image
        from ..hil.emulated.serving import Served
    except ModuleNotFoundError as error:
        raise MalleeError(
            f"the emulated Pico needs {error.name}, which is not installed",
            "mallee was installed without its extras for hardware in the loop",
            "pip install 'mallee[hil,deploy]'",
        ) from error
    with _told_to_end() as told, ExitStack() as stack:
        if not blank:
            context.note("building, and installing into the flash of an emulated Pico, unless that was done before")
        controller = EmulatedController(stock_image(), profile, unit=unit, blank=blank)
        served = Served(controller, bus_link=bus_link, console_link=console_link)
        stack.callback(served.close)
        controller.boot()
        names = {"bus": served.bus_end.name, "console": served.console_end.name}
        if context.output in ("json", "jsonl"):
            emit_line(names)
        else:
            context.out.print("\n".join(names.values()), markup=False)
        sys.stdout.flush()
        if blank:
            context.note("the board waits at MicroPython's prompt; Ctrl-C ends it")
        else:
            context.note("the board starts, and answers after some two seconds of its own; Ctrl-C ends it")
        end_s = None if for_s is None else monotonic() + for_s
        spoken = False
        while not told.is_set() and (end_s is None or monotonic() < end_s):
            served.turn()
            if not spoken and served.pico.now_us > _STARTED_us:
                spoken = True
                context.note(_pace(served))
        context.note(_pace(served))
    return ExitCode.DONE


def _pace(served: Served) -> str:
    return f"a second of the board's time takes {served.slower or 0:.0f} s here"


@contextmanager
def _told_to_end() -> Iterator[threading.Event]:
    """Set on Ctrl-C and SIGTERM: an exception out of nowhere would leave the emulator between two instructions."""
    told = threading.Event()
    before = {number: signal.signal(number, lambda *_: told.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(context: Context, ends: list[PtyEnd]) -> None:
    names = {"a": ends[0].name, "b": ends[1].name}
    if context.output in ("json", "jsonl"):
        emit_line(names)
    else:
        context.out.print(f"{names['a']}\n{names['b']}", markup=False)
    context.note("the line is up; Ctrl-C ends it")
    sys.stdout.flush()
