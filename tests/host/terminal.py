"""A command on a terminal of its own, as a person has it: a size, keys, and a screen that an emulator draws."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte

_TIMEOUT_S = 30.0
"""Then a test that hangs fails, with the screen as it is."""
KEYS = {
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "enter": "\r",
    "esc": "\x1b",
    "ctrl+c": "\x03",
}
_NOT_OF_PYTE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p")
"""Questions about a terminal's abilities, which the emulator would print."""


class Terminal:
    """Ends what runs in it when the block ends, whatever came of it. Without `hangs_up` nobody tells the process when the
    terminal vanishes: it is not the one that controls its session."""

    def __init__(
        self, folder: Path, columns: int, lines: int, *arguments: str, hangs_up: bool = True, **environment: str
    ) -> None:
        self._master, self._slave = os.openpty()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.modes = termios.tcgetattr(self._slave)
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.output = b""
        inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
        # Opened by the leader of a new session, it becomes that session's controlling terminal: one that can hang up.
        opened = ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(self._slave)] if hangs_up else []
        self.process = subprocess.Popen(
            [*opened, sys.executable, "-m", "mallee", *arguments],
            cwd=folder,
            env={**inherited, "TERM": "xterm-256color", **environment},
            start_new_session=True,
            **({} if hangs_up else dict.fromkeys(("stdin", "stdout", "stderr"), self._slave)),
        )

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    @property
    def coloured(self) -> bool:
        """Any character of the screen has a colour."""
        cells = (cell for row in self._screen.buffer.values() for cell in row.values())
        return any(cell.fg != "default" or (cell.bg != "default" and not cell.reverse) for cell in cells)

    def until(self, *wanted: str | Callable[[str], bool]) -> str:
        """Read until the screen has all of it; returns the screen."""
        given_up_s = time.monotonic() + _TIMEOUT_S
        while not _has(text := self.text, wanted):
            if time.monotonic() > given_up_s or not self._read():
                raise AssertionError(f"it did not show {wanted}:\n{text}")
            while self._read(0):  # all of a screen that is being drawn: to look at it takes longer
                pass
        return text

    def press(self, *keys: str) -> None:
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())

    def vanish(self) -> None:
        """The window is closed, the connection cut."""
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1

    def end(self, how: int | None = None) -> int:
        """The exit status, after that signal if there is one."""
        if how is not None:
            self.process.send_signal(how)
        if self._master < 0:
            return self.process.wait(_TIMEOUT_S)
        while self.process.poll() is None:
            self._read(0.1)
        while self._read(0):
            pass
        return self.process.returncode

    def restored(self) -> bool:
        """Modes are as before; the screen is left, the cursor shown, nothing reported any more."""
        last = {
            name: self.output.rfind(b"\x1b[?" + name)
            for name in (b"1049h", b"1049l", b"25h", b"2004h", b"2004l", b"1004l")
        }
        left = last[b"1049l"] > last[b"1049h"] and last[b"25h"] > last[b"1049h"] and last[b"2004l"] > last[b"2004h"]
        return left and last[b"1004l"] > 0 and termios.tcgetattr(self._slave) == self.modes

    def _read(self, wait_s: float = _TIMEOUT_S) -> bool:
        if not select.select([self._master], [], [], wait_s)[0]:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            return False
        self.output += data
        self._stream.feed(_NOT_OF_PYTE.sub(b"", data))
        return bool(data)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        for descriptor in (self._master, self._slave):
            if descriptor >= 0:
                os.close(descriptor)


def _has(text: str, wanted: tuple[str | Callable[[str], bool], ...]) -> bool:
    return all(each in text if isinstance(each, str) else each(text) for each in wanted)
