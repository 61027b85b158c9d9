"""The world: one virtual time for plant, controllers, network and hosts.

Time is integer microseconds. Between two points of a fixed grid (10 ms) plant and controllers run side by side, each with what
the other gave at the last point. A controller runs by itself at most to the next grid point, the next event or the next thing
a host wants, and stops early when it transmits. Events are ordered by time and by the order of their making, never by which
process was faster: a run is a function of scenario and seed.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import tempfile
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .controllers import Controller, Controllers
from .equipment import Equipment, Nothing
from .eventlog import EventLog
from .events import EventQueue
from .host import HostEndpoint, HostEvent
from .network import Network
from .pacing import Pace
from .pipe import PipedHost

if TYPE_CHECKING:
    from ..pod.config import PodConfig
    from .loads import Load
    from .report import Report

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""When an unpaced run begins, unless the scenario says otherwise."""
GRID_US = 10_000
LATENCY_US = 1_000
_CONSOLE_US = 500_000


class World:
    """`speed` None runs as fast as the machine goes; a number holds virtual time to that many times the wall clock."""

    def __init__(
        self,
        equipment: Equipment | None = None,
        *,
        seed: int = 0,
        speed: float | None = None,
        start_utc: datetime | None = None,
        grid_us: int = GRID_US,
        latency_us: int = LATENCY_US,
        keep_events: int | None = 1000,
    ) -> None:
        self.now_us = 0
        self.seed = seed
        self.grid_us = grid_us
        self.equipment: Equipment = equipment or Nothing()
        self.start_utc = start_utc or (EPOCH if speed is None else datetime.now(UTC))
        self.log = EventLog(keep_events)
        self.queue = EventQueue()
        self.network = Network(self.queue, self.log, self._now, latency_us)
        self.controllers = Controllers(self.queue, self.log, self.network, self.equipment, seed)
        self.controllers.clock(self._now)
        self.controllers.batch = speed is None
        self.hosts: list[PipedHost] = []
        self.pace = None if speed is None else Pace(speed)
        self.io = selectors.DefaultSelector()
        """Real sockets that bring something into the world; the data of each key is called with its events."""
        self.on_grid: list[Callable[[int], None]] = []
        """Called after each plant step with the virtual time."""
        self.report: Callable[[], Report] | None = None
        """What the run amounted to so far; worlds of a pod file have it."""
        self.ptys: dict[str, str] = {}
        """What other programs open instead of each serial port of the pod file, while a paced world has a gateway."""
        self.host_restarts = 0
        self._local: list[HostEndpoint] = []
        self._next_grid_us = grid_us
        self._inputs: dict[str, bytes] = {}
        self._stepped = False  # the plant is already at the next grid point
        self._next_console_us = 0
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._closing = contextlib.ExitStack()
        self._started = False
        self._wall_s = 0.0

    @classmethod
    def from_pod(
        cls,
        config: PodConfig,
        *,
        seed: int = 0,
        load: Load | None = None,
        paced: bool | float = False,
        gateway: bool = False,
        noise: float = 0.0,
        start_utc: datetime | None = None,
        memory_of: str = "virtual",
        only: Collection[str] | None = None,
        grid_us: int = GRID_US,
    ) -> World:
        """The world of a pod file: plant, a controller for each skid and PDU, and with `gateway` real sockets at their ports.

        `paced` is False, True (real time) or a speed; `noise` the standard deviation of every transmitter in percent of span;
        `memory_of` names the board of boards/ whose heap the controllers have (see mallee.sim.memory).
        With `only`, those controllers alone have firmware; what the others drive stays as the settled plant has it.
        """
        from .podworld import build

        return build(
            cls,
            config,
            seed=seed,
            load=load,
            paced=paced,
            gateway=gateway,
            noise=noise,
            start_utc=start_utc,
            memory_of=memory_of,
            only=only,
            grid_us=grid_us,
        )

    # Composition and life.

    @property
    def directory(self) -> Path:
        """Of this run alone; the flash of each controller is below it. It goes when the world closes."""
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(prefix="mallee-")
        return Path(self._directory.name)

    def at_close(self, action: Callable[[], None]) -> None:
        self._closing.callback(action)

    def start(self) -> None:
        """Start every controller at the present time."""
        if not self._started:
            self._started = True
            self._inputs = self._read_inputs()
            self.controllers.start(self.now_us)
            if self.pace is not None:
                self.pace.restart(self.now_us)
            self._wall_s = time.monotonic()

    def close(self) -> None:
        """End every process, close every socket, remove every file. Idempotent."""
        self.controllers.close()
        for host in self.hosts:
            host.close()
        self._closing.close()
        self.io.close()
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Time.

    def _now(self) -> int:
        return self.now_us

    @property
    def now_s(self) -> float:
        return self.now_us / 1e6

    def utc_now(self) -> datetime:
        return self.start_utc + timedelta(microseconds=self.now_us)

    @property
    def log_hash(self) -> str:
        return self.log.digest

    @property
    def wall_s(self) -> float:
        """Wall time since the start."""
        return time.monotonic() - self._wall_s if self._started else 0.0

    @property
    def speed_achieved(self) -> float:
        """Virtual seconds a wall second, since the start."""
        wall_s = self.wall_s
        return self.now_s / wall_s if wall_s > 0 else 0.0

    def run(self, until_us: int, stop: Callable[[], bool] | None = None) -> None:
        """Let the world go on to `until_us`, or until `stop` says so."""
        self.start()
        if self.pace is None:
            self._run_unpaced(until_us, stop)
        else:
            self._run_paced(self.pace, until_us, stop)

    def run_for(self, seconds: float) -> None:
        self.run(self.now_us + round(seconds * 1e6))

    def _run_unpaced(self, until_us: int, stop: Callable[[], bool] | None) -> None:
        while self.now_us < until_us:
            self._poll_io(0)
            self._advance(min(until_us, self._next_grid_us), stop)
            if stop is not None and stop():
                return

    def _run_paced(self, pace: Pace, until_us: int, stop: Callable[[], bool] | None) -> None:
        while self.now_us < until_us:
            target_us = min(until_us, pace.target_us(self.now_us))
            while self.now_us < target_us:
                self._advance(min(target_us, self._next_grid_us), stop)
                if stop is not None and stop():
                    return
            wake_us = min(until_us, self._next_grid_us, *(h.until_us for h in self.hosts if h.waiting))
            if self.queue.next_us is not None:
                wake_us = min(wake_us, self.queue.next_us)
            self._poll_io(pace.wait_s(wake_us))

    def _poll_io(self, wait_s: float) -> None:
        """Look at real sockets. What they bring happens at the present virtual time."""
        if not self.io.get_map():
            if wait_s > 0:
                time.sleep(wait_s)
            return
        for key, events in self.io.select(wait_s):
            if self.pace is not None:
                self._advance_to_wall(self.pace)
            key.data(events)

    def _advance_to_wall(self, pace: Pace) -> None:
        target_us = min(pace.target_us(self.now_us), self._next_grid_us)
        if target_us > self.now_us:
            self._advance(target_us, None)

    def _advance(self, until_us: int, stop: Callable[[], bool] | None) -> None:
        """To `until_us`, which is not beyond the next grid point."""
        while True:
            self.queue.run_due(self.now_us)
            self._serve_hosts(stop)
            if self.now_us >= until_us or (stop is not None and stop()):
                return
            horizon_us = min(until_us, self._next_grid_us)
            next_us = self.queue.next_us
            if next_us is not None and next_us < horizon_us:
                horizon_us = next_us
            for host in self.hosts:
                if host.waiting and self.now_us < host.until_us < horizon_us:
                    horizon_us = host.until_us
            if horizon_us > self.now_us:
                meanwhile = None if self._stepped else self._step
                self.now_us = self.controllers.grant(self.now_us, horizon_us, self._inputs, meanwhile)
            if self.now_us >= self._next_grid_us:
                self._grid()

    def _read_inputs(self) -> dict[str, bytes]:
        return {name: self.equipment.inputs(name) for name in self.controllers.by_name}

    def _step(self) -> None:
        """The plant's step to the next grid point; controllers see what it gives when time is there."""
        self.equipment.step(self._next_grid_us, self.grid_us)
        self._stepped = True

    def _grid(self) -> None:
        self._inputs = self._read_inputs()
        self._stepped = False
        self._next_grid_us += self.grid_us
        for hear in self.on_grid:
            hear(self.now_us)
        if self.now_us >= self._next_console_us:
            self._next_console_us = self.now_us + _CONSOLE_US
            self.controllers.drain()

    # Hosts.

    def endpoint(self) -> HostEndpoint:
        """A place for a host in this process; it calls `advance`."""
        endpoint = HostEndpoint(self.network)
        self._local.append(endpoint)
        return endpoint

    def advance(self, endpoint: HostEndpoint, until_us: int, events: list[HostEvent]) -> list[HostEvent]:
        """Carry out what an in-process host did, then go on until `until_us` or until something arrived for it."""
        self.start()
        endpoint.apply(events)
        self.queue.run_due(self.now_us)
        if not endpoint.inbox:
            self.run(until_us, lambda: bool(endpoint.inbox))
        return endpoint.take()

    def attach_host(self, connection: socket.socket) -> PipedHost:
        """A host process at the far end of `connection`; see mallee.sim.pipe."""
        host = PipedHost(connection, HostEndpoint(self.network), self.now_us, self.start_utc, self.log)
        self.hosts.append(host)
        return host

    def serve_host(self, connection: socket.socket, until_us: int | None = None) -> None:
        """Run until the host process at the far end of `connection` ends, or until `until_us`."""
        host = self.attach_host(connection)
        self.run(until_us if until_us is not None else 1 << 62, lambda: host.ended)

    def _serve_hosts(self, stop: Callable[[], bool] | None) -> None:
        for host in self.hosts:
            host.serve(self.now_us, paced=self.pace is not None, stop=stop)
        if any(host.ended for host in self.hosts):
            self.hosts = [host for host in self.hosts if not host.ended]
            self.queue.run_due(self.now_us)

    # Faults.

    def controller(self, name: str) -> Controller:
        return self.controllers.by_name[name]

    def kill(self, name: str) -> None:
        """Crash a controller: its outputs hold, its watchdog starts it again."""
        self.controllers.kill(name)

    def power_cycle(self, name: str) -> None:
        self.controllers.power_cycle(name)

    restart = power_cycle

    def pause_host(self, seconds: float, index: int = 0) -> None:
        """Freeze a host process for a while of virtual time: it hears nothing, then it wakes at a later time."""
        self.hosts[index].pause(self.now_us + round(seconds * 1e6))
