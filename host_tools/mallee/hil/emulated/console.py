"""MicroPython's raw REPL on the emulated console: run code, put files (docs.micropython.org, reference/repl)."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from .pico import Pico

_CHUNK = 768  # bytes of a file in one line of code; MicroPython reads a line into its heap
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

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files, folders included."""
        self.run("import os\nfrom binascii import a2b_base64 as d")
        folders = {path.rpartition("/")[0] for path in files} - {""}
        for folder in sorted(folders):
            self.run(f"try:\n os.mkdir({folder!r})\nexcept OSError:\n pass")
        for path, data in files.items():
            self.run(f"f=open({path!r},'wb')")
            for at in range(0, len(data), _CHUNK):
                self.run(f"f.write(d({base64.b64encode(data[at : at + _CHUNK]).decode()!r}))")
            self.run("f.close()")
        self.run("del f,d")
