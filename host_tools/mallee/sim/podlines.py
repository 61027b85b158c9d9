"""The serial lines of a simulated pod: one for each port that its file names, with the controllers that share it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..link.address import SerialAddress, parse_address
from ..pod.config import PodConfig
from .line.model import Line
from .ptygateway import PtyGateway
from .serialbus import SerialBus

if TYPE_CHECKING:
    from .world import World


def ports(config: PodConfig) -> dict[str, SerialAddress]:
    """Each serial port as the pod file names it, in the order of the file; the checks of the pod file see to it that all
    controllers on a port have one baud rate and framing."""
    addresses = [parse_address(controller.address) for controller in config.controllers]
    return {address.device: address for address in addresses if isinstance(address, SerialAddress)}


def on_lines(config: PodConfig) -> dict[str, str]:
    """The port of each controller that is on a serial line."""
    named = [(controller.name, parse_address(controller.address)) for controller in config.controllers]
    return {name: address.device for name, address in named if isinstance(address, SerialAddress)}


def join(world: World, config: PodConfig) -> None:
    """Make the lines and put the controllers that are there on them."""
    for port, address in ports(config).items():
        line = Line(1, baud=address.baud, framing=address.framing, seed=f"{world.seed}/{port}")
        SerialBus(port, line, world.network, world.queue, lambda: world.now_us)
    for name, port in on_lines(config).items():
        if name in world.controllers.by_name:
            world.network.lines[port].attach(world.controller(name).server)


def open_ptys(world: World) -> dict[str, str]:
    """A PTY for each line, by its port: one more master's place on it."""
    return {port: PtyGateway(world, bus).name for port, bus in world.network.lines.items()}
