"""Many runs of scenarios, each with a seed of its own, spread over the cores; each failure with the command that replays it.

Every run is the command that a person would type, as a process of its own: what fails here fails there.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from ...errors import ExitCode
from .reading import bundled, find, load
from .result import Result

_POLL_S = 0.1


class Pair(msgspec.Struct, frozen=True):
    """`name` is one scenario, or A+B for the faults of two."""

    name: str
    seed: int

    @property
    def command(self) -> str:
        return f"mallee sim run {self.name} --seed {self.seed}"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    scenario: str
    seed: int
    passed: bool
    failures: tuple[str, ...]
    log_hash: str
    replay: str


def pairs(count: int, seed: int, names: Sequence[str] | None = None) -> list[Pair]:
    """Every other one a scenario with a new seed, the rest two scenarios of one pod at once; a function of its arguments."""
    source = random.Random(f"{seed}/soak")
    known = {name: load(find(name)) for name in (bundled() if names is None else names)}
    found: list[Pair] = []
    for index in range(count):
        chosen = [source.choice(list(known))]
        first = known[chosen[0]]
        alike = [n for n, other in known.items() if other.pod_path == first.pod_path and other.scenario.pairs]
        mates = [name for name in alike if name != chosen[0]]
        if index % 2 and first.scenario.pairs and mates:
            chosen.append(source.choice(mates))
        found.append(Pair("+".join(chosen), source.randrange(1, 1_000_000)))
    return found


class Soak:
    """`ended(outcome)` is called with each as it ends. `run` returns those that ended, also after `stop`."""

    def __init__(self, todo: Sequence[Pair], jobs: int, ended: Callable[[Outcome], None]) -> None:
        self._todo = list(todo)
        self.jobs = jobs
        self._ended = ended
        self._running: list[tuple[Pair, subprocess.Popen[bytes], Path]] = []
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True

    def run(self) -> list[Outcome]:
        outcomes: list[Outcome] = []
        with tempfile.TemporaryDirectory(prefix="mallee-soak-") as folder:
            try:
                while not self._stopped and (self._todo or self._running):
                    while self._todo and len(self._running) < self.jobs:
                        self._start(self._todo.pop(0), Path(folder))
                    for entry in [e for e in self._running if e[1].poll() is not None]:
                        self._running.remove(entry)
                        outcomes.append(_outcome(*entry))
                        self._ended(outcomes[-1])
                    time.sleep(_POLL_S)
            finally:
                for _, process, _ in self._running:
                    process.send_signal(signal.SIGINT)
                for _, process, _ in self._running:
                    process.wait()
        return outcomes

    def _start(self, pair: Pair, folder: Path) -> None:
        path = folder / f"{len(self._todo)}.json"
        with path.open("wb") as output:  # a pipe that nobody empties would hold the run up
            process = subprocess.Popen(
                [sys.executable, "-m", "mallee", "sim", "run", pair.name, "--seed", str(pair.seed), "-o", "json"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._running.append((pair, process, path))


def _outcome(pair: Pair, process: subprocess.Popen[bytes], path: Path) -> Outcome:
    if process.returncode in (ExitCode.DONE, ExitCode.FINDINGS):
        result = msgspec.json.decode(path.read_bytes(), type=Result)
        passed, failures, log_hash = result.passed, result.failures, result.log_hash
    else:
        passed, failures, log_hash = False, (f"the run ended with exit status {process.returncode}",), ""
    return Outcome(
        scenario=pair.name, seed=pair.seed, passed=passed, failures=failures, log_hash=log_hash, replay=pair.command
    )
