"""One virtual board: its MicroPython process, the time it was granted, its console, its deaths."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from . import exchange, runtime
from .boardclock import BoardClock
from .exchange import Reply, ReplyFormat

POWER_ON, WATCHDOG_RESET = 1, 3
"""machine.reset_cause() of the RP2 port: it has no other."""

HAL_HEAP_BYTES = 110_000
"""Added to the board's heap for the simulator's modules and chips, which live in the same one (measured: skid 71 kB, PDU 79 kB;
the PDU's leak ropes and wired inputs since then), and for the receive buffers of four connections, which real boards have outside
their heap and which need 4 kB in one piece each."""

_CONSOLE_BYTES = 16_384
_SLICE_S = 0.1
_SLICE = struct.pack("@ll", 0, int(_SLICE_S * 1e6))


class Program(NamedTuple):
    """What runs on a board. In MICROPYPATH `simulator` comes first, around the board's flash, then `path`.

    `driven` are the pins that it may drive, None for any: those for which boards/signals.py says what level they have while it
    does not. An output that nobody declared has no safe value, and the board refuses to drive it.
    """

    script: Path
    path: tuple[Path, ...]
    heap_bytes: int
    inputs: int
    outputs: int
    simulator: tuple[Path, ...] = ()
    driven: tuple[int, ...] | None = None


class BoardDied(Exception):
    """The process ended, hung, or spoke nonsense; the argument says which."""


def hal_path() -> tuple[Path, ...]:
    here = Path(__file__).resolve().parent
    return here / "hal", here / "chips", here / "modules"


def _batch(pid: int) -> None:
    """A woken board shall not push the world off its core before the others are woken too (sched(7), SCHED_BATCH)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))


class Board:
    """`local_us` is the virtual time this board has reached. Nothing here decides what happens after a death."""

    def __init__(self, name: str, program: Program, flash: Path, unique_id: bytes, hang_s: float = 5.0) -> None:
        self.name = name
        self.local_us = 0
        self.clock = BoardClock()
        self.undriven: tuple[int, ...] = (-1,) * program.outputs
        self.outputs = self.undriven
        self.running = False
        self.starts = 0
        self.exchanges = 0
        self.batch = False
        """Give way to the world that wakes it: faster where the machine is free, slower where it is not."""
        self.granted = False
        """A grant is out whose reply was not collected: only after an interrupt between the two."""
        self.on_console: Callable[[bytes], None] = lambda part: None
        """Called with what the console says, when that is taken."""
        self._program = program
        self._flash = flash
        self._unique_id = unique_id
        self.hang_s = hang_s
        self._format = ReplyFormat(program.outputs)
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._console = bytearray()
        self._greeted = False
        self._inputs: bytes | None = None
        self._board_us = self._granted_us = self._until_us = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self, now_us: int, reset_cause: int) -> None:
        """Start the process; `greet` waits until it is there."""
        ours, theirs = socket.socketpair()
        try:
            self._process = self._spawn(theirs)
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._socket = ours
        if self.batch:
            _batch(self._process.pid)
        # A time limit of the kernel's: a Python one costs a system call more on each exchange.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _SLICE)
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        ours.sendall(exchange.start_message(self._program.inputs, self._program.outputs, reset_cause, self._unique_id))
        self.local_us = self._until_us = now_us
        self.clock.start(now_us)
        self._board_us = self._granted_us = 0
        self.outputs = self.undriven
        self.running = True
        self.starts += 1
        self._inputs = None
        self.granted = False
        self._greeted = False

    def _spawn(self, theirs: socket.socket) -> subprocess.Popen[bytes]:
        program = self._program
        heap_kB = (program.heap_bytes + HAL_HEAP_BYTES) // 1024
        first, *chips = program.simulator or hal_path()
        path = (first, self._flash, *chips, *program.path)
        # The number has a fixed width: the length of the environment moves the stack (see runtime.fixed_addresses).
        environment = {"MICROPYPATH": ":".join([*map(str, path), ".frozen"]), "WORLD_FD": f"{theirs.fileno():04d}"}
        if program.driven is not None:
            environment["DECLARED"] = " ".join(map(str, program.driven))
        with runtime.fixed_addresses():
            return subprocess.Popen(
                [runtime.micropython(), "-X", f"heapsize={heap_kB}k", program.script],
                cwd=self._flash,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    def greet(self) -> Reply | None:
        """Wait for the firmware's first word, once after each start. Raises BoardDied."""
        if self._greeted:
            return None
        reply = self.collect()
        self._greeted = True
        return reply

    def grant(self, until_us: int, inputs: bytes, events: bytes) -> None:
        """Let the board run until `until_us`; `collect` waits for it. Raises BoardDied."""
        assert self._socket is not None
        try:
            changed = inputs != self._inputs
            self._until_us, self._granted_us = until_us, self.clock.board_us(until_us) - self._board_us
            self._socket.sendall(exchange.grant_message(self._granted_us, inputs, changed, events))
            self._inputs = inputs
            self.granted = True
        except OSError as error:
            raise BoardDied(self._post_mortem()) from error

    def collect(self) -> Reply:
        """The reply to a grant. Raises BoardDied."""
        assert self._socket is not None
        data = b""
        size = self._format.size
        deadline = None
        while len(data) < size:
            try:
                part = self._socket.recv(65536)
            except BlockingIOError:
                self.drain()
                deadline = deadline or time.monotonic() + self.hang_s - _SLICE_S
                if time.monotonic() > deadline:
                    raise BoardDied(f"no reply for {self.hang_s:g} s: the firmware hangs") from None
                continue
            except OSError:
                part = b""
            if not part:
                raise BoardDied(self._post_mortem())
            data = data + part if data else part
            if size == self._format.size and len(data) >= size:
                size = self._format.length(data)
        reply = self._format.parse(data)
        self.granted = False
        self._board_us += reply.used_us
        reached_us = self._until_us
        if reply.used_us != self._granted_us:
            reached_us = min(reached_us, max(self.local_us, self.clock.world_us(self._board_us)))
        self.local_us = reached_us
        self.exchanges += 1
        return reply

    def _post_mortem(self) -> str:
        process = self._process
        if process is None:
            return "it was not started"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
        self.drain()
        code = process.returncode
        return (
            "closed its connection"
            if code is None
            else f"ended by signal {-code}"
            if code < 0
            else f"exit status {code}"
        )

    def drain(self) -> None:
        """Take what the console says; the latest 16 kB are kept."""
        if self._process is None or self._process.stdout is None:
            return
        while True:
            try:
                part = os.read(self._process.stdout.fileno(), 65536)
            except (BlockingIOError, ValueError, OSError):
                return
            if not part:
                return
            self._said(part)

    def _said(self, part: bytes) -> None:
        self._console += part
        del self._console[:-_CONSOLE_BYTES]
        self.on_console(part)

    @property
    def console(self) -> str:
        """The latest output of the firmware on its console, over all its starts."""
        self.drain()
        return self._console.decode("utf-8", "replace")

    def stop(self) -> None:
        """End the process, whatever it does. Idempotent."""
        self.running = self.granted = False
        process, self._process = self._process, None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if process is None:
            return
        if process.poll() is None:
            process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2.0)
        if process.stdout is not None:
            while select.select([process.stdout], [], [], 0)[0]:
                part = os.read(process.stdout.fileno(), 65536)
                if not part:
                    break
                self._said(part)
            process.stdout.close()
