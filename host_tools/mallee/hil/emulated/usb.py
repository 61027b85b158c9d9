"""The emulated board's USB console as a serial port: what pyserial's Serial has, as far as mpremote uses it.

Single-threaded: waiting for bytes is what lets the board's time pass.
"""

from __future__ import annotations

from serial import SerialException

from .pico import Pico

_SLICE_us = 20_000
_SILENCE_us = 5_000_000
_RESET_us = 100_000


class UsbConsole:
    """One opening of the console; a reset of the board ends it, as it does on a USB host."""

    def __init__(self, pico: Pico) -> None:
        self._pico = pico
        self._resets = pico.resets
        self.name = "emulated"
        self.rts = self.dtr = True
        self.is_open = True
        self._asked = False  # and there was nothing

    def inWaiting(self) -> int:
        """Bytes to be read. Asking once takes no time, or asking before each write would; asking again is waiting."""
        self._check()
        if not self._pico.received and self._asked:
            self._pico.talk(_SLICE_us)
        self._asked = not self._pico.received
        return len(self._pico.received)

    @property
    def in_waiting(self) -> int:
        return self.inWaiting()

    def read(self, size: int = 1) -> bytes:
        """`size` bytes, fewer after a long silence."""
        end = self._pico.now_us + _SILENCE_us
        while len(self._pico.received) < size and self._pico.now_us < end:
            self._check()
            self._pico.talk(_SLICE_us)
        taken = bytes(self._pico.received[:size])
        del self._pico.received[:size]
        return taken

    def write(self, data: bytes) -> int:
        self._check()
        self._asked = False
        self._pico.send(data)
        return len(data)

    def close(self) -> None:
        self.is_open = False

    def _check(self) -> None:
        if not self.is_open or self._pico.resets != self._resets:
            raise SerialException("the emulated board was reset, or its port is closed")


class EmulatedDoor:
    """The way to an emulated board's console (deploy.flashing.door). The board was booted."""

    name = "the emulated board"
    answer_s = 120.0  # on this computer's clock, which is some fifteen times faster than the board's
    start_s = 30.0
    block_bytes = 4096
    blocks_ahead = 4

    def __init__(self, pico: Pico) -> None:
        self.pico = pico
        self._opened_at = pico.resets

    def open(self) -> UsbConsole:
        self._opened_at = self.pico.resets
        return UsbConsole(self.pico)

    def reopen(self) -> UsbConsole:
        """Runs until the reset that was asked for has happened and the console is back."""
        pico, resets = self.pico, self._opened_at
        end = pico.now_us + _RESET_us
        while pico.resets == resets and pico.now_us < end:
            pico.talk(_SLICE_us)
        pico.received.clear()
        pico.run_until(lambda: pico.enumerated, limit_us=2_000_000, step_us=20_000)
        return self.open()
