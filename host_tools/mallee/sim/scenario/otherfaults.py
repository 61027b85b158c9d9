"""Faults of controllers, of the network between, and of whoever is at its other end."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Annotated, Any, Literal

from msgspec import Meta

from ...device.writing import plan_writes
from ...link.address import SerialAddress, parse_address
from ...link.pdus import encode
from ...resources import dictionary
from .. import exchange
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


FRAM_BIT = 17  # of chips that are absent, as sim/chips/absence.py has it
CONVERTER_BITS = 0b11  # maps.common.Chip: both of a skid, the one of a PDU
_FLASHED = {"build_info.py", "equipment.py", "dictionary.bin"}


def flash_lost(stage: Stage, target: str, p: Parameters) -> None:
    for path in sorted(stage.world.controller(target).flash.iterdir()):
        if path.is_file() and path.name not in _FLASHED:
            path.unlink()
    stage.world.power_cycle(target)


def chips_lost(bits: int) -> Callable[[Stage, str, Parameters], Undo]:
    def begin(stage: Stage, target: str, p: Parameters) -> Undo:
        wiring = stage.equipment.wiring(target)

        def put(absent: bool) -> None:
            wiring.lack(wiring.absent | bits if absent else wiring.absent & ~bits)

        undo = stage.standing.hold((target, "chips", bits), put, True, False)
        stage.world.power_cycle(target)
        return undo

    return begin


fram_lost, converters_lost = chips_lost(1 << FRAM_BIT), chips_lost(CONVERTER_BITS)


class BrownOut(Parameters, frozen=True):
    dips: Annotated[int, Meta(ge=1, le=100)] = 3
    every_s: Annotated[float, Meta(ge=0.05, le=600)] = 0.8
    low_s: Annotated[float, Meta(ge=0.001, le=600)] = 0.2


def brown_out(stage: Stage, target: str, p: BrownOut) -> None:
    low_us, world = round(p.low_s * 1e6), stage.world

    def dip() -> None:
        world.controllers.power_cycle(target, low_us)

    dip()
    for number in range(1, p.dips):
        world.queue.at(world.now_us + round(number * p.every_s * 1e6), dip)


class ClockSlow(Parameters, frozen=True):
    by_ppm: Annotated[int, Meta(ge=1, le=500_000)] = 100


def clock_slow(stage: Stage, target: str, p: ClockSlow) -> Undo:
    controllers = stage.world.controllers
    return stage.standing.hold((target, "clock"), lambda ppm: controllers.run_slow(target, ppm), p.by_ppm, 0)


class TornWrite(Parameters, frozen=True):
    memory: Literal["fram", "flash"] = "fram"
    within_bytes: Annotated[int, Meta(ge=1, le=60_000)] = 200


def torn_write(stage: Stage, target: str, p: TornWrite) -> None:
    after_bytes = Random(f"{stage.seed}/{target}/{stage.world.now_us}").randrange(p.within_bytes)
    memory = exchange.FRAM if p.memory == "fram" else exchange.FLASH
    stage.world.controllers.tear(target, memory, after_bytes)


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


def _on_the_way(stage: Stage, name: str, faults: NetworkFaults) -> Undo:
    server = stage.world.controller(name).server

    def put(faults: NetworkFaults | None) -> None:
        stage.world.network.disturb(server, faults, str(stage.seed))

    return stage.standing.hold((name, "network"), put, faults, None)


def disturbed(faults: Callable[[Any], NetworkFaults]) -> Callable[[Stage, str, Any], Undo]:
    def begin(stage: Stage, target: str, p: Any) -> Undo:
        names = list(stage.world.controllers.by_name) if target == "all" else [target]
        undone = [_on_the_way(stage, name, faults(p)) for name in names]

        def undo() -> None:
            for each in undone:
                each()

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
    found = Stranger(stage.world, stage.world.controller(target).server.address, entry.unit, write, p.every_s)
    stage.strangers.append(found)
    return found.leave
