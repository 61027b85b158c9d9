"""A PTY as one end of a line: any program opens it as its serial port."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from pathlib import Path

from ...errors import MalleeError


class PtyEnd:
    """`name` is what programs open: the PTY's own name, or `link`, a symbolic link to it that goes when this closes."""

    def __init__(self, link: Path | None = None) -> None:
        if sys.platform == "win32":
            raise MalleeError(
                "there are no PTYs on Windows",
                "the line model joins two pseudo terminals, which Windows does not have",
                "run it on Linux or macOS, or use a pair of virtual COM ports without the model",
            )
        import tty

        self._master, self._slave = os.openpty()  # ours stays open: without it, reading fails while no program has it
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.name = self._device = os.ttyname(self._slave)
        self.unread = 0
        """Bytes dropped because no program reads them."""
        self._link = link
        if link is not None:
            try:
                if link.is_symlink():
                    link.unlink()  # left over by a run that was killed
                link.symlink_to(self.name)
            except OSError as error:
                self._link = None
                self.close()
                raise MalleeError(
                    f"{link} cannot be made a serial port: {error.strerror}",
                    "a file of that name exists, or its folder does not",
                    "name a path that is free, such as /tmp/master",
                ) from error
            self.name = str(link)

    def fileno(self) -> int:
        return self._master

    def read(self) -> bytes:
        """What a program wrote; empty when there is nothing."""
        try:
            return os.read(self._master, 4096)
        except (BlockingIOError, OSError):
            return b""

    def write(self, data: bytes) -> None:
        try:
            written = os.write(self._master, data)
        except (BlockingIOError, OSError):
            written = 0
        self.unread += len(data) - written

    def in_use(self) -> bool:
        """Whether a program has it open: a master whose slave nobody has reports a hang-up (pty(7))."""
        import tty

        os.close(self._slave)
        poll = select.poll()
        poll.register(self._master, 0)
        nobody = any(events & select.POLLHUP for _, events in poll.poll(0))
        self._slave = os.open(self._device, os.O_RDWR | os.O_NOCTTY)
        if nobody:
            tty.setraw(self._slave)  # its settings went with the last who had it
        return not nobody

    def close(self) -> None:
        """Safe to call twice."""
        if self._master < 0:
            return
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1
        if self._link is not None:
            with contextlib.suppress(OSError):
                self._link.unlink()
