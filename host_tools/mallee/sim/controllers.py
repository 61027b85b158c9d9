"""The virtual controllers of a world: grants in step, what to do with their replies, deaths and restarts."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

from . import exchange
from .board import POWER_ON, WATCHDOG_RESET, Board, BoardDied, Program
from .equipment import Equipment
from .eventlog import EventLog
from .events import EventQueue
from .exchange import Reply
from .flash import unique_id
from .network import Network, Server

WATCHDOG_US = 2_000_000
"""From a crash or hang to the first instruction of the restarted firmware: watchdog period and boot."""
BOOT_US = 500_000
"""From a reset that the firmware asked for, or power coming back, to its first instruction."""


class Controller:
    """One controller: its board, its place on the network, how often it died and why last."""

    def __init__(self, board: Board, server: Server, flash: Path) -> None:
        self.board = board
        self.server = server
        self.flash = flash
        self.restarts = 0
        self.last_reason = ""
        self.boot = 0
        """Counts what decided when it starts again: an earlier decision no longer holds."""
        self.hung = False
        """Its program stands still: what it drove holds, its watchdog will end it."""

    @property
    def name(self) -> str:
        return self.board.name


class Controllers:
    """`at(time_us, action)` of the queue restarts them. Order of addition is the order of everything."""

    def __init__(self, queue: EventQueue, log: EventLog, network: Network, equipment: Equipment, seed: int) -> None:
        self.by_name: dict[str, Controller] = {}
        self.restart_us = WATCHDOG_US
        self.batch = False
        self.on_death: list[Callable[[str, str], None]] = []
        self._queue = queue
        self._log = log
        self._network = network
        self._equipment = equipment
        self._seed = seed
        self._closed = False

    def add(self, name: str, program: Program, flash: Path, host: str, port: int | None) -> Controller:
        """`port` None: a controller without a network."""
        flash.mkdir(parents=True, exist_ok=True)
        board = Board(name, program, flash, unique_id(name, self._seed))
        controller = self.by_name[name] = Controller(board, self._network.add_server(name, host, port), flash)
        return controller

    def start(self, now_us: int) -> None:
        """Start all that do not run, together, and wait until each has greeted."""
        started = [c for c in self.by_name.values() if not c.board.running]
        for controller in started:
            self._boot(controller, now_us, POWER_ON)
        for controller in started:
            self._greet(controller)

    def grant(
        self, now_us: int, horizon_us: int, inputs: dict[str, bytes], meanwhile: Callable[[], None] | None = None
    ) -> int:
        """Let every controller that is behind run to `horizon_us` at most; returns the least time now reached.

        They see `inputs`; `meanwhile` is called while they run.
        """
        granted: list[Controller] = []
        for controller in self.by_name.values():
            board = controller.board
            if board.granted:
                granted.append(controller)
                continue
            if controller.hung or not board.running or board.local_us >= horizon_us:
                continue
            if not self._greet(controller):
                continue
            events = controller.server.take_events()
            try:
                board.grant(horizon_us, inputs.get(board.name, b""), events)
            except BoardDied as death:
                self._died(controller, str(death))
                continue
            granted.append(controller)
        if meanwhile is not None:
            meanwhile()
        least = horizon_us
        for controller in granted:
            try:
                reply = controller.board.collect()
            except BoardDied as death:
                self._died(controller, str(death))
                continue
            self._take(controller, reply)
            if controller.board.running and controller.board.local_us < least:
                least = controller.board.local_us
        return max(now_us, least)

    def _boot(self, controller: Controller, now_us: int, cause: int) -> None:
        if self._closed or controller.board.running:
            return
        self._release(controller, now_us)
        controller.board.batch = self.batch
        controller.board.start(now_us, cause)
        controller.server.up = True
        self._log.record(now_us, "state", controller.name, b"started")

    def _greet(self, controller: Controller) -> bool:
        try:
            reply = controller.board.greet()
        except BoardDied as death:
            self._died(controller, str(death))
            return False
        if reply is not None:
            self._take(controller, reply)
        return True

    def _take(self, controller: Controller, reply: Reply) -> None:
        board = controller.board
        if reply.outputs != board.outputs:
            board.outputs = reply.outputs
            self._log.record(
                board.local_us, "outputs", board.name, struct.pack(f"<{len(reply.outputs)}i", *reply.outputs)
            )
            self._equipment.outputs(board.name, reply.outputs)
        if reply.events:
            self._network.from_server(controller.server, reply.events, board.local_us)
        if reply.kind == exchange.RESET:
            self._died(controller, "it reset itself", BOOT_US)
        elif reply.kind == exchange.WATCHDOG:
            self._died(controller, "its watchdog was not fed", BOOT_US)
        elif reply.kind == exchange.POWER:
            self._died(controller, "its supply went in the middle of a write", BOOT_US, POWER_ON)

    def _died(
        self, controller: Controller, reason: str, down_us: int | None = None, cause: int = WATCHDOG_RESET
    ) -> None:
        """Its process is gone: its connections break, and it starts again a while later. What it drove holds until
        its pins are inputs: without supply and in a reset at once, after a crash when its watchdog has bitten."""
        board = controller.board
        at_us = max(board.local_us, self._now_of_queue()) if controller.hung else board.local_us
        controller.hung = False
        board.stop()
        controller.restarts += 1
        controller.last_reason = reason
        self._log.record(at_us, "state", board.name, f"died: {reason}".encode())
        self._network.server_down(controller.server, at_us)
        if down_us is not None:
            self._release(controller, at_us)
        self._boot_at(controller, at_us + (self.restart_us if down_us is None else down_us), cause)
        for hear in self.on_death:
            hear(board.name, reason)

    def _boot_at(self, controller: Controller, at_us: int, cause: int) -> None:
        controller.boot += 1
        decision = controller.boot

        def boot() -> None:
            if controller.boot == decision:
                self._boot(controller, self._now_of_queue(), cause)

        self._queue.at(at_us, boot)

    def _release(self, controller: Controller, at_us: int) -> None:
        """Its pins are inputs. What that means to the equipment stands in boards/signals.py: drives run, the valve stays, no
        coil is driven."""
        board = controller.board
        if board.outputs != board.undriven:
            board.outputs = board.undriven
            self._log.record(at_us, "outputs", board.name, b"released")
            self._equipment.outputs(board.name, board.outputs)

    _now_of_queue: Callable[[], int]

    def clock(self, now: Callable[[], int]) -> None:
        self._now_of_queue = now

    def kill(self, name: str, reason: str = "it was killed") -> None:
        """End the process as a crash would; the watchdog starts it again."""
        self._died(self.by_name[name], reason)

    def hang(self, name: str) -> None:
        """Its program stands still, and its connections with it, until the watchdog starts it again."""
        controller = self.by_name[name]
        if controller.board.running and not controller.hung:
            controller.hung = True
            self._log.record(self._now_of_queue(), "state", name, b"hangs")
            starts = controller.board.starts

            def bite() -> None:
                if controller.hung and controller.board.starts == starts:
                    self._died(controller, "its watchdog was not fed", BOOT_US)

            self._queue.at(self._now_of_queue() + self.restart_us, bite)

    def power_cycle(self, name: str, off_us: int = 0) -> None:
        """Supply off, and on again after `off_us`: it starts with reset cause POWER_ON, which the RP2040 also tells of a
        brown-out (data sheet, CHIP_RESET.HAD_POR). A controller that was down stays so until then."""
        controller = self.by_name[name]
        if controller.board.running:
            self._died(controller, "its supply was interrupted", off_us + BOOT_US, POWER_ON)
        else:
            self._release(controller, self._now_of_queue())
            self._boot_at(controller, self._now_of_queue() + off_us + BOOT_US, POWER_ON)

    def tear(self, name: str, memory: int, after_bytes: int) -> None:
        """Its supply goes in a write to `memory` (exchange.FRAM or FLASH) when that has taken so many more bytes."""
        event = exchange.BoardEvent(exchange.TEAR, 0, struct.pack("<BH", memory, after_bytes))
        self.by_name[name].server.inbox.append(event)

    def run_slow(self, name: str, slow_ppm: int) -> None:
        """Its crystal is off from now on, over restarts too; 0 ends it."""
        board = self.by_name[name].board
        board.clock.run_slow(board.local_us, slow_ppm)

    def drain(self) -> None:
        for controller in self.by_name.values():
            controller.board.drain()

    def close(self) -> None:
        self._closed = True
        boards: Iterable[Board] = [c.board for c in self.by_name.values()]
        for board in boards:
            with contextlib.suppress(OSError):
                board.stop()
