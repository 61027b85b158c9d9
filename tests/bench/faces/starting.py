"""How long a person waits for a command: a process of its own each time, its files in the system's memory."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ...conftest import ROOT
from ..figure import Figure
from ..pod.cycle import peers

TIMES = 15
SKIDS, PDUS = 2, 8


def pod_file(folder: Path, ports: list[int]) -> Path:
    """The default pod at these ports: its addresses stand in the order of its controllers."""
    text = (ROOT / "examples" / "pod.toml").read_text(encoding="utf-8")
    given = iter(ports)
    text = re.sub(r"tcp://127\.0\.0\.1:\d+", lambda _: f"tcp://127.0.0.1:{next(given)}", text)
    path = folder / "pod.toml"
    path.write_text(text, encoding="utf-8")
    return path


def waits_ms(arguments: list[str], folder: Path) -> list[float]:
    environment = {**os.environ, "XDG_STATE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "COLUMNS": "100"}
    found = []
    for _ in range(TIMES + 1):  # the first one brings the files into memory
        began_s = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "mallee", *arguments], cwd=folder, env=environment, capture_output=True, check=False
        )
        found.append(1000 * (time.perf_counter() - began_s))
        assert done.returncode in (0, 5) and b"silent" not in done.stdout, done.stdout + done.stderr
    return found[1:]


def measure() -> dict[str, Figure]:
    with tempfile.TemporaryDirectory() as text, peers(SKIDS, PDUS) as ports:
        folder = Path(text)
        file = pod_file(folder, ports)
        shown = waits_ms(["--help"], folder)
        status = waits_ms(["status", "-c", str(file)], folder)
    how = f"median of {TIMES} processes, from start to end; range {{:.0f}} to {{:.0f}} ms"
    return {
        "help": Figure(statistics.median(shown), "`mallee --help`: " + how.format(min(shown), max(shown))),
        "status": Figure(
            statistics.median(status),
            f"`mallee status` of {SKIDS} skids and {PDUS} PDUs on loopback, each a peer that answers at once: "
            + how.format(min(status), max(status)),
        ),
    }
