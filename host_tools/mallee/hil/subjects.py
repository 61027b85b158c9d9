"""Whose parts are kept of a test, from its fixtures: each board, and each controller of a pod that it has asked something."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from . import provenance
from .artifacts import Subject
from .board import Board
from .controller import Controller
from .pod import PodOnBench


def subjects_of(fixtures: Mapping[str, Any]) -> list[Subject]:
    """Of the fixtures `board`, `controller`, `dut` and `pod`, as far as a test has them, and as far as they are ours."""
    boards = [each for each in _listed(fixtures.get("board")) if isinstance(each, Board)]
    dut, pod = fixtures.get("dut"), fixtures.get("pod")
    log = getattr(dut, "logfile", None)
    logged = Path(log) if isinstance(log, str) else None
    found = list(_of_boards(boards, _listed(fixtures.get("controller")), logged))
    return found + (list(_of_pod(pod)) if isinstance(pod, PodOnBench) else [])


def _of_boards(boards: list[Board], controllers: list[Any], log: Path | None) -> Iterator[Subject]:
    """`log` is a file in which somebody else keeps what a board printed."""
    for number, board in enumerate(boards):
        used = controllers[number] if number < len(controllers) else None
        yield Subject(
            "" if len(boards) == 1 else f"{number}",
            board.unit,
            used.samples if isinstance(used, Controller) else (),
            _printed(board, log),
            provenance.of_board(board),
        )


def _printed(board: Board, log: Path | None) -> Callable[[], bytes]:
    def read() -> bytes:
        own = board.console
        return own[board.console_from :] if own is not None else log.read_bytes() if log is not None else b""

    return read


def _of_pod(pod: PodOnBench) -> Iterator[Subject]:
    for name, unit in pod.units.items():
        if unit.asked:
            known = {"pod": pod.config.pod.name, **provenance.of_unit(unit)}
            yield Subject(name, unit, pod[name].samples, lambda name=name: pod.console(name), known)


def _listed(found: Any) -> list[Any]:
    return list(found) if isinstance(found, list | tuple) else [found]
