"""How fast a whole pod runs, unpaced: real firmware, each in a process, and the real host; and who uses the processors."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from mallee.pod.loader import parse_pod
from mallee.sim.hostprocess import HostProcess, run_command
from mallee.sim.world import World

from .reasons import CannotMeasure

_WARM_S = 3
"""Virtual time that is not counted: the host's start, connections, first leases."""


class Run(NamedTuple):
    """`speed` in virtual seconds a wall second; else CPU seconds a virtual second, None where the system does not say."""

    speed: float
    firmware_s: float | None
    host_s: float | None
    world_s: float
    plant_s: float
    """Part of `world_s`."""


def run(pod: str, for_s: int) -> Run:
    """`for_s` virtual seconds of the pod file `pod`. Raises RuntimeError when a controller or the host was not there."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pod.toml"
        path.write_text(pod, encoding="utf-8")
        config = parse_pod(pod, str(path))
        with World.from_pod(config, seed=1) as world:
            environment = {key: value for key, value in os.environ.items() if not key.startswith("MALLEE_")}
            host = HostProcess(
                world,
                run_command(path),
                environment={**environment, "XDG_CONFIG_HOME": folder, "XDG_STATE_HOME": folder},
            )
            stepping = [0.0]
            _timed(world, stepping)
            world.run(_WARM_S * 1_000_000)
            boards = [c.board.pid for c in world.controllers.by_name.values()]
            before = (time.monotonic(), _cpu_s(boards), _cpu_s([host.pid]), time.process_time())
            stepping[0], documents = 0.0, host.documents
            world.run((_WARM_S + for_s) * 1_000_000)
            after = (time.monotonic(), _cpu_s(boards), _cpu_s([host.pid]), time.process_time())
            restarts = sum(c.restarts for c in world.controllers.by_name.values())
            if restarts or host.restarts or host.documents - documents < for_s - 1:
                scans = host.documents - documents
                raise RuntimeError(
                    f"restarts: {restarts}, host {host.restarts}; {scans} scans in {for_s} s; {host.errors}"
                )
    return Run(
        for_s / (after[0] - before[0]),
        _share(before[1], after[1], for_s),
        _share(before[2], after[2], for_s),
        (after[3] - before[3]) / for_s,
        stepping[0] / for_s,
    )


def _timed(world: World, stepping: list[float]) -> None:
    """Add up what the plant's steps take of this thread."""
    step = world.equipment.step

    def timed(now_us: int, dt_us: int) -> None:
        began = time.thread_time()
        step(now_us, dt_us)
        stepping[0] += time.thread_time() - began

    world.equipment.step = timed  # type: ignore[method-assign]


def _share(before: float | None, after: float | None, for_s: int) -> float | None:
    return None if before is None or after is None else (after - before) / for_s


def _cpu_s(pids: list[int | None]) -> float | None:
    """CPU time of these processes so far; None where there is no /proc (proc_pid_stat(5), fields 14 and 15: utime, stime)."""
    if sys.platform != "linux":
        return None
    ticks = 0
    for pid in pids:
        if pid is None:
            raise CannotMeasure("a process of the pod is not there")
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
