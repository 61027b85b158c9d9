"""The boards of a test session: a virtual one for each test, all others kept until the session ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

from ..errors import MalleeError
from .board import Board
from .opening import DEFAULT_PROFILE, opened
from .setups import Setup


class Rig:
    """Of several boards in one test each has its `place`, from 0."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._kept: dict[tuple[int, Setup, str | None], Board | MalleeError] = {}
        self._distrusted: dict[Board, str | None] = {}

    @contextmanager
    def board(self, setup: Setup, place: int, profile: str | None) -> Iterator[Board]:
        """For one test. Raises MalleeError, for the same board again without trying again."""
        if setup.kind == "virtual":
            with opened(setup, profile) as board:
                yield board
            return
        board = self._keep(setup, place, None if setup.kind == "real" else profile or setup.profile or DEFAULT_PROFILE)
        if setup.lacks("bus") is None:
            board.unit.wait_until_it_runs(board.start_s)  # the test before may have left it starting
        board.unit.trace.clear()
        board.console_from = len(board.console or b"")
        try:
            yield board
        finally:
            board.put_back()

    def _keep(self, setup: Setup, place: int, profile: str | None) -> Board:
        key = place, setup, profile
        if key not in self._kept:
            try:
                self._kept[key] = self._stack.enter_context(opened(setup, profile))
            except MalleeError as error:
                self._kept[key] = error
        found = self._kept[key]
        if isinstance(found, MalleeError):
            raise found
        return found

    def distrust(self, board: Board, probe: Callable[[], str | None]) -> str | None:
        """What `probe` found, asked once for each board."""
        if board not in self._distrusted:
            self._distrusted[board] = probe()
        return self._distrusted[board]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
