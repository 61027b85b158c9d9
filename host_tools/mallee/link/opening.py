"""From an address to a link."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .address import TcpAddress, parse_address
from .base import Link
from .courtesy import Manners
from .rtu import SerialLink
from .sharing import SharedLine, shared_now
from .tcp import TcpLink

_ANSWER_S = 0.15
"""A controller on a serial line answers this soon: `reply_delay` is 0.1 s at most, an adapter holds bytes back for 16 ms."""


Opener = Callable[[str, float], Link]
"""(address, timeout_s) → a link."""
_instead: list[Opener] = []


@contextmanager
def links_from(opener: Opener) -> Iterator[None]:
    """Within the block every link is one of `opener`'s: for mocks, for a recording and for its replay."""
    _instead.append(opener)
    try:
        yield
    finally:
        _instead.remove(opener)


def open_link(
    address: str, *, timeout_s: float = 1.0, units: int = 1, manners: Manners | None = None, own: bool = False
) -> Link:
    """A link for an address; it connects, or opens its port, when the first request needs it. On a serial line that `units`
    share each has its part of the time, so that a silent one leaves the others their turn. With `manners` nothing is sent on a
    serial line where another master talks. A port that a running host has is used through that host (sharing.py), unless it has
    to be one's `own`. Raises MalleeError for a wrong address."""
    parsed = parse_address(address)
    if _instead:
        return _instead[-1](str(parsed), timeout_s)
    return real_link(address, timeout_s=timeout_s, units=units, manners=manners, own=own)


def real_link(
    address: str, *, timeout_s: float = 1.0, units: int = 1, manners: Manners | None = None, own: bool = False
) -> Link:
    """`open_link`, whatever stands in for it now."""
    parsed = parse_address(address)
    if isinstance(parsed, TcpAddress):
        return TcpLink(parsed.host, parsed.port, timeout_s=timeout_s)
    if not own and shared_now(parsed):
        return SharedLine(parsed, timeout_s=timeout_s)
    return SerialLink(parsed, timeout_s=timeout_s, answer_s=max(_ANSWER_S, timeout_s / units), manners=manners)
