"""Devices of a pod by name, or any device by its address, for one command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from ..device.device import Device
from ..device.dictionary import Dictionary
from ..errors import MalleeError, NotFound
from ..link.address import parse_address
from ..link.base import Link
from ..link.opening import open_link
from ..suggest import did_you_mean
from .config import Controller, MappedDevice, PodConfig
from .maps.fitting import fitting_map
from .maps.load import load_map


def find_controller(config: PodConfig, name: str) -> Controller:
    """The device of that name, or of an address `tcp://HOST:PORT#UNIT`, or `…#UNIT:MAP` with the path of a map file for one that
    is not ours. Raises MalleeError with the nearest name."""
    for controller in config.members:
        if controller.name == name:
            return controller
    if "://" in name:
        address, _, place = name.partition("#")
        unit, _, map_file = place.partition(":")
        parse_address(address)
        if unit and not (unit.isdigit() and int(unit) <= 255):
            raise MalleeError(f"{name!r}: {unit!r} is no unit", "a typing error", "write #0 to #255 behind the address")
        if map_file:
            return MappedDevice(name, address, int(unit or 1), map=map_file)
        return Controller(name, address, int(unit or 1))
    names = [controller.name for controller in config.members]
    raise NotFound(
        f"there is no device {name!r} in {config.pod.name}",
        "a typing error, or another pod file is in use (see `mallee config show`)",
        did_you_mean(name, names, most=3),
    )


async def connect(link: Link, controller: Controller) -> Device:
    """The device of a pod file's entry: a mallee controller says what it is, of another its map file does. Raises
    MalleeError."""
    if isinstance(controller, MappedDevice):
        return await Device.mapped(link, controller.unit, fitting_map(controller), name=controller.name)
    return await Device.connect(link, controller.unit, name=controller.name)


class Fleet:
    """Opens each link once and closes them all: `async with Fleet(config) as fleet`. Links that are `lent`, by their address, are
    somebody else's in this process, who has that serial port open: they are used and left open."""

    def __init__(self, config: PodConfig, *, timeout_s: float = 1.0, lent: Mapping[str, Link] | None = None) -> None:
        self.config = config
        self._timeout_s = timeout_s
        self._lent = lent or {}
        self._links: dict[str, Link] = {}

    async def __aenter__(self) -> Fleet:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every link, for good. Safe to call twice."""
        for link in self._links.values():
            await link.close()

    def link(self, name: str) -> Link:
        """The link of a controller by name or address; nothing is sent yet. Raises MalleeError."""
        controller = find_controller(self.config, name)
        same = str(parse_address(controller.address))  # defaults may be written out, or not
        if same in self._lent:
            return self._lent[same]
        if same not in self._links:
            self._links[same] = open_link(controller.address, timeout_s=self._timeout_s)
        return self._links[same]

    async def device(self, name: str) -> Device:
        """Connect to a controller by name or address. Raises MalleeError."""
        return await connect(self.link(name), find_controller(self.config, name))

    async def dictionary(self, name: str) -> Dictionary:
        """What a device's points are; a device with a map file need not answer for that. Raises MalleeError."""
        controller = find_controller(self.config, name)
        if isinstance(controller, MappedDevice):
            return load_map(Path(controller.map))
        return (await self.device(name)).dictionary
