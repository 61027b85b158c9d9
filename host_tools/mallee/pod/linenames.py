"""Serial lines as people name them, and what a pod file knows of each."""

from __future__ import annotations

from pathlib import Path

from .. import resources
from ..device.dictionary import Dictionary
from ..errors import MalleeError
from ..link.address import SerialAddress, SerialPort, as_port, names_settings, parse_address
from .config import Controller, PodConfig
from .fleet import find_controller
from .maps.load import load_map


def is_address(text: str) -> bool:
    """It says itself where the line is; else it is the name of a controller on it."""
    return "://" in as_port(text)


def find_line(text: str, config: PodConfig | None) -> SerialAddress | SerialPort:
    """The line of a port, an address, or a controller of the pod. One whose address does not say how it speaks is spoken to as
    the pod file says, and where that knows nothing of it, is a SerialPort. Raises MalleeError, also for what is no line."""
    named = as_port(text)
    if config is not None and not is_address(text):
        named = find_controller(config, text).address
    address = parse_address(named.partition("#")[0])
    if not isinstance(address, SerialAddress):
        raise MalleeError(
            f"{text} is no serial line, but {address}",
            "a TCP connection is between two, and a third hears nothing of it",
            "`mallee trace` shows what this computer asks there; a serial server is serial://socket://HOST:PORT",
        )
    if names_settings(named):
        return address
    for known in units_on_lines(config) if config is not None else ():
        if known.device == address.device:
            return known
    return SerialPort(address.device)


def dictionaries_on_line(config: PodConfig, device: str) -> dict[int, Dictionary]:
    """What the units are that the pod file has on that serial port: controllers as this release knows them, other makes by their
    map files. Raises MalleeError for a bad map file."""
    known = [("pump", skid) for skid in config.skids] + [("pdu", pdu) for pdu in config.pdus]
    found = {one.unit: resources.dictionary(profile) for profile, one in known if _on(device, one)}
    return found | {one.unit: load_map(Path(one.map)) for one in config.devices if _on(device, one)}


def _on(device: str, controller: Controller) -> bool:
    address = parse_address(controller.address)
    return isinstance(address, SerialAddress) and address.device == device


def units_on_lines(config: PodConfig) -> dict[SerialAddress, tuple[int, ...]]:
    """The serial lines of the pod file, and the units on each."""
    found: dict[SerialAddress, tuple[int, ...]] = {}
    for member in config.members:
        address = parse_address(member.address)
        if isinstance(address, SerialAddress):
            found[address] = (*found.get(address, ()), member.unit)
    return found
