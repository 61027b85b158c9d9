"""Time of a board is passed by one at a time: by whoever asks or waits, or by the thread of `flow`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from threading import Event
from typing import Any

import pytest
from mallee.hil.boardtime import BoardTime
from mallee.hil.faults import Faults
from mallee.hil.inputs import Inputs
from mallee.hil.line import Line
from mallee.hil.power import SwitchedPower
from mallee.hil.unit import Unit

from ..virtual_loop import VirtualLoop

_LOOKS = 2000


def test_time_of_a_board_is_that_of_its_loop():
    time = BoardTime(VirtualLoop())
    time.run(3600)
    assert time.now_s == pytest.approx(3600)
    time.close()
    time.close()


def test_who_asks_goes_before_the_thread_that_lets_time_pass():
    time = BoardTime(VirtualLoop())
    turns: list[float] = []

    def turn() -> float:
        time.run(0.01)
        turns.append(time.now_s)
        return 0.0

    with time.flow(turn), time.flow(turn):
        assert time.flowing
        for _ in range(20):
            time.complete(asyncio.sleep(1))
    assert not time.flowing and time.now_s >= 20
    with pytest.raises(RuntimeError, match="broken"), time.flow(_breaks):
        time.run(1)
    time.close()


def _breaks() -> float:
    raise RuntimeError("broken")


class Board:
    """Everything that changes it looks whether it runs meanwhile."""

    def __init__(self) -> None:
        self.time = BoardTime(VirtualLoop())
        self.runs = False
        self.began = Event()
        self.changed: list[str] = []

    def turn(self) -> float:
        self.runs = True
        self.began.set()
        for _ in range(_LOOKS):
            _ = self.time.now_s
        self.runs = False
        return 0.0

    def change(self, what: str) -> None:
        assert not self.runs, f"{what} while the board ran"
        self.changed.append(what)

    def set(self, name: str, value: float | None) -> None:
        self.change("input")


class OneFault(Faults):
    def __init__(self, board: Board) -> None:
        super().__init__(board.time)
        self._board = board

    @property
    def names(self) -> Iterable[str]:
        return ["one"]

    def _begin(self, name: str, target: str, parameters: dict[str, Any]) -> Callable[[], None]:
        self._board.change("begin")
        return lambda: self._board.change("end")


def test_a_board_is_not_changed_while_it_runs():
    """Two threads that ran one emulated chip, one of them its reset, were a start that hung."""
    board = Board()
    power = SwitchedPower(
        Unit(Line(board.time, "serial:///dev/none"), 17), 10.0, lambda: board.change("off"), lambda: board.change("on")
    )
    faults = OneFault(board)
    inputs = Inputs(board.time, {"flow": 1.0})
    inputs.wire(board)
    board.changed.clear()
    changes = [
        power.off,
        power.on,
        lambda: inputs.set("flow", 2.0),
        lambda: faults.begin("one"),
        faults.end_all,
        inputs.put_back,
    ]
    with board.time.flow(board.turn):
        for change in changes * 5:
            board.began.clear()
            assert board.began.wait(60.0)
            change()
    assert board.changed == ["off", "on", "input", "begin", "end", "input"] * 5
    board.time.close()
