"""Faults of controllers, of the network between, and of whoever is at its other end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta

from ...device.writing import plan_writes
from ...link.address import SerialAddress, parse_address
from ...link.pdus import encode
from ...resources import dictionary
from ..hostprocess import HostProcess
from ..networkfaults import NetworkFaults
from .stage import Milliseconds, Parameters, Probability, Stage, Undo
from .stranger import RtuStranger, Stranger

# Controllers.


def controller_kill(stage: Stage, target: str, p: Parameters) -> None:
    stage.world.kill(target)


def controller_hang(stage: Stage, target: str, p: Parameters) -> None:
    stage.world.controllers.hang(target)


def power_cycle(stage: Stage, target: str, p: Parameters) -> None:
    stage.world.power_cycle(target)


class RebootLoop(Parameters, frozen=True):
    every_s: Annotated[float, Meta(ge=0.1, le=600)] = 4.0


def reboot_loop(stage: Stage, target: str, p: RebootLoop) -> Undo:
    going = [True]

    def again() -> None:
        if going:
            if stage.world.controller(target).board.running:
                stage.world.kill(target)
            stage.world.queue.at(stage.world.now_us + round(p.every_s * 1e6), again)

    again()
    return going.clear


_FLASHED = {"build_info.py", "equipment.py", "dictionary.bin"}


def flash_lost(stage: Stage, target: str, p: Parameters) -> None:
    for path in sorted(stage.world.controller(target).flash.iterdir()):
        if path.is_file() and path.name not in _FLASHED:
            path.unlink()
    stage.world.power_cycle(target)


# Network.


class Noisy(Parameters, frozen=True):
    delay_ms: Milliseconds = 0.0
    jitter_ms: Milliseconds = 20.0
    split: Probability = 0.2
    reset: Probability = 0.005
    half_open: Probability = 0.002


class Delay(Parameters, frozen=True):
    delay_ms: Milliseconds = 50.0
    jitter_ms: Milliseconds = 0.0


def disturbed(faults: Callable[[Any], NetworkFaults]) -> Callable[[Stage, str, Any], Undo]:
    def begin(stage: Stage, target: str, p: Any) -> Undo:
        network = stage.world.network
        names = list(stage.world.controllers.by_name) if target == "all" else [target]
        servers = [stage.world.controller(name).server for name in names]
        for server in servers:
            network.disturb(server, faults(p), str(stage.seed))

        def undo() -> None:
            for server in servers:
                network.disturb(server, None)

        return undo

    return begin


def network_reset(stage: Stage, target: str, p: Parameters) -> None:
    for connection in list(stage.world.controller(target).server.connections.values()):
        connection.broken()


# Hosts and strangers.


def _host(stage: Stage) -> HostProcess:
    assert stage.host is not None, "the reading of scenarios refuses this"
    return stage.host


def host_kill(stage: Stage, target: str, p: Parameters) -> None:
    _host(stage).kill()


class HostPause(Parameters, frozen=True):
    pause_s: Annotated[float, Meta(gt=0, le=3600)] = 5.0


def host_pause(stage: Stage, target: str, p: HostPause) -> None:
    _host(stage).pause(stage.world.now_us + round(p.pause_s * 1e6))


class ClockJump(Parameters, frozen=True):
    by_s: Annotated[float, Meta(ge=-1e8, le=1e8)]


def host_clock_jump(stage: Stage, target: str, p: ClockJump) -> None:
    _host(stage).jump_clock(p.by_s)


class SecondHost(Parameters, frozen=True):
    host_id: Annotated[int, Meta(ge=1, le=65_534)] = 2


def second_host(stage: Stage, target: str, p: SecondHost) -> Undo:
    return stage.another_host(p.host_id).kill


class StrangerWrites(Parameters, frozen=True):
    point: str
    value: float | bool | str
    every_s: Annotated[float, Meta(ge=0.05, le=600)] = 0.5


def stranger(stage: Stage, target: str, p: StrangerWrites) -> Undo:
    entry = next(c for c in stage.config.controllers if c.name == target)
    profile = "pump" if target in stage.equipment.skids else "pdu"
    write = plan_writes(dictionary(profile), {p.point: p.value})[0]
    address = parse_address(entry.address)
    if isinstance(address, SerialAddress):
        return RtuStranger(stage.world, address.device, [(entry.unit, encode(write.pdu()))], p.every_s).leave
    server = stage.world.controller(target).server
    return Stranger(stage.world, server.address, entry.unit, write, p.every_s).leave
