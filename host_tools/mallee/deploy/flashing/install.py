"""Install a bundle on a board: nothing half-applied, resumed by running it again.

main.py is taken away first and put back last. A board that is cut off at any moment in between starts to its bare prompt:
never half an application, never an old one with new modules. What was copied is found by its hash the next time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple, Protocol

from ...errors import MalleeError
from ...link.address import MODBUS_TCP_PORT
from .. import board as boards
from ..build import Bundle
from ..identity import Who, build_info, known_from, merged
from . import on_board, plan, transfer
from .console import BoardRaised, Console
from .door import Door
from .fitting import check_fit, check_space, how_to_install
from .plan import INFO, STARTER, Plan
from .state import BoardState, hashes, survey


class Progress(Protocol):
    def say(self, text: str) -> None: ...

    def begin(self, total_bytes: int) -> None: ...

    def advance(self, path: str, count: int) -> None: ...

    def end(self) -> None: ...


class Job(NamedTuple):
    """What shall be on one board, and what that takes now."""

    who: Who
    wanted: dict[str, bytes]
    state: BoardState
    plan: Plan

    @property
    def rows(self) -> list[plan.Row]:
        return plan.rows(self.plan, self.wanted, self.state)


Own = Callable[[Who], Mapping[str, bytes]]
"""Further files of this one controller, such as its device key, when it is known who it is."""


def _nothing(who: Who) -> Mapping[str, bytes]:
    return {}


def look(door: Door, bundle: Bundle, flags: Who, own: Own = _nothing) -> Job:
    """What would be done; the board is left as it was found, an application that ran runs again. Raises MalleeError."""
    with _connected(door, bundle) as console:
        return _look(console, bundle, flags, own)


def install(door: Door, bundle: Bundle, flags: Who, progress: Progress, own: Own = _nothing) -> Job:
    """Do it, and start the application. Raises MalleeError; whatever ends it, running it again goes on from there."""
    with _connected(door, bundle) as console:
        job = _look(console, bundle, flags, own)
        if not job.plan.nothing:
            try:
                _apply(console, job, progress)
            except KeyboardInterrupt:
                progress.say("interrupted: the board starts to its prompt only; the same command goes on from here")
                raise
        console.reset()
        return job


def listen(door: Door) -> bytes:
    """What the board says at its console as it starts after install(). Raises MalleeError."""
    return Console(door).listen()


@contextmanager
def _connected(door: Door, bundle: Bundle) -> Iterator[Console]:
    """A console. Whatever happens, a board that still has a main.py is restarted: it was interrupted in order to ask."""
    console = Console(door, how_to_install(boards.load(bundle.manifest.board)))
    console.open()
    try:
        yield console
    finally:
        with suppress(MalleeError, BoardRaised):
            if console.is_open:
                console.take()  # what was under way may have been cut off in its middle
                if console.run(on_board.HAS_STARTER).strip() == "True":
                    console.reset()
                    door.reopen().close()  # whoever opens it next finds it
        console.close()


def _look(console: Console, bundle: Bundle, flags: Who, own: Own) -> Job:
    made = bundle.manifest
    # The size of build_info.py is known only with the board's serial number: it is compared by its text.
    state = _survey(console, bundle.contents)
    check_fit(made, boards.load(made.board), state)
    who = merged(flags, known_from(state.info), state.serial)
    assert who.name is not None and who.unit is not None and who.serial is not None
    info = build_info(
        profile=made.profile,
        dictionary_hash=made.dictionary_hash,
        version=made.mallee,
        unit=who.unit,
        name=who.name,
        serial=who.serial,
        port=who.port or MODBUS_TCP_PORT,
        baud=who.baud,
        framing=who.framing,
    )
    if state.info.encode() == info:
        state.files[INFO] = (len(info), hashlib.sha256(info).hexdigest())
    further = dict(own(who))
    state.files.update(
        {path: (state.files[path][0], digest) for path, digest in _known(console, state, further).items()}
    )
    wanted = {**bundle.contents, **further, INFO: info}
    todo = plan.make_plan(wanted, state)
    check_space(todo, wanted, state)
    return Job(who, wanted, state, todo)


def _known(console: Console, state: BoardState, further: Mapping[str, bytes]) -> dict[str, str]:
    """Hashes of those that are there in the same size."""
    return hashes(console, [path for path, data in further.items() if state.files.get(path, (-1, ""))[0] == len(data)])


def _apply(console: Console, job: Job, progress: Progress) -> None:
    """From the first change to main.py in its place, and everything proven."""
    todo, wanted = job.plan, job.wanted
    _remove_files(console, [name for name in (STARTER,) if name in job.state.files], [])
    if job.state.running or job.state.watchdog or STARTER in job.state.files:
        progress.say("the controller on the board is stopped")
        console.reset_and_take()  # ends its watchdog, which would end us; and gives the whole heap back
    progress.begin(plan.bytes_to_write(todo, wanted))
    there = [path for path in todo.write if path in job.state.files]
    _remove_files(console, [*todo.remove, *there], list(todo.remove_folders))
    if todo.make_folders:
        transfer.run_files_code(
            console, on_board.MAKE_FOLDERS.format(folders=todo.make_folders), "a folder cannot be made"
        )
    # The old identity stays until the new one is whole: a resumed run must still know it.
    last = {plan.PARTIAL[path]: wanted[path] for path in todo.last}
    written = {**{path: wanted[path] for path in todo.write}, **last}
    transfer.prepare(console)
    transfer.write_files(console, written, written, progress.advance)  # what is kept was hashed by the survey
    names = [(plan.PARTIAL[path], path) for path in todo.last]
    transfer.run_files_code(console, on_board.RENAME.format(names=names), "main.py cannot be put in its place")
    progress.end()


def put(console: Console, files: Mapping[str, bytes]) -> None:
    """Files onto a board that has none of them, and nothing else: no identity, no order, no restart. Raises MalleeError."""
    folders = sorted({"/".join(path.split("/")[:end]) for path in files for end in range(1, path.count("/") + 1)})
    transfer.run_files_code(console, on_board.MAKE_FOLDERS.format(folders=folders), "a folder cannot be made")
    transfer.prepare(console)
    transfer.write_files(console, files, files)


def _remove_files(console: Console, files: list[str], folders: list[str]) -> None:
    if files or folders:
        transfer.run_files_code(
            console, on_board.REMOVE.format(files=files, folders=folders), "an old file cannot be removed"
        )


def _survey(console: Console, wanted: Mapping[str, bytes]) -> BoardState:
    try:
        return survey(console, {path: len(data) for path, data in wanted.items()})
    except BoardRaised as error:
        raise transfer.explained(error, "the board cannot be looked at") from error
