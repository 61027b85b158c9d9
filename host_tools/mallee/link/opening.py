"""From an address to a link."""

from __future__ import annotations

from pymodbus.pdu import ModbusPDU

from ..errors import ExitCode, MalleeError
from .address import SerialAddress, TcpAddress, parse_address
from .base import Link, Priority
from .statistics import LinkStatistics
from .tcp import TcpLink


class UnopenedSerialLink:
    """A serial port of a pod file that is valid, but that this release cannot open yet: every request says
    so."""

    def __init__(self, address: SerialAddress) -> None:
        self.address = str(address)
        self.statistics = LinkStatistics()
        self.generation = 0

    async def request(
        self, unit: int, pdu: ModbusPDU, *, priority: Priority = Priority.POLL, timeout_s: float | None = None
    ) -> ModbusPDU:
        raise MalleeError(
            f"{self.address}: serial ports are not supported yet",
            "this release speaks Modbus TCP only",
            "use a Modbus TCP gateway in front of the bus, or a tcp:// address",
            ExitCode.USAGE,
        )

    def allow_in_flight(self, unit: int, requests: int) -> None:
        return

    async def close(self) -> None:
        return


def open_link(address: str, *, timeout_s: float = 1.0) -> Link:
    """A link for an address; it connects when the first request needs it. Raises MalleeError for a wrong
    address."""
    parsed = parse_address(address)
    if isinstance(parsed, TcpAddress):
        return TcpLink(parsed.host, parsed.port, timeout_s=timeout_s)
    return UnopenedSerialLink(parsed)
