"""Whether a device stands where its map says that it can: its unit, and how its line speaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...device.dictionary import Abilities, Dictionary
from ...errors import MalleeError
from ...link.address import SerialAddress, parse_address
from ..config import MappedDevice, PodConfig
from ..problem import Problem
from .load import load_map


def check_maps(config: PodConfig) -> Problem | None:
    """The first device that does not fit its map, None when all do. Raises MalleeError for a bad map file, named with the device
    that asks for it."""
    for index, device in enumerate(config.devices):
        for problem in _misfits(device, _loaded(device), ("device", index)):
            return problem
    return None


def fitting_map(device: MappedDevice) -> Dictionary:
    """The dictionary of a device. Raises MalleeError where the file is bad, or the device cannot stand there."""
    dictionary = load_map(Path(device.map))
    for problem in _misfits(device, dictionary, ()):
        raise MalleeError(problem.what, problem.likely, problem.next)
    return dictionary


def _loaded(device: MappedDevice) -> Dictionary:
    try:
        return load_map(Path(device.map))
    except MalleeError as error:
        raise MalleeError(f"{error.what} (map of {device.name})", error.likely, error.next, error.code) from error


def _misfits(device: MappedDevice, dictionary: Dictionary, path: tuple[str | int, ...]) -> Iterator[Problem]:
    abilities = dictionary.foreign or Abilities()
    address = parse_address(device.address)
    if abilities.units and not any(first <= device.unit <= last for first, last in abilities.units):
        ranges = ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in abilities.units)
        yield Problem(
            (*path, "unit"),
            f"{device.name} has unit {device.unit}; a {dictionary.profile} has one of {ranges}",
            "the unit was forgotten, or the map is of another kind of device",
            "write the unit that the device has; if it really is this one, correct the ranges in the map file",
        )
    if not isinstance(address, SerialAddress):
        return
    if abilities.bauds and address.baud not in abilities.bauds:
        bauds = " or ".join(str(baud) for baud in abilities.bauds)
        yield Problem(
            (*path, "address"),
            f"{device.name} is on a line of {address.baud} Bd; a {dictionary.profile} speaks {bauds}",
            "the address lacks `baud`, or the map is of another kind of device",
            f"write baud={abilities.bauds[0]} in the address of every device on this line",
        )
    if abilities.framings and address.framing not in abilities.framings:
        framings = " or ".join(abilities.framings)
        yield Problem(
            (*path, "address"),
            f"{device.name} is on a line with framing {address.framing}; a {dictionary.profile} speaks {framings}",
            "the address lacks `framing`, or the map is of another kind of device",
            f"write framing={abilities.framings[0]} in the address of every device on this line",
        )
