"""The terminal that the dashboard is drawn on, which may vanish: a window is closed, a connection is cut.

Textual's driver writes to stderr, in a thread that ends at the first error, after which the program waits for ever to hand it
its next screen. Here the screen goes to stdout, so that stderr can go to a file, and a terminal that is gone ends the program.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import IO, cast

from textual.driver import Driver


class Output:
    """As much of a text file as the driver uses. After the first failure it swallows what comes, and `gone` was told once."""

    def __init__(self, descriptor: int, gone: Callable[[], None]) -> None:
        self._descriptor, self._gone = descriptor, gone
        self.lost = False

    def write(self, text: str) -> int:
        data = text.encode("utf-8", "replace")
        while data and not self.lost:
            try:
                data = data[os.write(self._descriptor, data) :]
            except OSError:
                self.lost = True
                self._gone()
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)


def driver(gone: Callable[[], None]) -> type[Driver] | None:
    """A class of drivers that call `gone`, from any thread, when the terminal has vanished. None, textual's own, where there is
    no POSIX: there a console that is closed ends its processes."""
    try:
        from textual.drivers.linux_driver import LinuxDriver
    except ImportError:
        return None

    class TerminalDriver(LinuxDriver):
        def __init__(self, *arguments, **options) -> None:
            super().__init__(*arguments, **options)
            assert sys.__stdout__ is not None
            self._file = cast("IO[str]", Output(sys.__stdout__.fileno(), gone))

        def run_input_thread(self) -> None:
            try:
                super().run_input_thread()
            except OSError:
                gone()

    return TerminalDriver
