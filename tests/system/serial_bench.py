"""A whole controller on a serial line of the world, and a host link at its other end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from mallee.link.address import SerialAddress
from mallee.link.rtu import SerialLink
from mallee.sim import flash, loop, serialboard
from mallee.sim.controllers import Controller
from mallee.sim.line.faults import Faults
from mallee.sim.line.model import Line
from mallee.sim.serialbus import SerialBus

from .bench import Bench


class SerialBench(Bench):
    """`bus.line` has the counts of what went wrong."""

    def __init__(
        self,
        profile: str = "pump",
        *,
        baud: int = 19200,
        framing: str = "8E1",
        faults: Faults | None = None,
        echo: bool = False,
        seed: int = 0,
        speed: float | None = None,
        units: tuple[int, ...] = (1,),
    ) -> None:
        super().__init__(profile, speed)
        line = Line(1, baud=baud, framing=framing, faults=faults, echo=(0,) if echo else (), seed=seed)
        self.bus = SerialBus("bus", line, self.world.network, self.world.queue, lambda: self.world.now_us)
        for unit in units:
            controller = self.controller if unit == units[0] else self._another(profile, unit)
            self._put_on_line(controller, f"UNIT = {unit}\nBAUD = {baud}\nFRAMING = {framing!r}\n")
        self.address = SerialAddress("bus", baud, framing)

    def _another(self, profile: str, unit: int) -> Controller:
        name = f"bench-{unit}"
        directory = self.world.directory / name
        flash.install(directory, name=name, profile=profile, unit=unit, port=15000 + unit)
        return self.world.controllers.add(name, self.program, directory, "127.0.0.1", 15000 + unit)

    def _put_on_line(self, controller: Controller, identity: str) -> None:
        serialboard.write(controller.flash)
        with (controller.flash / "build_info.py").open("a", encoding="utf-8") as file:
            file.write(identity)
        self.bus.attach(controller.server)

    def run_link(self, test: Callable[[SerialLink], Awaitable[Any]], *, timeout_s: float = 0.3) -> None:
        """Boot, then run `test(link)` in virtual time."""

        async def session() -> None:
            import asyncio

            await asyncio.sleep(1.0)
            link = SerialLink(self.address, timeout_s=timeout_s, probe_ceiling_s=0.6)
            try:
                await test(link)
            finally:
                await link.close()

        try:
            loop.run_in_world(self.world, session(), limit_s=600)
        except BaseException:
            print(self.controller.board.console)
            raise
        finally:
            self.world.close()
