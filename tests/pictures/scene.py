"""What all pictures show: a demo whose racks follow each other up and down, recorded. Somebody switches a branch off, and the
program of a controller dies."""

from __future__ import annotations

import json
import math
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mallee.pod.document import PodDocument, from_json

from ..demos import RunningDemo, mallee

SPEED, POD_S = 4, 320
SWITCHED = ("pdu-a2", "branch_switch.3", "off")
KILLED = 4
"""Of the demo's controllers, in the order of the pod file, from 0: pdu-a3."""
_RECORDED = '\n[history]\npath = "history.db"\n'


class Scene:
    """`documents` are those of the demo until now; `picture` is what it writes of its table as it ends."""

    def __init__(self, demo: RunningDemo, picture: Path) -> None:
        self.demo, self.picture = demo, picture
        self.documents: list[PodDocument] = []

    def until(self, scan: int) -> None:
        self._keep(lambda document: document["scan"] >= scan)

    def controlled(self) -> None:
        self._keep(lambda document: all(each["lease"]["ours"] for each in document["skids"] + document["pdus"]))

    def _keep(self, condition: Any) -> None:
        def look(document: dict[str, Any]) -> bool:
            self.documents.append(from_json(json.dumps(document)))
            return condition(document)

        self.demo.until(look, scans=10_000)


@contextmanager
def played(folder: Path) -> Iterator[Scene]:
    """After POD_S seconds of the pod; it goes on while pictures are taken."""
    picture = folder / "demo.svg"
    arguments = ["--speed", str(SPEED), "--load", str(_load(folder / "load.csv")), "--picture", str(picture)]
    with RunningDemo(folder, *arguments, more=_RECORDED) as demo:
        scene = Scene(demo, picture)
        scene.controlled()
        begin = scene.documents[-1].scan
        scene.until(begin + POD_S // 2)
        switched = mallee(folder, "set", *SWITCHED, "--yes", "--timeout", "20s", "-c", str(demo.file))
        assert switched.returncode == 0, switched.stderr
        os.kill([pid for pid, command in demo.children().items() if "micropython" in command][KILLED], signal.SIGKILL)
        scene.until(begin + POD_S)
        yield scene


def _load(path: Path) -> Path:
    lines = ["time_s," + ",".join(f"rack_{n}" for n in range(1, 9))]
    for second in range(0, 2 * POD_S, 10):
        watts = [80_000 + 30_000 * math.sin(second / 60 + n / 3) for n in range(8)]
        lines.append(f"{second}," + ",".join(f"{watt:.0f}" for watt in watts))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
