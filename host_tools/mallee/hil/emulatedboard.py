"""An emulated board: stock MicroPython and the profile's bundle on an emulated Pico, with transmitters that a test sets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import ExitCode, MalleeError
from .board import Board
from .boardtime import BoardTime
from .emulated.boards import BRANCHES, PduBench, SkidBench
from .emulated.controller import EmulatedController
from .emulated.image import stock_image
from .emulated.serving import Served
from .emulatedclock import EmulatedClock
from .emulatedloop import EmulatedLoop
from .faults import Faults, Undo, no_such
from .inputs import Inputs
from .line import Line
from .power import Power, SwitchedPower
from .unit import Unit

_ADDRESS = "serial:///dev/emulated?baud=19200&framing=8E1"
_VOLTS = 230.0
_FIRST_A = 10.0
_CONVERTER_FLOATS = 0xFF
_WITHOUT_SUPPLY_S = 0.01


class EmulatedBoard(Board):
    """A second of its time takes this computer some twenty: tests on it are few."""

    kind = "emulated"
    start_s = 10.0

    def __init__(self, profile: str, unit: int) -> None:
        self._image = stock_image()
        self._clock = EmulatedClock()
        time = BoardTime(EmulatedLoop(self._clock))
        super().__init__(time, Unit(Line(time, _ADDRESS), unit, profile), profile)
        self._inputs = Inputs(time, _known(profile))
        self._served: Served | None = None
        self._faults = EmulatedFaults(self)
        self.powered = self.converters_lost = self._started = False
        self.controller = EmulatedController(self._image, profile, unit=unit)
        bench = self.controller.bench
        assert bench is not None
        self._inputs.wire(_Branches(bench) if isinstance(bench, PduBench) else bench)
        self._on()

    @property
    def bus_address(self) -> str:
        return _ADDRESS if self._served is None else _ADDRESS.replace("/dev/emulated", self._served.bus_end.name)

    @property
    def console_port(self) -> str | None:
        return None if self._served is None else self._served.console_end.name

    @property
    def console(self) -> bytes:
        return bytes(self._clock.printed)

    @contextmanager
    def live(self) -> Iterator[None]:
        if self._served is None:
            self._served = Served(self.controller)
            self._served.printed = self._clock.printed.extend
        with self.time.flow(self._turn):
            yield

    def _turn(self) -> float:
        assert self._served is not None
        if self.powered:
            self._served.turn()
            return 0.0
        self._clock.run(_WITHOUT_SUPPLY_S)
        return _WITHOUT_SUPPLY_S

    @property
    def origin(self) -> Mapping[str, str]:
        return {"image_sha256": hashlib.sha256(self._image.read_bytes()).hexdigest()}

    @property
    def power(self) -> Power:
        return SwitchedPower(self.unit, self.start_s, off=self._off, on=self._on)

    @property
    def faults(self) -> Faults:
        return self._faults

    @property
    def inputs(self) -> Inputs:
        return self._inputs

    @property
    def clock(self) -> EmulatedClock:
        return self._clock

    def _off(self) -> None:
        """What a power cut leaves is its flash: `_on` resets everything else. Meanwhile it does not run."""
        if self.powered:
            self.powered = False
            self._clock.power(None)

    def _on(self) -> None:
        if self.powered:
            return
        pico = self.controller.pico
        self.powered = True
        self._lack_converters(self.converters_lost)
        self._clock.power(pico, self.controller.bus)
        try:
            if self._started:
                pico.reset()
            else:
                self.controller.boot()
        except TimeoutError as error:
            self.powered = False
            self._clock.power(None)
            raise MalleeError(
                f"the emulated board does not start: {error}",
                "its flash has no MicroPython, or the emulator does not work here",
                "`mallee sim pico` shows whether it does",
                ExitCode.NO_ANSWER,
            ) from error
        self._started = True

    def restart(self, *, converters_lost: bool) -> None:
        """It looks for its converters when it starts."""
        self.converters_lost = converters_lost
        self._off()
        self._on()

    def _lack_converters(self, lost: bool) -> None:
        bench = self.controller.bench
        for converter in (bench.adc,) if isinstance(bench, PduBench) else bench.adcs if bench is not None else ():
            converter.absent = _CONVERTER_FLOATS if lost else None

    def put_back(self) -> None:
        self._faults.end_all()
        self._inputs.put_back()

    def close(self) -> None:
        super().close()
        if self._served is not None:
            self._served.close()


def _known(profile: str) -> dict[str, float | None]:
    """Inputs with what they have at first: of a skid what is normal, of a PDU 10 A in each branch."""
    if profile == "pump":
        return dict(SkidBench.TYPICAL)
    return {f"branch.{number}.current": _FIRST_A for number in range(1, BRANCHES + 1)}


class _Branches:
    """What a PDU's branches carry while their contactors are closed, the same on all phases, on the fast channels and at the
    meters."""

    def __init__(self, bench: PduBench) -> None:
        self._bench = bench
        self._amps = [0.0] * BRANCHES
        bench.contactors.moved = self._flow

    def set(self, name: str, value: float | None) -> None:
        self._amps[int(name.split(".")[1]) - 1] = value or 0.0
        self._flow()

    def _flow(self) -> None:
        closed = self._bench.contactors.closed
        flowing = [amps if closed >> branch & 1 else 0.0 for branch, amps in enumerate(self._amps)]
        self._bench.set_current_A(flowing)
        for meter, amps in zip(self._bench.meters, flowing, strict=True):
            meter.measure(_VOLTS, amps)


class EmulatedFaults(Faults):
    """Few: what is at the board's pins. A test sets everything else by `inputs`."""

    def __init__(self, board: EmulatedBoard) -> None:
        super().__init__(board.time)
        self._board = board

    @property
    def names(self) -> Iterable[str]:
        return ["controller_converters_lost", "line_cut", *(["sensor_open"] if self._board.profile == "pump" else [])]

    def _begin(self, name: str, target: str, parameters: dict[str, Any]) -> Undo | None:
        if parameters:
            raise no_such("parameter", next(iter(parameters)), [])
        board = self._board
        if name == "line_cut":
            board.clock.line_cut = True
            return lambda: setattr(board.clock, "line_cut", False)
        if name == "controller_converters_lost":
            board.restart(converters_lost=True)
            return lambda: board.restart(converters_lost=False)
        before = board.inputs.values.get(target)
        board.inputs.set(target, None)
        return lambda: board.inputs.set(target, before)
