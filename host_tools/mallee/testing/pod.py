"""A pod in memory: every device of a pod file as a mock, and whatever opens their addresses meanwhile has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from .. import resources
from ..device.dictionary import Dictionary
from ..errors import MalleeError
from ..link.address import parse_address
from ..link.base import Link
from ..pod.config import Controller, MappedDevice, PodConfig, Skid
from ..pod.loader import load_pod
from ..pod.maps.load import load_map
from ..suggest import did_you_mean
from .answering import MockLink
from .mock import MockDevice
from .standing import StandIn


class MockPod(StandIn, Mapping[str, MockDevice]):
    """`with MockPod("pod.toml") as pod: pod["skid-1"].set(flow=800.0)`.

    `pod` is a pod file, the name of one that comes with mallee, or a configuration. `dictionaries` has those of devices that
    are not as this release knows them, by name. No address leads to the network within the block. Raises MalleeError for a file
    that is wrong.
    """

    def __init__(
        self, pod: str | Path | PodConfig = "default", *, dictionaries: Mapping[str, Dictionary] | None = None
    ) -> None:
        super().__init__()
        self.config = pod if isinstance(pod, PodConfig) else load_pod(resources.pods().get(str(pod), Path(pod)))
        given = dictionaries or {}
        self._devices = {
            member.name: MockDevice(given.get(member.name) or _dictionary(member), name=member.name, unit=member.unit)
            for member in self.config.members
        }
        self._lines: dict[str, dict[int, MockDevice]] = {}
        for member in self.config.members:
            line = self._lines.setdefault(str(parse_address(member.address)), {})
            line[member.unit] = self._devices[member.name]

    def __getitem__(self, name: str) -> MockDevice:
        if name not in self._devices:
            raise KeyError(
                f"there is no device {name!r} in {self.config.pod.name}: {did_you_mean(name, self._devices)}"
            )
        return self._devices[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._devices)

    def __len__(self) -> int:
        return len(self._devices)

    def open(self, address: str, timeout_s: float) -> Link:
        """A link to the devices of that address. Raises MalleeError where there are none."""
        devices = self._lines.get(address)
        if devices is None:
            raise MalleeError(
                f"the mock of {self.config.pod.name} has nothing at {address}",
                "the program opens another pod file than the mock was made from",
                "make the mock from the same file",
            )
        return MockLink(address, timeout_s, devices)


def _dictionary(member: Controller) -> Dictionary:
    if isinstance(member, MappedDevice):
        return load_map(Path(member.map))
    return resources.dictionary("pump" if isinstance(member, Skid) else "pdu")
