"""MicroPython's raw REPL on the emulated console: run code (docs.micropython.org, reference/repl)."""

from __future__ import annotations

from .pico import Pico

_LIMIT_us = 60_000_000


class BoardError(Exception):
    """Code on the board raised; the message is its traceback."""


class Console:
    def __init__(self, pico: Pico) -> None:
        self.pico = pico

    def enter(self) -> None:
        """Stop whatever runs, and take the prompt."""
        self.pico.send(b"\r\x03\x03")
        self.pico.read_until(b">>> ")
        self.pico.send(b"\x01")
        self.pico.read_until(b"raw REPL; CTRL-B to exit\r\n>")
        self.pico.received.clear()

    def run(self, code: str, limit_us: float = _LIMIT_us) -> str:
        """Run `code`; what it printed. Raises BoardError, TimeoutError."""
        self.start(code)
        return self.finish(limit_us)

    def start(self, code: str) -> None:
        """Send `code` and return as soon as the board has taken it."""
        self.pico.send(code.encode() + b"\x04")
        self.pico.read_until(b"OK")

    def finish(self, limit_us: float = _LIMIT_us) -> str:
        """Wait for the end of what start() sent. Raises BoardError, TimeoutError."""
        printed = self.pico.read_until(b"\x04", limit_us)[:-1].decode().replace("\r\n", "\n")
        error = self.pico.read_until(b"\x04", limit_us)[:-1].decode()
        self.pico.read_until(b">")
        if error:
            raise BoardError(printed + error)
        return printed
