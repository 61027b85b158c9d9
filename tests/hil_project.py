"""A project of a user's with tests on a board, run as pytest runs it: in a process of its own, with mallee's plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROVENANCE = (
    "mallee.version", "board", "board.kind", "board.profile", "board.firmware", "board.map", "board.dictionary", "board.serial",
)  # fmt: skip

WITHOUT = ("-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest")
"""Plugins of this environment that a user's has not: they take two of three seconds to load."""


def run_hil(folder: Path, *options: str, timeout_s: float = 250) -> subprocess.CompletedProcess[str]:
    """Its JUnit report is `junit.xml` there."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "mallee.hil.plugin",
        *WITHOUT,
        "--rootdir",
        str(folder),
    ]
    command += ["-o", "junit_family=xunit1", "--junitxml", str(folder / "junit.xml"), *options, str(folder)]
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=timeout_s, cwd=folder, env=environment
    )
