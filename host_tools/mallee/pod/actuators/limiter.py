"""The protocol of whatever limits the power of one rack."""

from __future__ import annotations

from typing import Protocol

import msgspec

from ...errors import ExitCode, MalleeError
from ...suggest import did_you_mean


class LimitRead(msgspec.Struct, frozen=True):
    """`limit_W` None: no limit is in force. `least_W`: what may be set at the least, None where it is not said."""

    limit_W: float | None
    least_W: float | None = None


class PowerLimiter(Protocol):
    """Both raise MalleeError when the other side does not answer (NO_ANSWER) or refuses (REFUSED)."""

    async def read(self) -> LimitRead:
        """What is in force there."""
        ...

    async def set(self, limit_W: float | None) -> None:
        """Put a limit in force, None: none. What was set holds until the next one, also when the pod's host dies."""
        ...

    async def close(self) -> None: ...


def check_address(address: str) -> None:
    """Raises MalleeError for what no limiter can have."""
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    if parts.scheme not in SCHEMES:
        raise MalleeError(
            f"{address!r} is no address of a power limit",
            f"it begins with {parts.scheme or 'nothing'}://",
            did_you_mean(f"{parts.scheme}://", [f"{scheme}://" for scheme in SCHEMES]),
            ExitCode.USAGE,
        )
    if not parts.hostname or not parts.path.strip("/"):
        raise MalleeError(
            f"{address!r} names no {'host' if not parts.hostname else 'chassis'}",
            "a part of the address is missing",
            "write redfish+https://HOST/redfish/v1/Chassis/NAME",
            ExitCode.USAGE,
        )


SCHEMES = ("redfish+https", "redfish+http")


def open_limiter(address: str, *, timeout_s: float) -> PowerLimiter:
    """The limiter at an address of a pod file; nothing is sent yet. Raises MalleeError."""
    from .redfish import RedfishLimiter

    check_address(address)
    return RedfishLimiter(address, timeout_s=timeout_s)
