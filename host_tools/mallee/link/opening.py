"""From an address to a link."""

from __future__ import annotations

from .address import TcpAddress, parse_address
from .base import Link
from .rtu import SerialLink
from .tcp import TcpLink


def open_link(address: str, *, timeout_s: float = 1.0) -> Link:
    """A link for an address; it connects, or opens its port, when the first request needs it. Raises MalleeError for a wrong
    address."""
    parsed = parse_address(address)
    if isinstance(parsed, TcpAddress):
        return TcpLink(parsed.host, parsed.port, timeout_s=timeout_s)
    return SerialLink(parsed, timeout_s=timeout_s)
