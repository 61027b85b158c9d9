"""The world of a pod file: its plant, a controller with real firmware for each skid and PDU, and the wiring between them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from ..deploy.board import equipment
from ..deploy.board import load as load_board
from ..deploy.wiring import outputs as declared_outputs
from ..errors import ExitCode, MalleeError
from ..link.address import TcpAddress, parse_address
from ..pod.config import Controller as ControllerEntry
from ..pod.config import PodConfig
from ..resources import boards_dir, firmware_dir
from . import flash, memory, pduwiring, podlines, runtime, serialboard, skidwiring
from .board import Program, hal_path
from .loads import Constant, Load
from .network import numeric
from .pduwiring import PduWiring
from .plant.fluid import fluid
from .plant.plant import Plant
from .plant.settle import CannotSettle, settle
from .racklimits import RackLimits
from .report import Range, Report
from .skidwiring import SkidWiring
from .world import GRID_US, World

BOARD = "virtual"
_SAMPLE_US = 1_000_000


class PodEquipment:
    """The plant behind all controllers of a pod. `skids` and `pdus` are the wirings, by controller."""

    def __init__(self, config: PodConfig, load: Load, seed: int = 0, noise_percent: float = 0.0) -> None:
        self.plant = Plant(config)
        self.load = load
        self._rated_W = [rack.power_kW * 1000.0 for rack in config.racks]
        self._racks = len(config.racks)
        self.rack_limits = RackLimits(config.racks, self.plant.electrical)
        transmitters = equipment("pump")
        self.skids = {s.name: SkidWiring(self.plant, s.name, transmitters, seed, noise_percent) for s in config.skids}
        if len(self.skids) == 2:
            one, other = self.skids.values()
            one.peer, other.peer = other, one
        self.pdus = {p.name: PduWiring(self.plant, p.name) for p in config.pdus}
        self._wirings: dict[str, SkidWiring | PduWiring] = {**self.skids, **self.pdus}

    def demand_W(self, time_s: float) -> list[float]:
        fractions = self.load.fractions(time_s, self._racks)
        return [rated * fraction for rated, fraction in zip(self._rated_W, fractions, strict=True)]

    def step(self, now_us: int, dt_us: int) -> None:
        wanted_W = self.demand_W(now_us / 1e6)
        self.plant.step(dt_us / 1e6, self.rack_limits.limited(wanted_W, dt_us / 1e6))
        for wiring in self.skids.values():
            wiring.drift(dt_us / 1e6)

    def wiring(self, name: str) -> SkidWiring | PduWiring:
        """Of that controller."""
        return self._wirings[name]

    def inputs(self, name: str) -> bytes:
        return self._wirings[name].inputs()

    def outputs(self, name: str, values: tuple[int, ...]) -> None:
        self._wirings[name].outputs(values)


class _Recorder:
    """Samples the plant once a virtual second for the report."""

    def __init__(self, world: World, equipment: PodEquipment) -> None:
        self._world = world
        self._equipment = equipment
        self._next_us = 0
        self.host_restarts = 0
        self._supply, self._return, self._case, self._pressure, self._power = (Range() for _ in range(5))

    def sample(self, now_us: int) -> None:
        if now_us < self._next_us:
            return
        self._next_us = now_us + _SAMPLE_US
        plant = self._equipment.plant
        self._supply.add(plant.supply_degC)
        self._return.add(plant.return_degC)
        self._case.add(max((rack.case_degC for rack in plant.racks), default=plant.return_degC))
        self._pressure.add(plant.differential_pressure_kPa)
        self._power.add(sum(plant.electrical.supplied_W) / 1000.0)

    def report(self) -> Report:
        world, plant = self._world, self._equipment.plant
        balance = plant.balance
        return Report(
            virtual_s=world.now_s,
            wall_s=world.wall_s,
            speed=world.speed_achieved,
            slipped_s=world.pace.slipped_s if world.pace else 0.0,
            it_kWh=balance.it_J / 3.6e6,
            heat_to_facility_kWh=balance.facility_J / 3.6e6,
            pump_kWh=balance.pump_J / 3.6e6,
            energy_error=plant.energy_error(),
            supply_temperature_degC=self._supply,
            return_temperature_degC=self._return,
            case_temperature_degC=self._case,
            differential_pressure_kPa=self._pressure,
            it_power_kW=self._power,
            restarts={name: c.restarts for name, c in world.controllers.by_name.items()},
            host_restarts=world.host_restarts,
            refused_connections=world.network.refused,
            events=world.log.count,
            log_hash=world.log_hash,
        )


def build(
    kind: type[World],
    config: PodConfig,
    *,
    seed: int,
    load: Load | None,
    paced: bool | float,
    gateway: bool,
    noise: float,
    start_utc: datetime | None,
    memory_of: str = BOARD,
    only: Collection[str] | None = None,
    grid_us: int = GRID_US,
) -> World:
    """See World.from_pod. Raises MalleeError when the plant cannot hold the pod's set-points, or a port is taken."""
    runtime.micropython()  # before anything else: without it there is nothing to simulate on
    _coolant(config)
    plant = PodEquipment(config, load or Constant(), seed, noise)
    control = config.control
    try:
        settle(
            plant.plant,
            plant.demand_W(0.0),
            control.supply_temperature_degC,
            control.differential_pressure_kPa,
        )
    except CannotSettle as error:
        raise MalleeError(
            f"there is no steady state to start from: {error}",
            "the set-points in [control] or the parameters in [plant] do not fit the racks' power",
            "lower the load, the facility temperature or the differential pressure, or raise the supply temperature",
            ExitCode.USAGE,
        ) from error
    speed = None if paced is False else 1.0 if paced is True else float(paced)
    world = kind(plant, seed=seed, speed=speed, start_utc=start_utc, grid_us=grid_us)
    try:
        _controllers(world, config, seed, memory_of, only)
        plant.rack_limits.join(world.network)
        if gateway:
            from .gateway import Gateway

            world.at_close(Gateway(world).close)
            world.ptys = podlines.open_ptys(world)
    except BaseException:
        world.close()
        raise
    recorder = _Recorder(world, plant)
    world.on_grid.append(recorder.sample)
    world.report = recorder.report
    return world


def _coolant(config: PodConfig) -> None:
    mixture = config.plant.coolant.mixture
    try:
        fluid(mixture)
    except ValueError as error:
        raise MalleeError(
            f"plant.coolant.mixture: there is no coolant {mixture!r}",
            "a typing error, or a name that CoolProp has otherwise",
            "take one of CoolProp's incompressible mixtures, such as INCOMP::MPG-25%",
            ExitCode.USAGE,
        ) from error


def _controllers(world: World, config: PodConfig, seed: int, memory_of: str, only: Collection[str] | None) -> None:
    path: tuple[Path, ...] = (boards_dir() / BOARD, firmware_dir())
    heap_bytes = memory.heap_bytes(memory_of)
    simulator = hal_path()
    if memory_of != memory.OWN:
        both = memory.compiled((*simulator, *path))
        simulator, path = both[: len(simulator)], both[len(simulator) :]
    sizes = {
        "pump": (skidwiring.inputs(equipment("pump")), skidwiring.OUTPUTS),
        "pdu": (pduwiring.INPUTS, pduwiring.OUTPUTS),
    }
    entries: list[tuple[str, ControllerEntry]] = [
        *(("pump", s) for s in config.skids),
        *(("pdu", p) for p in config.pdus),
    ]
    board = load_board(BOARD)
    for profile, entry in entries:
        if only is not None and entry.name not in only:
            continue
        inputs, outputs = sizes[profile]
        script = simulator[0] / "start.py"
        driven = declared_outputs(profile.upper(), board.data[profile.upper()])
        program = Program(script, path, heap_bytes, inputs, outputs, simulator, driven)
        directory = world.directory / entry.name
        address = parse_address(entry.address)
        if isinstance(address, TcpAddress):
            host, port = numeric(address.host), address.port
            flash.install(
                directory, name=entry.name, profile=profile, unit=entry.unit, port=port, seed=seed, allow_unsigned=True
            )
            world.controllers.add(entry.name, program, directory, host, port)
        else:
            flash.install(
                directory,
                name=entry.name,
                profile=profile,
                unit=entry.unit,
                baud=address.baud,
                framing=address.framing,
                seed=seed,
                allow_unsigned=True,  # a pod to play with
            )
            on_line = program._replace(
                path=(serialboard.write(world.directory / "_serial_board"), *path),
                driven=driven + declared_outputs("PUMP", {}, serialboard.line()),
            )
            world.controllers.add(entry.name, on_line, directory, address.device, None)
    podlines.join(world, config)
