"""Serial lines as people name them, and what a pod file knows of each."""

from __future__ import annotations

from ..errors import MalleeError
from ..link.address import SerialAddress, SerialPort, as_port, names_settings, parse_address
from .config import PodConfig
from .fleet import find_controller


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


def profiles_on_line(config: PodConfig, device: str) -> dict[int, str]:
    """Profiles of the controllers that the pod file has on that serial port, by unit."""
    known = [("pump", skid) for skid in config.skids] + [("pdu", pdu) for pdu in config.pdus]
    return {
        controller.unit: profile
        for profile, controller in known
        if isinstance(address := parse_address(controller.address), SerialAddress) and address.device == device
    }


def units_on_lines(config: PodConfig) -> dict[SerialAddress, tuple[int, ...]]:
    """The serial lines of the pod file, and the units on each."""
    found: dict[SerialAddress, tuple[int, ...]] = {}
    for controller in config.controllers:
        address = parse_address(controller.address)
        if isinstance(address, SerialAddress):
            found[address] = (*found.get(address, ()), controller.unit)
    return found
