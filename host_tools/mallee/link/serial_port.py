"""A serial port as asyncio has it: bytes come by call-back, writing does not wait. pyserial opens it."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, Protocol

from .address import SerialAddress
from .failures import LinkDown


class Port(Protocol):
    def write(self, data: bytes) -> None:
        """Raises OSError when the port is gone or takes no more."""
        ...

    def close(self) -> None: ...


async def open_port(
    address: SerialAddress,
    received: Callable[[bytes], None],
    lost: Callable[[Exception], None],
    *,
    quiet: bool = False,
) -> Port:
    """Open a port: a device, a PTY, or anything else that pyserial knows (socket://HOST:PORT). Raises LinkDown.
    `quiet` leaves RTS low, with which some adapters switch their driver onto the line.

    On a loop that has lines of its own (the simulator's) the port is one of those.
    """
    loop = asyncio.get_running_loop()
    virtual = getattr(loop, "open_serial", None)
    if virtual is not None:
        return await virtual(address, received, lost)
    import serial  # here: it binds to the platform as it is imported, and most programs never open a port

    try:
        port = serial.serial_for_url(
            address.device,
            do_not_open=True,
            baudrate=address.baud,
            parity=_parity(address),
            stopbits=int(address.framing[2]),
            timeout=0,
            write_timeout=0,
            **({} if "://" in address.device or sys.platform == "win32" else {"exclusive": True}),
        )
        if quiet:
            port.rts = False
        port.open()
    except (OSError, ValueError) as error:  # pyserial's own errors are OSErrors
        raise explained(address, error) from error
    try:
        return _Watched(port, loop, received, lost)
    except (NotImplementedError, OSError, AttributeError, ValueError):
        return _Threaded(port, loop, received, lost)


def _parity(address: SerialAddress) -> str:
    """A PTY has none. Linux drops it silently while something else of the port changes with it, and refuses it (EINVAL) when
    nothing does: whoever opens a PTY for the second time would fail."""
    return "N" if os.path.realpath(address.device).startswith("/dev/pts/") else address.framing[1]


def explained(address: SerialAddress, error: Exception) -> LinkDown:
    """Why a port cannot be opened, with what to do about it."""
    down = LinkDown(str(address), str(error))
    number, text = getattr(error, "errno", None), str(error).lower()
    if number == errno.ENOENT or "no such file" in text or "filenotfound" in text:
        down.what = f"there is no serial port {address.device}"
        down.likely = "the adapter is not plugged in, or has another name"
        down.next = "`python -m serial.tools.list_ports -v` lists the ports of this computer"
    elif number == errno.EACCES or "permission" in text or "access is denied" in text:
        down.what = f"the serial port {address.device} may not be opened"
        down.likely = "this user is not in the group that owns serial ports, or another program holds the port"
        down.next = "on Linux: `sudo usermod -aG dialout $USER`, then log in again"
    elif number in (errno.EBUSY, errno.EAGAIN) or "lock" in text or "busy" in text:
        down.what = f"the serial port {address.device} is in use"
        down.likely = "another program has it open: two masters on one port disturb each other"
        down.next = "end the other program (`fuser -v PORT` shows it), or use another port"
    elif number in (errno.EISDIR, errno.ENOTTY) or "inappropriate ioctl" in text:
        down.what = f"{address.device} is no serial port"
        down.likely = "it is a folder, a file or another kind of device"
        down.next = "`python -m serial.tools.list_ports -v` lists the ports of this computer"
    down.args = (down.what,)
    return down


class _Watched:
    """Where the port has a file descriptor that the loop can watch."""

    def __init__(
        self,
        port: Any,
        loop: asyncio.AbstractEventLoop,
        received: Callable[[bytes], None],
        lost: Callable[[Exception], None],
    ) -> None:
        self._port, self._loop = port, loop
        self._received, self._lost = received, lost
        self._descriptor: int = port.fileno()
        loop.add_reader(self._descriptor, self._readable)

    def _readable(self) -> None:
        try:
            data = self._port.read(4096)
        except (OSError, TypeError) as error:  # TypeError is pyserial's, of a port closed meanwhile
            self.close()
            self._lost(error)
            return
        if data:
            self._received(data)

    def write(self, data: bytes) -> None:
        _write(self._port, data)

    def close(self) -> None:
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            self._descriptor = -1
            self._port.close()


class _Threaded:
    """Windows: a thread reads, and hands over."""

    def __init__(
        self,
        port: Any,
        loop: asyncio.AbstractEventLoop,
        received: Callable[[bytes], None],
        lost: Callable[[Exception], None],
    ) -> None:
        self._port, self._loop = port, loop
        self._received, self._lost = received, lost
        self._closing = False
        port.timeout = 0.1
        self._thread = threading.Thread(target=self._read, daemon=True, name="serial reader")
        self._thread.start()

    def _read(self) -> None:
        while not self._closing:
            try:
                data = self._port.read(1)
                if data:
                    data += self._port.read(self._port.in_waiting)
            except Exception as error:  # whatever ends reading ends the port
                self._hand_over(self._lost, error)
                return
            if data:
                self._hand_over(self._received, data)

    def _hand_over(self, function: Callable[[Any], None], argument: object) -> None:
        if not self._closing and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, argument)

    def write(self, data: bytes) -> None:
        _write(self._port, data)

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            if self._thread is not threading.current_thread():
                self._thread.join(1.0)
            self._port.close()


def _write(port: Any, data: bytes) -> None:
    written = port.write(data)
    if written is not None and written < len(data):
        raise OSError(errno.EAGAIN, "the port takes no more bytes: is flow control on, or its far end dead?")
