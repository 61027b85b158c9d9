"""From what the command line says to a board that answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ..errors import ExitCode, MalleeError
from .board import Board
from .lock import locked, real_name
from .setups import Setup

DEFAULT_PROFILE = "pdu"
_EXTRAS = {"virtual": "hil,sim", "emulated": "hil,deploy"}


@contextmanager
def opened(setup: Setup, profile: str | None = None) -> Iterator[Board]:
    """A board until the end of the block; a real one, and its line, locked. Raises MalleeError where something is missing, the
    board is in use, does not answer on its bus, or is not of the profile that was asked for."""
    with ExitStack() as stack:
        profile = profile or setup.profile or DEFAULT_PROFILE
        board = _real(setup, stack) if setup.kind == "real" else _simulated(setup, profile)
        stack.callback(board.close)
        if setup.lacks("bus") is None:
            _wait_until_it_runs(board, setup)
            _check_profile(board, setup)
        yield board


def _wait_until_it_runs(board: Board, setup: Setup) -> None:
    try:
        board.unit.wait_until_it_runs(board.start_s)
    except MalleeError:
        if setup.kind != "real" or setup.power is None:
            raise
        board.power.on()  # a session that was killed may have left it without supply
        board.power.wait()


def _real(setup: Setup, stack: ExitStack) -> Board:
    from .line import Line
    from .real import RealBoard
    from .reallines import held_line, port_of, wall_time

    time = stack.enter_context(wall_time())
    line = Line(time, "") if setup.bus is None else stack.enter_context(held_line(setup.bus))
    if setup.bus is None or port_of(setup.bus) != real_name(setup.board):
        stack.enter_context(locked(setup.board))
    return RealBoard(setup.board, line, setup.unit, setup.power)


def _simulated(setup: Setup, profile: str) -> Board:
    try:
        if setup.kind == "virtual":
            from .virtual import VirtualBoard

            return VirtualBoard(profile, setup.unit, setup.pod)
        from .emulatedboard import EmulatedBoard

        return EmulatedBoard(profile, setup.unit)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("mallee"):
            raise
        raise MalleeError(
            f"there is no {setup.kind} board: {error.name} is missing",
            f"mallee was installed without {_EXTRAS[setup.kind]}",
            f"pip install 'mallee[{_EXTRAS[setup.kind]}]'",
            ExitCode.USAGE,
        ) from error


def _check_profile(board: Board, setup: Setup) -> None:
    device = board.unit.device
    assert device is not None
    board.profile = device.dictionary.profile
    if setup.profile is not None and setup.profile != board.profile:
        raise MalleeError(
            f"{board} is a {board.profile}, and --board-profile is {setup.profile}",
            "another board is plugged in, or another unit of its line answers",
            f"--board-profile {board.profile}, another --board-unit, or flash it: `mallee flash --profile {setup.profile}`",
            ExitCode.USAGE,
        )
