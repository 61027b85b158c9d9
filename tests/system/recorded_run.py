"""A scenario run with every event in a file, while something disturbs its processes: `recorded_run.py FILE SEED EVENTS HOW`.

For test_determinism.py. It prints the hash of the log. HOW is "plainly"; "one_cpu": everything on one processor, each
controller with another priority; or "stopped": controllers are stopped and continued at random by a thread.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from mallee.sim.board import Board
from mallee.sim.eventlog import EventLog
from mallee.sim.scenario import reading, runner


def main(file: str, seed: str, events: str, how: str) -> None:
    boards: list[Board] = []
    over = threading.Event()
    with Path(events).open("wb") as out:
        record, start = EventLog.record, Board.start

        def recorded(self: EventLog, time_us: int, kind: str, subject: str, data: bytes = b"") -> None:
            out.write(repr((time_us, kind, subject, data)).encode() + b"\n")
            record(self, time_us, kind, subject, data)

        def started(self: Board, *given: Any) -> None:
            start(self, *given)
            boards.append(self)
            if how == "one_cpu" and self.pid is not None:
                os.setpriority(os.PRIO_PROCESS, self.pid, len(boards) * 5 % 20)

        EventLog.record, Board.start = recorded, started  # type: ignore[method-assign]
        if how == "one_cpu":
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        disturber = threading.Thread(target=disturb, args=(boards, over))
        if how == "stopped":
            disturber.start()
        try:
            result = runner.run(reading.load(Path(file)), int(seed))
        finally:
            over.set()
            if disturber.is_alive():
                disturber.join()
    print(result.log_hash, len(result.happened))


def disturb(boards: list[Board], over: threading.Event) -> None:
    """Other stops in each run: this is the one place whose randomness has no seed."""
    source = random.SystemRandom()
    while not over.wait(source.uniform(0.0, 0.01)):
        pid = source.choice(boards).pid if boards else None
        if pid is None:
            continue
        try:
            os.kill(pid, signal.SIGSTOP)
            over.wait(source.uniform(0.0, 0.02))
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            continue  # the scenario killed it


if __name__ == "__main__":
    main(*sys.argv[1:])
