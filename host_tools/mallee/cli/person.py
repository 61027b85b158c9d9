"""Who stands at the terminal in an acceptance: what they are told and asked."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..commissioning.model import Step, Verdict
from ..commissioning.running import Answer, expected
from ..deploy import board as boards
from ..deploy.build import build as build_bundle
from ..deploy.flashing.fitting import how_to_install
from ..deploy.flashing.install import install
from ..deploy.flashing.ports import UsbDoor, choose, usb_ports
from ..deploy.identity import Who
from ..device.calibration import Load, Shown
from ..device.discovery import Found
from ..errors import MalleeError
from .common import Context
from .copying import Copying
from .reference import asked


class Person:
    """At the terminal."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def begin(self, step: Step) -> tuple[Answer, str]:
        print_ = self._context.err.print
        print_(f"\n{step.id}: {step.title}", style="bold", markup=False)
        if step.expect and step.kind != "eyes":
            print_(f"  expected: {expected(step.expect)}", markup=False)
        if step.consequence:
            print_(f"  This will happen: {step.consequence}", style="yellow", markup=False)
        if step.kind == "hand":
            print_(f"  You will be asked: {step.question}", markup=False)
        return self._ask(step.question if step.kind == "calibrate" and step.question else "Begin?")

    def act(self, step: Step) -> tuple[Answer, str]:
        return self._ask(step.question)

    def look(self, step: Step, measured: str) -> tuple[Answer, str]:
        self._context.err.print(f"  measured: {measured}", markup=False)
        return self._ask(step.question)

    def undo(self, step: Step) -> None:
        question = step.undo
        while line(self._context, f"  {question} ").lower() not in ("y", "ye", "yes"):
            question = "Say yes when it is done:"

    def reference(self, step: Step) -> Sequence[Shown]:
        while True:
            try:
                return asked(self._context, Load.NOMINAL)
            except MalleeError as error:
                self._context.err.print(f"  {error.what}: {error.likely}. Once more.", markup=False)
            except EOFError:
                raise KeyboardInterrupt from None  # as below

    def _ask(self, question: str) -> tuple[Answer, str]:
        while True:
            text = line(self._context, f"  {question} [yes/no/skip] ").lower()
            for answer in ("yes", "no", "skip"):
                if text and answer.startswith(text):
                    if answer == "yes":
                        return "yes", ""
                    return ("no" if answer == "no" else "skip"), line(self._context, "  Why? (for the protocol) ")


class PersonNaming:
    """The same where controllers are found, and get their names."""

    left: Verdict = "declined"

    def __init__(self, context: Context) -> None:
        self._context = context

    def identity(self, one: Found, proposal: str) -> tuple[str, int]:
        self._context.err.print(
            f"\n{one.address} unit {one.unit}: a {one.profile}, serial number {one.serial_number}, "
            f"calls itself {one.name or 'nothing'}",
            style="bold",
            markup=False,
        )
        name = line(self._context, f"  Its name? [{proposal}] ") or proposal
        while not (text := line(self._context, f"  Its unit address? [{one.unit}] ") or str(one.unit)).isdecimal():
            self._context.err.print("  A number, 1 to 247.", markup=False)
        return name, int(text)

    def rename(self, one: Found, name: str, unit: int) -> bool:
        """Name and unit are written with the firmware, at the board's USB."""
        print_ = self._context.err.print
        print_(f"  It is to become {name}, unit {unit}: that is written onto its board, over USB.", markup=False)
        print_("  This will happen: protection and control stop for some ten seconds; outputs hold.", style="yellow")
        print_(
            "  Plug in its USB. Then its board, and its port where several are plugged in: rp2_pico /dev/ttyACM0",
            markup=False,
        )
        print_("  Say `done` where it was flashed in another way, and nothing to leave it as it is.")
        board, _, port = line(self._context, "  Board? ").partition(" ")
        if not board:
            return False
        if board != "done":
            flash(self._context, board, port.strip() or None, one, Who(name=name, unit=unit))
        return True

    def again(self, error: MalleeError) -> None:
        self._context.err.print(f"  {error.what}. {error.next}.", markup=False)


def flash(context: Context, board: str, port: str | None, one: Found, who: Who) -> None:
    """As `mallee flash` does. Raises MalleeError."""
    door = UsbDoor(choose(port, usb_ports(), how_to_install(boards.load(board))))
    with Copying(context) as progress:
        install(door, build_bundle(board, one.profile or ""), who, progress)


def line(context: Context, question: str) -> str:
    context.err.print(question, end="", markup=False)
    try:
        with _interruptible():
            return input().strip()
    except EOFError:
        raise KeyboardInterrupt from None  # the terminal is gone: what is done is kept


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends the question at once; asyncio's own handler would wait for the answer first. Signals are the main thread's."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    own = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, own)
