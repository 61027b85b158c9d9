"""A pod on this machine: the simulated world, real firmware in it, the host as a process of its own, and an account at the end.

The host is a child process, so that it can die as a host can: the world, and with it the pod, goes on without it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import msgspec

from ..device.device import Device
from ..errors import MalleeError
from ..link.base import Link
from ..link.opening import open_link
from ..link.statistics import BusSummary
from ..paths import lines_dir, pod_state_dir
from ..pod.config import PodConfig
from ..pod.document import PodDocument
from ..pod.hostfolder import point_to_demo
from . import loop
from .hostprocess import HostProcess, private_folders, run_command
from .loads import Constant, Load, read_csv
from .report import Range
from .world import World

_LONG_US = 1 << 62
_SILENT_SCANS = 3
_HEALTH = ("loop_overruns", "tick_overruns", "chip_errors", "value_clamps")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """`for_s` None runs until it is stopped; `speed` None runs as fast as the machine goes."""

    pod_file: Path
    for_s: float | None = None
    speed: float | None = 1.0
    load_file: Path | None = None
    load_speed: float = 1.0
    seed: int = 0
    gateway: bool = True


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """A regulated value over the run, beside its set-point. Physical truth, sampled each virtual second."""

    set_point: float
    minimum: float | None
    mean: float | None
    maximum: float | None
    worst_deviation: float | None


class Modbus(msgspec.Struct, kw_only=True):
    """What the host counted, over all its starts."""

    requests: int = 0
    answers: int = 0
    exceptions: int = 0
    timeouts: int = 0
    malformed: int = 0
    late: int = 0
    reconnects: int = 0
    rtt_p50_ms: float | None = None
    rtt_p99_ms: float | None = None

    @property
    def errors(self) -> int:
        return self.exceptions + self.timeouts + self.malformed + self.late


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One document for the whole run; `-o json` prints it."""

    pod: str
    interrupted: bool
    virtual_s: float
    wall_s: float
    speed: float
    """Virtual seconds a wall second, as achieved."""
    seed: int
    energy_kWh: dict[str, float]
    energy_error: float
    """Part of the energy that the plant's balance does not explain."""
    supply_temperature_degC: Against
    return_temperature_degC: Range
    case_temperature_degC: Range
    differential_pressure_kPa: Against
    it_power_kW: Range
    modbus: Modbus
    modbus_errors: int
    overruns: dict[str, int | None]
    """Regulation steps and hard ticks missed by controllers, and scans missed by the host."""
    chip_errors: int | None
    controller_restarts: dict[str, int]
    host_restarts: int
    scans: int
    alarms_at_end: tuple[str, ...]
    log_hash: str


class Demo:
    """`show(document, speed)` gets each scan of the host, `silent(seconds)` is called while there is none, `say(text)` gets
    what happens outside of it, `ready(world)` is called once everything runs. `run()` returns the summary, also after an
    interrupt."""

    def __init__(
        self,
        options: Options,
        config: PodConfig,
        *,
        show: Callable[[PodDocument, float], None],
        say: Callable[[str], None],
        silent: Callable[[float], None],
        ready: Callable[[World], None] | None = None,
    ) -> None:
        self.options = options
        self.config = config
        self.interrupted = False
        self._show = show
        self._say = say
        self._silent = silent
        self._shown_us = 0
        self._silence_due_us = 0
        self._ready = ready
        self._done = Modbus()
        self._last: PodDocument | None = None
        self._scans = 0
        self._scan_overruns = 0

    def run(self) -> Summary:
        """Raises MalleeError for a bad load file, a pod that cannot be settled, or a port that is taken."""
        options = self.options
        load: Load = Constant()
        if options.load_file is not None:
            load = read_csv(options.load_file, speed=options.load_speed)
        paced = False if options.speed is None else options.speed
        with (
            _Interrupt(self._interrupt),
            World.from_pod(
                self.config, seed=options.seed, load=load, paced=paced, gateway=options.gateway and paced is not False
            ) as world,
        ):
            world.controllers.on_death.append(self._controller_died)
            world.on_grid.append(self._listen)
            world.start()
            host = HostProcess(
                world,
                run_command(options.pod_file),
                on_document=self._document,
                on_end=self._host_ended,
                # A simulated pod must not take over, or leave behind, what people did with the alarms of a real one.
                environment={
                    **os.environ,
                    "XDG_STATE_HOME": private_folders(world.directory)["XDG_STATE_HOME"],
                    "MALLEE_LINES_DIR": str(lines_dir()),
                },
            )
            self._world = world
            if self._ready is not None:
                self._ready(world)
            until_us = _LONG_US if options.for_s is None else world.now_us + round(options.for_s * 1e6)
            with self._pointer(world.directory if paced is not False else None):
                world.run(until_us, lambda: self.interrupted)
            times = (world.now_s, world.wall_s, world.speed_achieved)  # before the health of the controllers is read
            host.close()
            self._account()
            return self._summary(world, host, times)

    @contextmanager
    def _pointer(self, directory: Path | None) -> Iterator[None]:
        """Commands of other terminals find the host of a demo that is paced: they are about it while it runs."""
        if directory is None:
            yield
            return
        own = pod_state_dir(self.config.pod.name, self.config.pod.host_id)
        try:
            point_to_demo(self.config, Path(private_folders(directory)["XDG_STATE_HOME"]) / own.parent.name / own.name)
        except OSError as error:
            self._say(
                f"`mallee alarms`, `why` and `log` will not find this demo: {error.strerror or error} ({error.filename})"
            )
        try:
            yield
        finally:
            point_to_demo(self.config, None)

    def _interrupt(self) -> None:
        self.interrupted = True

    def _controller_died(self, name: str, reason: str) -> None:
        again_s = self._world.controllers.restart_us / 1e6
        self._say(f"{name} died: {reason}; its outputs hold, its watchdog starts it again in {again_s:g} s")

    def _host_ended(self, status: int, errors: str) -> None:
        self._account()
        self._say(
            f"the host ended with {_status(status)}; the controllers go on by themselves; it is started again in 5 s"
        )
        for line in errors.strip().splitlines()[-3:]:
            self._say(f"  host: {line}")

    def _document(self, plain: object) -> None:
        try:
            document = msgspec.convert(plain, PodDocument)
        except msgspec.ValidationError as error:
            self._say(f"the host said something that is no pod document: {error}")
            return
        self._last = document
        self._scans += 1
        self._shown_us = self._silence_due_us = self._world.now_us
        self._show(document, self._world.speed_achieved)

    def _listen(self, now_us: int) -> None:
        """A table that nobody feeds must not look alive."""
        scan_us = round(self.config.control.scan_s * 1e6)
        if self._scans and now_us - self._shown_us > _SILENT_SCANS * scan_us and now_us >= self._silence_due_us:
            if self._silence_due_us == self._shown_us:
                self._say("the host says nothing; the controllers go on by themselves")
            self._silence_due_us = now_us + scan_us
            self._silent((now_us - self._shown_us) / 1e6)

    def _account(self) -> None:
        """Add up the counters of a host that has ended: its successor begins at 0."""
        if self._last is None:
            return
        bus: BusSummary = self._last.bus
        for name in ("requests", "answers", "exceptions", "timeouts", "malformed", "late", "reconnects"):
            setattr(self._done, name, getattr(self._done, name) + getattr(bus, name))
        self._done.rtt_p50_ms, self._done.rtt_p99_ms = bus.rtt_p50_ms, bus.rtt_p99_ms
        self._scan_overruns += self._last.scan_overruns
        self._alarms = tuple(f"{alarm.device}: {alarm.name}" for alarm in self._last.alarms)
        self._last = None

    _alarms: tuple[str, ...] = ()

    def _summary(self, world: World, host: HostProcess, times: tuple[float, float, float]) -> Summary:
        virtual_s, wall_s, speed = times
        health = loop.run_in_world(world, _health(self.config))
        assert world.report is not None
        report = world.report()
        control = self.config.control
        return Summary(
            pod=self.config.pod.name,
            interrupted=self.interrupted,
            virtual_s=virtual_s,
            wall_s=wall_s,
            speed=speed,
            seed=self.options.seed,
            energy_kWh={
                "it": report.it_kWh,
                "heat_to_facility": report.heat_to_facility_kWh,
                "pumps": report.pump_kWh,
            },
            energy_error=report.energy_error,
            supply_temperature_degC=_against(control.supply_temperature_degC, report.supply_temperature_degC),
            return_temperature_degC=report.return_temperature_degC,
            case_temperature_degC=report.case_temperature_degC,
            differential_pressure_kPa=_against(control.differential_pressure_kPa, report.differential_pressure_kPa),
            it_power_kW=report.it_power_kW,
            modbus=self._done,
            modbus_errors=self._done.errors,
            overruns={
                "regulation": _total(health, "loop_overruns"),
                "tick": _total(health, "tick_overruns"),
                "scan": self._scan_overruns,
            },
            chip_errors=_total(health, "chip_errors"),
            controller_restarts={name: count for name, count in report.restarts.items() if count},
            host_restarts=host.restarts,
            scans=self._scans,
            alarms_at_end=self._alarms,
            log_hash=report.log_hash,
        )


class _Interrupt:
    """SIGINT and SIGTERM ask for the end instead of breaking off; a second one breaks off."""

    def __init__(self, ask: Callable[[], None]) -> None:
        self._ask = ask
        self._before: dict[int, object] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._ask()
        signal.signal(number, signal.default_int_handler)


async def _health(config: PodConfig) -> dict[str, dict[str, int | None]]:
    """The health counters of every controller, read over Modbus as anybody would; None from one that does not answer."""
    links = {address: open_link(address) for address in {c.address: None for c in config.controllers}}

    async def one(name: str, link: Link, unit: int) -> tuple[str, dict[str, int | None]]:
        try:
            device = await Device.connect(link, unit, name=name)
            snapshot = await device.read_many(_HEALTH)
            return name, {point: _integer(snapshot[point].value) for point in _HEALTH}
        except MalleeError:
            return name, dict.fromkeys(_HEALTH)

    try:
        return dict(await asyncio.gather(*(one(c.name, links[c.address], c.unit) for c in config.controllers)))
    finally:
        for link in links.values():
            await link.close()


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _total(health: dict[str, dict[str, int | None]], point: str) -> int | None:
    """Sum over all controllers; None when one of them could not say."""
    values = [counters[point] for counters in health.values()]
    return None if None in values else sum(value for value in values if value is not None)


def _against(set_point: float, found: Range) -> Against:
    ends = [abs(value - set_point) for value in (found.minimum, found.maximum) if value is not None]
    return Against(
        set_point=set_point,
        minimum=found.minimum,
        mean=found.mean,
        maximum=found.maximum,
        worst_deviation=max(ends) if ends else None,
    )


def _status(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit status {code}"
