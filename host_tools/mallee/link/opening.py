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
_TCP_CEILING_S, _LINE_CEILING_S = 5.0, 60.0
"""Of probing a silent unit: on a line that costs the others time."""

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
    address: str,
    *,
    timeout_s: float = 1.0,
    units: int = 1,
    manners: Manners | None = None,
    probe_ceiling_s: float | None = None,
    own: bool = False,
    real: bool = False,
) -> Link:
    """A link for an address; it connects, or opens its port, when the first request needs it. On a serial line that `units`
    share each has its part of the time, so that a silent one leaves the others their turn. With `manners` nothing is sent on a
    serial line where another master talks. A silent unit is asked again after `probe_ceiling_s` at the latest; None: as each
    kind of link has it. A port that a running host has is used through that host (sharing.py), unless it has to be one's `own`.
    A `real` one is none of `links_from`. Raises MalleeError for a wrong address."""
    parsed = parse_address(address)
    if _instead and not real:
        return _instead[-1](str(parsed), timeout_s)
    if isinstance(parsed, TcpAddress):
        ceiling_s = _TCP_CEILING_S if probe_ceiling_s is None else probe_ceiling_s
        return TcpLink(parsed.host, parsed.port, timeout_s=timeout_s, probe_ceiling_s=ceiling_s)
    if not own and shared_now(parsed):
        return SharedLine(parsed, timeout_s=timeout_s)
    answer_s = max(_ANSWER_S, timeout_s / units)
    ceiling_s = _LINE_CEILING_S if probe_ceiling_s is None else probe_ceiling_s
    return SerialLink(parsed, timeout_s=timeout_s, answer_s=answer_s, manners=manners, probe_ceiling_s=ceiling_s)
