"""Reports of tests on boards: provenance and measurements in JUnit, and what is kept of a test that failed."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from . import provenance
from .artifacts import Subject, folder_name, keep
from .measuring import Measuring
from .subjects import subjects_of

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
    fixtures: dict[str, Any] = getattr(item, "funcargs", {})
    subjects = subjects_of(fixtures)
    known: dict[str, str] = {}
    if subjects and (call.when == "call" or call.excinfo is not None):
        known = dict(item.config.stash[_SESSION])
        for subject in subjects:
            before = subject.name and f"{subject.name}."
            known |= {before + name: value for name, value in subject.provenance.items()}
        item.user_properties += known.items()
    report = yield
    if known and (report.failed or (report.passed and item.config.getoption("--board-artifacts-always"))):
        _keep(item, fixtures, subjects, known, report)
    return report


def _keep(
    item: pytest.Item,
    fixtures: dict[str, Any],
    subjects: list[Subject],
    known: dict[str, str],
    report: pytest.TestReport,
) -> None:
    folder = folder_of(item, fixtures.get("session_tempdir") or _session_folder(item.config))
    measure = fixtures.get("measure")
    measured = measure.all if isinstance(measure, Measuring) else []
    kept, missing = keep(folder, subjects, measured, known)
    lines = [f"{folder}: {', '.join(kept) or 'nothing'}", *missing]
    report.sections.append(("what is kept of the board", "\n".join(lines)))
    if kept:
        item.config.stash[_KEPT].append(folder)


def _session_folder(config: pytest.Config) -> str:
    from pytest_embedded import plugin as embedded

    made = config.stash.get(embedded._session_tempdir_key, None)
    return str(made or Path(config.option.root_logdir or tempfile.gettempdir()).resolve())


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    kept = config.stash[_KEPT]
    if kept:
        terminalreporter.write_line(f"what is kept of {len(kept)} tests: {kept[0].parent}")
