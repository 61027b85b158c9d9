"""Addresses of links: tcp://HOST:PORT and serial:///dev/ttyUSB0?baud=19200."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from ..errors import MalleeError
from ..suggest import did_you_mean
from .rtu_frames import silence_s

MODBUS_TCP_PORT = 502  # registered with IANA as mbap
_COM = re.compile(r"^COM\d+$", re.IGNORECASE)
FRAMINGS = ("8E1", "8O1", "8N1", "8N2")  # MODBUS over Serial Line V1.02, 2.5.1; 8N1 for ORv3 equipment


@dataclass(frozen=True, slots=True)
class TcpAddress:
    host: str
    port: int = MODBUS_TCP_PORT

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


TIMES_ms = {"silence_ms": (0.5, 1000.0), "pause_ms": (5.0, 2000.0), "answer_ms": (10.0, 10_000.0)}
"""What a line may be told of its times, with the limits."""


@dataclass(frozen=True, slots=True)
class SerialAddress:
    device: str
    baud: int = 19200
    framing: str = "8E1"
    silence_ms: float | None = None
    """Between frames; None: the standard's 3.5 characters. More for devices and adapters that need it."""
    pause_ms: float | None = None
    """An answer may pause for so long within; None: 50 ms. More for adapters behind a network."""
    answer_ms: float | None = None
    """An answer has begun after so long; None: what the line's users leave each of its units."""

    def __str__(self) -> str:
        times = ((name, getattr(self, name)) for name in TIMES_ms)
        told = "".join(f"&{name}={value:g}" for name, value in times if value is not None)
        return f"serial://{self.device}?baud={self.baud}&framing={self.framing}{told}"


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A line of which nobody has said how it speaks."""

    device: str

    def __str__(self) -> str:
        return f"serial://{self.device}"


def parse_address(text: str) -> TcpAddress | SerialAddress:
    """Parse a link's address. Raises MalleeError that says what an address looks like."""
    parts = urlsplit(text)
    if parts.scheme == "tcp":
        return _tcp(text)
    if parts.scheme == "serial":
        return _serial(text)
    raise _wrong(text, "it begins with neither tcp:// nor serial://")


def names_settings(text: str) -> bool:
    """The address of a line says how the line speaks; else that is assumed, or has to be found out. A serial server's line
    (serial://socket://HOST:PORT) speaks as that was told."""
    parts = urlsplit(text)
    return bool(parts.query) or parts.path.startswith("//")


def as_port(text: str) -> str:
    """A port as people name it, /dev/ttyUSB0 or COM3, as an address; anything else unchanged."""
    return f"serial://{text}" if text.startswith("/") or _COM.match(text) else text


def _tcp(text: str) -> TcpAddress:
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError as error:
        raise _wrong(text, "the port is not a number from 1 to 65535") from error
    if not parts.hostname:
        raise _wrong(text, "the host is missing")
    if parts.path not in ("", "/") or parts.query:
        raise _wrong(text, "there is something behind the port")
    if port == 0:
        raise _wrong(text, "the port is not a number from 1 to 65535")
    return TcpAddress(parts.hostname, MODBUS_TCP_PORT if port is None else port)


def _serial(text: str) -> SerialAddress:
    parts = urlsplit(text)
    device = parts.netloc + parts.path  # serial://COM3 on Windows, serial:///dev/ttyUSB0 elsewhere
    if not device:
        raise _wrong(text, "the serial port is missing")
    baud, framing = 19200, "8E1"
    times_ms: dict[str, float] = {}
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        if key == "baud":
            if not value.isdigit() or not 1200 <= int(value) <= 1_000_000:
                raise _wrong(text, "baud is a number from 1200 to 1000000")
            baud = int(value)
        elif key == "framing":
            framing = value.upper()
            if framing not in FRAMINGS:
                raise _wrong(text, f"framing is one of {', '.join(FRAMINGS)}")
        elif key in TIMES_ms:
            times_ms[key] = _milliseconds(text, key, value)
        else:
            raise _wrong(text, f"{key!r} is unknown: {did_you_mean(key, ('baud', 'framing', *TIMES_ms))}")
    least_ms = 1000 * silence_s(baud)
    if times_ms.get("silence_ms", least_ms) < least_ms - 0.001:
        raise _wrong(text, f"silence_ms is {least_ms:.3f} or more at {baud} Bd: the standard's 3.5 characters")
    return SerialAddress(device, baud, framing, **times_ms)


def _milliseconds(text: str, key: str, value: str) -> float:
    low, high = TIMES_ms[key]
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not low <= number <= high:
        raise _wrong(text, f"{key} is a number of milliseconds from {low:g} to {high:g}")
    return number


def _wrong(text: str, why: str) -> MalleeError:
    return MalleeError(
        f"{text!r} is not an address: {why}",
        "a typing error in the pod file or on the command line",
        "write tcp://HOST:PORT or serial:///dev/ttyUSB0?baud=19200&framing=8E1",
    )
