"""The host as a child process of the simulation: `mallee run POD -o jsonl` on the world's clock.

Its standard output carries one JSON document a control cycle, each handed to a callback; its standard error is kept for people.
When it ends by itself it is started again a while of virtual time later, and that is counted.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from .pipe import PipedHost
from .world import World

VARIABLE = "MALLEE_SIM_FD"
RESTART_S = 5.0
_TAIL_BYTES = 16_384
_LINE_LIMIT = 1 << 20


def run_command(pod_file: Path) -> list[str]:
    return [sys.executable, "-m", "mallee", "run", str(pod_file), "-o", "jsonl"]


def private_folders(folder: Path) -> dict[str, str]:
    """Environment of a host that shall see no settings of whoever runs the simulation, and leave no state behind."""
    return {"XDG_CONFIG_HOME": str(folder / "settings"), "XDG_STATE_HOME": str(folder / "state")}


class HostProcess:
    """`on_document(document)` gets what each cycle printed; `on_end(exit status, what it said)` each end by itself."""

    def __init__(
        self,
        world: World,
        command: Sequence[str],
        *,
        on_document: Callable[[Any], None] | None = None,
        on_end: Callable[[int, str], None] | None = None,
        restart_s: float | None = RESTART_S,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.restarts = 0
        self.documents = 0
        self.bad_lines = 0
        """Lines on its standard output that were not JSON."""
        self._world = world
        self._command = list(command)
        self._on_document = on_document
        self._on_end = on_end
        self._restart_s = restart_s
        self._environment = os.environ if environment is None else environment
        self._process: subprocess.Popen[bytes] | None = None
        self._host: PipedHost | None = None
        self._line = bytearray()
        self._errors = bytearray()
        self._restarting = False
        self._closed = False
        world.on_grid.append(self._look)
        world.at_close(self._close)
        self._start()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def errors(self) -> str:
        """The latest that it wrote to standard error, over all its starts."""
        return self._errors.decode("utf-8", "replace")

    def _start(self) -> None:
        self._restarting = False
        if self._closed:
            return
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                self._command,
                env={**self._environment, VARIABLE: str(theirs.fileno()), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
        self._host = self._world.attach_host(ours)
        self._host.while_waiting = self._drain

    def _look(self, now_us: int) -> None:
        """Once a grid step."""
        self._drain()
        self._documents()
        if self._host is not None and self._host.ended and not self._restarting and not self._closed:
            self._ended(now_us)

    def _ended(self, now_us: int) -> None:
        status = self._reap(1.0)
        if self._on_end is not None:
            self._on_end(status, self.errors)
        if self._restart_s is not None:
            self._restarting = True
            self.restarts += 1
            self._world.host_restarts += 1
            self._world.queue.at(now_us + round(self._restart_s * 1e6), self._start)

    def _drain(self) -> None:
        """Take what the process printed, without waiting. How much that is while it computes, nobody can say: so documents are
        heard at grid points only, when it has asked for time."""
        process = self._process
        if process is None or process.stdout is None or process.stderr is None:
            return
        self._errors += _read(process.stderr.fileno())
        del self._errors[:-_TAIL_BYTES]
        self._line += _read(process.stdout.fileno())
        if len(self._line) > _LINE_LIMIT:
            self._documents()

    def _documents(self) -> None:
        """Hear what was printed."""
        while (end := self._line.find(b"\n")) >= 0:
            line = bytes(self._line[:end])
            del self._line[: end + 1]
            self._document(line)
        if len(self._line) > _LINE_LIMIT:
            self.bad_lines += 1
            self._line.clear()

    def _document(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            document = msgspec.json.decode(line)
        except msgspec.DecodeError:
            self.bad_lines += 1
            return
        self.documents += 1
        if self._on_document is not None:
            self._on_document(document)

    def kill(self) -> None:
        """As kill -9 would: the world sees its connections close, and starts it again later."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()  # its sockets are closed when it is reaped: the world sees it at one virtual time

    def pause(self, until_us: int) -> None:
        """Freeze it until that virtual time, as a suspended laptop would be."""
        if self._host is not None:
            self._host.pause(until_us)

    def jump_clock(self, seconds: float) -> None:
        """Its date jumps; the time by which it sleeps does not."""
        if self._host is not None:
            self._host.jump_clock(seconds)

    def _reap(self, wait_s: float) -> int:
        process = self._process
        if process is None:
            return 0
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait_s)
        if process.poll() is None:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(wait_s)
        self._drain()
        self._documents()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        self._process = None
        self._line.clear()
        return process.returncode if process.returncode is not None else -9

    def _close(self) -> None:
        self.close()

    def close(self, wait_s: float = 0.5) -> int | None:
        """End it: its pipe closes, then SIGTERM, then SIGKILL. Returns its exit status, None when it did not run."""
        self._closed = True
        if self._process is None:
            return None
        self._process.terminate()
        return self._reap(wait_s)


def _read(descriptor: int) -> bytes:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            break
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)
