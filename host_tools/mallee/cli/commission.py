"""`mallee commission`: the guided acceptance of a new pod, and its protocol."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from .. import __version__, clock
from ..commissioning import protocol as protocols
from ..commissioning.finding import AsTheyAre, find
from ..commissioning.machine import counts
from ..commissioning.model import Named, Result, Session, Step
from ..commissioning.page import page as page_of
from ..commissioning.running import Auto, commission
from ..errors import ExitCode, MalleeError
from ..pod.alarms import atomic
from ..pod.fleet import find_controller
from ..pod.loader import load_pod
from .common import Common, Context
from .completing import Device
from .output import emit
from .person import Person, PersonNaming

COLUMNS = ("step", "verdict", "title", "measured", "note")
_STYLE = {"passed": "green", "failed": "bold red", "declined": "yellow", "skipped": "dim"}
_app = App(name="commission")


def register(app: App) -> None:
    app.command(_app)


@_app.default
def run(
    *devices: Device,
    session: Path = Path("commission.json"),
    protocol: Path = Path("commission.cbor"),
    who: str | None = None,
    scan: tuple[str, ...] = (),
    write: Path = Path("pod.toml"),
    auto: Annotated[bool, Parameter(negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Go through the acceptance of the pod, or of some controllers, step by step; an interrupted one goes on where it was.

    Every step is kept as it is done. Each output that is moved is put back, also by whoever goes on after an interruption. Steps
    that move something say what that means, and ask. At the end the protocol is written, with the hash of its content.

    Exit code 0: all that was done has passed; 4: a host controls the pod; 5: something failed; 6: something was declined.

    Parameters
    ----------
    devices
        Controllers by name. None: all of the pod file.
    session
        What is done so far; written after each step.
    protocol
        The file that is written at the end.
    scan
        Find the controllers first, as `mallee scan` does: HOST, HOST:PORT-PORT, /dev/ttyUSB0; repeat the option for each. Each is
        given its name and unit, and the pod file is written; the acceptance goes on with that.
    write
        With --scan: the pod file.
    who
        Who does it, for the protocol. Otherwise the user of this computer.
    auto
        Ask nobody: do everything for which measured feedback suffices, and skip what needs hands or eyes.
    """
    context = Context(common)
    if not auto and not sys.stdin.isatty():
        raise MalleeError(
            "nobody can be asked here",
            "the command runs in a script, and an acceptance has steps that somebody has to look at",
            "run it at a terminal, or add --auto: what needs hands or eyes is skipped then",
        )
    name = who or getpass.getuser()
    found = _found(context, session, write, scan, name, auto=auto) if scan else ()
    config = load_pod(write) if scan else context.pod()
    for device in devices:
        find_controller(config, device)
    answers = Auto() if auto else Person(context)

    def tell(step: Step, result: Result) -> None:
        context.err.print(f"{result.verdict:9}{step.id}: {step.title}", style=_STYLE[result.verdict], markup=False)
        if result.note:
            context.err.print(f"         {result.note}", markup=False)

    done = clock.run(
        commission(
            config,
            session,
            answers,
            who=name,
            only=devices,
            found=found,
            timeout_s=context.timeout_s,
            tell=tell,
            say=context.note,
        )
    )
    finished = done.results[-1].time if done.results else done.began
    data = protocols.encode(protocols.protocol_of(done, finished, __version__))
    _write(protocol, data)
    _show(context, done, protocol, protocols.hash_of(data))
    return _code(done)


@_app.command
def verify(file: Path, /, *, common: Annotated[Common | None, Parameter(name="*")] = None) -> int:
    """Check that a protocol is what its hash says. Exit code 5: it was changed, or is no protocol.

    Parameters
    ----------
    file
        The protocol that `mallee commission` wrote.
    """
    context = Context(common)
    found, sha256 = protocols.read(file)
    who = ", ".join(f"{each.who} ({each.steps})" for each in found.who)
    row = {"pod": found.pod, "who": who, "finished": found.finished, **found.counts, "sha256": sha256}
    if context.output == "table":  # the hash is to be compared with the printed page, and so must be whole
        for name, value in row.items():
            context.out.print(f"{name:9} {value}", markup=False, soft_wrap=True)
    else:
        emit(context.out, context.output, [row], tuple(row))
    return ExitCode.DONE


@_app.command
def page(file: Path, out: Path, /, *, common: Annotated[Common | None, Parameter(name="*")] = None) -> int:
    """Write a protocol as an HTML page to print and to sign. Exit code 5: it was changed, or is no protocol.

    Parameters
    ----------
    file
        The protocol that `mallee commission` wrote.
    out
        The page.
    """
    context = Context(common)
    found, sha256 = protocols.read(file)
    _write(out, page_of(found, sha256).encode())
    context.note(f"wrote {out}")
    return ExitCode.DONE


def _found(
    context: Context, session: Path, file: Path, targets: tuple[str, ...], who: str, *, auto: bool
) -> tuple[Named, ...]:
    def tell(named: Named) -> None:
        context.err.print(
            f"{named.verdict:9}{named.name}: {named.address} unit {named.unit}",
            style=_STYLE[named.verdict],
            markup=False,
        )
        if named.note:
            context.err.print(f"         {named.note}", markup=False)

    names = AsTheyAre() if auto else PersonNaming(context)
    stock = session.with_suffix(".found.json")
    return clock.run(find(stock, file, targets, names, who=who, tell=tell, say=context.note))


def _write(path: Path, data: bytes) -> None:
    try:
        atomic.write(path, data)
    except OSError as error:
        raise MalleeError(
            f"cannot write {path}: {error.strerror}",
            "the folder does not exist or is read only",
            "name another file; what was done is kept in the session",
        ) from error


def _show(context: Context, session: Session, path: Path, sha256: str) -> None:
    steps = {step.id: step for step in session.plan}
    rows = [
        {
            "step": result.step,
            "verdict": result.verdict,
            "title": steps[result.step].title,
            "measured": result.measured,
            "note": result.note,
            "time": result.time,
        }
        for result in session.results
    ]
    if context.output == "table":
        count = ", ".join(f"{number} {verdict}" for verdict, number in counts(session).items() if number)
        context.out.print(f"{count}: {path}, SHA-256 {sha256}", markup=False, soft_wrap=True)
        return
    emit(context.out, context.output, rows, COLUMNS)


def _code(session: Session) -> ExitCode:
    verdicts = {each.verdict for each in (*session.found, *session.results)}
    if "failed" in verdicts:
        return ExitCode.FINDINGS
    return ExitCode.DECLINED if "declined" in verdicts else ExitCode.DONE
