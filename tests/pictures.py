"""`python -m tests.pictures [VIEW …]`: the views of the web page for README and docs/web.md, from a demo whose load moves.

Needs Chromium and playwright. Two minutes on a machine that does nothing else.
"""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from .conftest import ROOT
from .demos import RunningDemo, environment, mallee
from .host.web.browsing import Watched, browser

SPEED, POD_S = 4, 320
VIEWS = {
    "overview": "",
    "skid": "skid/skid-1",
    "pdu": "pdu/pdu-a2",
    "alarms": "alarms",
    "trends": "trends",
    "bus": "bus",
}
DARK = ("skid",)
HEIGHTS = {"bus": 560}
"""Of a picture that would be too large in bytes."""
MOST_BYTES = 150_000


def load(path: Path) -> Path:
    """Racks that follow each other up and down."""
    lines = ["time_s," + ",".join(f"rack_{n}" for n in range(1, 9))]
    for second in range(0, 2 * POD_S, 10):
        watts = [80_000 + 30_000 * math.sin(second / 60 + n / 3) for n in range(8)]
        lines.append(f"{second}," + ",".join(f"{watt:.0f}" for watt in watts))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def take(url: str, scheme: str, names: dict[str, str]) -> None:
    with browser() as found:
        watched = Watched(found, color_scheme=scheme)
        for name, view in names.items():
            watched.page.goto(f"{url}#/{view}")
            watched.page.wait_for_selector(".scatterlayer .trace" if name == "trends" else "main .card")
            watched.page.wait_for_timeout(1500)  # a document later everything is there
            path = ROOT / "docs" / f"web-{name}.png"
            height = HEIGHTS.get(name, 800)
            watched.page.screenshot(path=path, clip={"x": 0, "y": 0, "width": 1280, "height": height})
            assert path.stat().st_size < MOST_BYTES, f"{path.name} has {path.stat().st_size} bytes"
        assert watched.errors == [] and watched.away(url) == [], watched.errors


def main(wanted: list[str]) -> None:
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        arguments = ["--speed", str(SPEED), "--load", str(load(folder / "load.csv"))]
        with RunningDemo(folder, *arguments) as demo:
            first = demo.until(lambda d: all(s["lease"]["ours"] for s in d["skids"] + d["pdus"]))
            command = [sys.executable, "-m", "mallee", "serve", "--port", "0", "-c", str(demo.file)]
            served = subprocess.Popen(
                command, cwd=folder, env=environment(folder), stderr=subprocess.PIPE, text=True, start_new_session=True
            )
            assert served.stderr is not None
            url = re.search(r"http://\S+", served.stderr.readline())
            assert url is not None
            try:
                demo.until(lambda d: d["scan"] > first["scan"] + POD_S / 2, scans=10_000)
                off = ("set", "pdu-a2", "branch_switch.3", "off", "--yes", "--timeout", "20s")
                switched = mallee(folder, *off, "-c", str(demo.file))
                assert switched.returncode == 0, switched.stderr
                victim = [pid for pid, command in demo.children().items() if "micropython" in command][4]
                os.kill(victim, signal.SIGKILL)
                demo.until(lambda d: d["scan"] > first["scan"] + POD_S, scans=10_000)
                for scheme, dark in (("light", False), ("dark", True)):
                    chosen = {name: VIEWS[name] for name in wanted if (name in DARK) is dark}
                    take(url[0], scheme, chosen)
            finally:
                served.terminate()
                served.communicate(timeout=30)


if __name__ == "__main__":
    main(sys.argv[1:] or list(VIEWS))
