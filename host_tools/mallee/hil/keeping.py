"""Reports of tests on boards: provenance and measurements in JUnit, and what is kept of a test that failed."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from . import provenance
from .artifacts import folder_name, keep
from .board import Board
from .controller import Controller
from .measuring import Measuring

_SESSION = pytest.StashKey[dict[str, str]]()
_KEPT = pytest.StashKey[list[Path]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SESSION] = provenance.of_session(config.rootpath)
    config.stash[_KEPT] = []


@pytest.fixture(scope="session", autouse=True)
def _provenance_of_session(request: pytest.FixtureRequest, record_testsuite_property: Any) -> None:
    for name, value in request.config.stash[_SESSION].items():
        record_testsuite_property(name, value)


def folder_of(item: pytest.Item, session_folder: str | None) -> Path:
    """Of one test: below --board-artifacts, or else where pytest-embedded keeps its own."""
    given = item.config.getoption("--board-artifacts")
    return Path(given or session_folder or ".") / folder_name(item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """At the end of the test itself, or of a setup that failed: the board is still there."""
    if call.when == "teardown":
        return (yield)
    boards = _boards(item)
    known: dict[str, str] = {}
    if boards and (call.when == "call" or call.excinfo is not None):
        known = dict(item.config.stash[_SESSION])
        for number, board in enumerate(boards):
            before = "" if len(boards) == 1 else f"{number}."
            known |= {before + name: value for name, value in provenance.of_board(board).items()}
        item.user_properties += known.items()
    report = yield
    if known and (report.failed or (report.passed and item.config.getoption("--board-artifacts-always"))):
        _keep(item, boards, known, report)
    return report


def _keep(item: pytest.Item, boards: list[Board], known: dict[str, str], report: pytest.TestReport) -> None:
    fixtures: dict[str, Any] = getattr(item, "funcargs", {})
    folder = folder_of(item, fixtures.get("session_tempdir") or _session_folder(item.config))
    controllers = fixtures.get("controller", [])
    by_board: dict[Board, Controller] = dict(
        zip(boards, controllers if isinstance(controllers, list | tuple) else [controllers], strict=False)
    )
    measure = fixtures.get("measure")
    dut = fixtures.get("dut")
    log = None if dut is None or isinstance(dut, list) else Path(dut.logfile)
    measured = measure.all if isinstance(measure, Measuring) else []
    kept, missing = keep(folder, boards, by_board, measured, known, log)
    lines = [f"{folder}: {', '.join(kept) or 'nothing'}", *missing]
    report.sections.append(("what is kept of the board", "\n".join(lines)))
    if kept:
        item.config.stash[_KEPT].append(folder)


def _session_folder(config: pytest.Config) -> str:
    from pytest_embedded import plugin as embedded

    made = config.stash.get(embedded._session_tempdir_key, None)
    return str(made or Path(config.option.root_logdir or tempfile.gettempdir()).resolve())


def _boards(item: pytest.Item) -> list[Board]:
    found = getattr(item, "funcargs", {}).get("board")
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, Board)]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    kept = config.stash[_KEPT]
    if kept:
        terminalreporter.write_line(f"what is kept of {len(kept)} tests: {kept[0].parent}")
