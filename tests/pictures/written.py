"""What commands write of the scene: a plot, the page of a shift, and the protocol of an acceptance."""

from __future__ import annotations

import os
from contextlib import chdir
from pathlib import Path
from unittest import mock

from mallee import clock, resources
from mallee.cli.app import main
from mallee.history.asking import chosen
from mallee.history.curves import curves
from mallee.history.journals import ms_of
from mallee.history.query import History
from mallee.history.report.periods import zone_of
from mallee.plot.drawing import save
from mallee.plot.plotted import plot as plotted
from mallee.plot.plotted import stood
from mallee.pod.alarms.store import AlarmStore
from mallee.pod.hostfolder import host_folder
from mallee.pod.loader import load_pod
from mallee.shift.gathering import gather
from mallee.shift.page import page
from mallee.sim import loop
from mallee.sim.world import World

from ..demos import environment
from . import web
from .scene import Scene

PLOTTED = ("skid-1.supply_temperature", "skid-1.return_temperature", "skid-1.flow", "pdu-a3.power")
ALARMS_OF = {name.partition(".")[0] for name in PLOTTED}
ACCEPTED = ("skid-1", "pdu-a1")


def plot(scene: Scene, path: Path) -> None:
    """Of the demo's time, which is ahead of this computer's: the commands end at now."""
    begin_ms, end_ms, folder = _time_of(scene)
    with History(scene.demo.folder / "history.db") as found:
        lines = curves(found, chosen(found.series(), PLOTTED), begin_ms, end_ms)
    log = [each for each in stood(AlarmStore(folder).events()[0]) if each.device in ALARMS_OF]
    save(plotted(lines, begin_ms / 1000, end_ms / 1000, log), path, ", ".join(PLOTTED), zone_of("utc"))


def shift(scene: Scene, path: Path) -> None:
    begin_ms, end_ms, folder = _time_of(scene)
    with History(scene.demo.folder / "history.db") as found:
        text = page(gather(load_pod(scene.demo.file), found, folder, begin_ms, end_ms, zone_of("utc")))
    html = scene.demo.folder / "shift.html"
    html.write_text(text, encoding="utf-8")
    web.document(html, path, 1100)


def _time_of(scene: Scene) -> tuple[int, int, Path]:
    """From when to when, and where its host keeps its files."""
    begin_ms, end_ms = (ms_of(scene.documents[at].time) for at in (0, -1))
    with mock.patch.dict(os.environ, environment(scene.demo.folder)):
        return begin_ms, end_ms, host_folder(load_pod(scene.demo.file))


def acceptance(folder: Path, path: Path) -> None:
    """Of virtual boards in virtual time, as `mallee commission --auto` does it."""
    pod_file = resources.pods()["default"]
    with World.from_pod(load_pod(pod_file), seed=3, noise=0.05, only=set(ACCEPTED)) as world, chdir(folder):
        world.run_for(3)
        with mock.patch.object(clock, "run", lambda coroutine: loop.run_in_world(world, coroutine)):
            code = main(["commission", *ACCEPTED, "--auto", "--who", "A. Smith", "--config", str(pod_file)])
    assert code == 0, code
    with chdir(folder):
        assert main(["commission", "page", "commission.cbor", "commission.html"]) == 0
    web.document(folder / "commission.html", path, 1100)
