"""USB ports with a MicroPython behind them, and the door to one."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from ...errors import ExitCode, MalleeError
from ...link.address import SerialAddress
from ...link.serial_port import explained

# USB vendor -> products; None is all of them. MicroPython's own on the RP2, and Espressif's built-in USB.
_KNOWN: dict[int, frozenset[int] | None] = {0x2E8A: frozenset({0x0005}), 0x303A: None}
_ANSWER_S = 5.0
_BACK_S = 15.0
_POLL_S = 0.1
_RESET_S = 0.5


class UsbPort(NamedTuple):
    device: str
    description: str
    serial: str | None
    native: bool
    """The chip's own USB: it holds back a sender. A USB-UART bridge does not."""


def usb_ports() -> list[UsbPort]:
    """Every serial port of this computer that has a USB identity."""
    from serial.tools import list_ports  # here: it binds to the platform as it is imported

    found = [port for port in list_ports.comports() if port.vid is not None]
    return [
        UsbPort(port.device, port.description or "", port.serial_number, _native(port.vid, port.pid))
        for port in sorted(found, key=lambda port: port.device)
    ]


def choose(named: str | None, ports: Sequence[UsbPort], how_to_install: str) -> UsbPort:
    """The port that was named, or the only one with a known MicroPython. Raises MalleeError."""
    if named is not None:
        return next((port for port in ports if port.device == named), UsbPort(named, "", None, False))
    boards = [port for port in ports if port.native]
    if len(boards) == 1:
        return boards[0]
    if boards:
        listed = ", ".join(f"{port.device} ({port.serial or port.description})" for port in boards)
        raise MalleeError(
            f"there are {len(boards)} boards: {listed}", "several are plugged in", "name one: mallee flash PORT …"
        )
    raise MalleeError(
        "no USB port with MicroPython behind it",
        "the board is not plugged in, the cable carries no data, or there is no MicroPython on the board yet",
        f"plug it in; if it has none: {how_to_install}. Behind a USB-serial bridge name the port: mallee flash PORT …",
        ExitCode.NO_ANSWER,
    )


class UsbDoor:
    """A real port. After a reset it is looked for by its USB serial number: it may come back under another name."""

    def __init__(self, port: UsbPort) -> None:
        self._port = port
        self.name = port.device
        self.answer_s, self.start_s = _ANSWER_S, 4.0
        self.block_bytes, self.blocks_ahead = (4096, 4) if port.native else (128, 1)
        if os.path.realpath(port.device).startswith("/dev/pts/"):
            # An emulated board (`mallee sim pico`): tens of times slower, and it takes what it is sent.
            self.answer_s, self.start_s = 120.0, 60.0
            self.block_bytes, self.blocks_ahead = 1024, 3

    def open(self) -> Any:
        import serial

        own: dict[str, Any] = {} if "://" in self.name else {"exclusive": True}
        try:
            return serial.serial_for_url(
                self.name, baudrate=115200, timeout=self.answer_s, write_timeout=self.answer_s, **own
            )
        except (OSError, ValueError) as error:  # pyserial's own errors are OSErrors
            down = explained(SerialAddress(self.name), error)
            down.next = down.next.replace("PORT", self.name)
            raise down from error

    def reopen(self) -> Any:
        end = time.monotonic() + _BACK_S
        if not self._port.native:  # a bridge's or an emulator's never leaves: an early Ctrl-C would prevent the reset
            time.sleep(_RESET_S)
        left = time.monotonic() + 2.0
        while self._port.native and self._there() and time.monotonic() < left:
            time.sleep(_POLL_S)
        while True:
            self._there()
            try:
                return self.open()
            except MalleeError:
                if time.monotonic() > end:
                    raise
                time.sleep(_POLL_S)

    def _there(self) -> bool:
        """Whether its port exists; its name may have changed."""
        for port in usb_ports():
            same = port.serial == self._port.serial if self._port.serial else port.device == self.name
            if same:
                self.name = port.device
                return True
        return False


def _native(vendor: int, product: int | None) -> bool:
    products = _KNOWN.get(vendor, frozenset())
    return products is None or product in products
