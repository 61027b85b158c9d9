"""Who answers, where there is no identity block: a device of another make is asked for one point that its map names."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ..errors import ExitCode, MalleeError
from ..link.failures import Refused
from .dictionary import Dictionary
from .spans import Span

if TYPE_CHECKING:
    from .device import Device


def probe_span(dictionary: Dictionary) -> Span:
    """The probe point alone. Raises ValueError for a dictionary of ours."""
    if dictionary.foreign is None:
        raise ValueError(f"a {dictionary.profile} tells its identity")
    point = dictionary.by_name[dictionary.foreign.probe]
    return Span(point.table, point.address, point.registers, (point,))


async def probe(device: Device) -> None:
    """Read the probe point, and compare it with what the map expects. Raises NoAnswer, LinkDown, and MalleeError for a device
    that is another one than the map describes."""
    abilities = device.dictionary.foreign
    assert abilities is not None
    where = f"{device.link.address} unit {device.unit}"
    try:
        reading = await device.read(abilities.probe)
    except Refused as error:
        raise MalleeError(
            f"{where} answers, but refuses {abilities.probe}, which every {device.dictionary.profile} has ({error.what})",
            "another device has this address, or the map is of another model",
            "compare the device's type with the map file; `mallee scan` shows what it says of itself",
            ExitCode.NO_ANSWER,
        ) from error
    if abilities.expect is not None and not fnmatchcase(str(reading.value), abilities.expect):
        raise MalleeError(
            f"{where} answers, but is no {device.dictionary.profile}: {abilities.probe} is {reading.value!r}, "
            f"not {abilities.expect!r}",
            "another device has this address, or the map is of another model",
            "correct the address in the pod file, or `expect` in the map file",
            ExitCode.NO_ANSWER,
        )
