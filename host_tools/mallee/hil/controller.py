"""The controller of a board for tests: asked, written and waited for in plain statements, in the board's own time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import NamedTuple, TypeVar

from ..device.device import Device
from ..device.dictionary import Dictionary
from ..device.identity import Identity
from ..device.journal import JournalEntry
from ..device.recording import Recording
from ..device.writing import find_point
from ..link.failures import LinkError
from ..reading import Reading, Scalar, Snapshot
from ..suggest import did_you_mean
from .unit import Unit

T = TypeVar("T")
Wanted = Scalar | Callable[[Scalar], bool]
_EVERY_S = 0.1


class Sample(NamedTuple):
    """A value that a test has seen, at a second of the board's time."""

    at_s: float
    reading: Reading


class Controller:
    """Raises what `Device` raises: NoAnswer, Refused, MalleeError with the controller's own reason."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self.samples: list[Sample] = []
        """Every number that was read by its name, in order: the plot of a test is made of them."""

    @property
    def name(self) -> str:
        return self.identity.name or self._unit.name

    @property
    def profile(self) -> str:
        return self.dictionary.profile

    @property
    def dictionary(self) -> Dictionary:
        """Its points and alarms: names, units, limits, meanings."""

        async def known(device: Device) -> Dictionary:
            return device.dictionary

        return self.do(known)

    @property
    def identity(self) -> Identity:
        """Who it says that it is, asked anew."""
        return self.do(lambda device: device.identify())

    def do(self, scenario: Callable[[Device], Awaitable[T]]) -> T:
        """Run `scenario(device)` to its end, for what has no method here; `asyncio.sleep` lets the board's time pass."""
        return self._unit.do(scenario)

    def read(self, name: str) -> Reading:
        reading = self.do(lambda device: device.read(name))
        self._seen((reading,))
        return reading

    def value(self, name: str) -> Scalar:
        """None: not known."""
        return self.read(name).value

    def number(self, name: str) -> float:
        """Raises AssertionError where it is not known, or no number."""
        reading = self.read(name)
        __tracebackhide__ = True
        if reading.number is None:
            raise AssertionError(f"{name} is {reading.value!r}, {reading.quality.value}: no number")
        return reading.number

    def read_many(self, names: Iterable[str]) -> Snapshot:
        """Names of points, in as few requests as possible; what could not be read is in its `failures`."""
        wanted = list(names)
        found = self.do(lambda device: device.read_many(wanted))
        self._seen(found.values())
        return found

    def read_all(self) -> Snapshot:
        return self.do(lambda device: device.read_all())

    def write(self, values: Mapping[str, Scalar] | None = None, **named: Scalar) -> Snapshot:
        """`write(preset_valve=65.0)`, or a mapping for names with dots. Checked, written, read back."""
        return self.do(lambda device: device.write({**(values or {}), **named}))

    def alarms(self) -> frozenset[str]:
        """Names of those that are active; of those that cannot be told nothing is said here."""
        found = self.do(lambda device: device.read_alarms())
        return frozenset(alarm.entry.name for alarm in found if alarm.active)

    def journal(self) -> list[JournalEntry]:
        return self.do(lambda device: device.read_journal())

    def recording(self) -> Recording | None:
        """Of the flight recorder; None where nothing tripped since the start."""
        return self.do(lambda device: device.read_recording())

    def wait_until(self, name: str, wanted: Wanted, within_s: float, every_s: float = _EVERY_S) -> float:
        """Ask again and again until the point has this value, or until `wanted(value)` is true; how long that took, in the
        board's seconds. A controller that does not answer is asked again too. Raises AssertionError that says what it is."""
        __tracebackhide__ = True
        self.do(lambda device: _known(device, name))

        def now() -> tuple[bool, str]:
            try:
                reading = self.read(name)
            except LinkError as error:
                return False, error.what
            fits = wanted(reading.value) if callable(wanted) else reading.value == wanted
            return fits, f"{name} is {reading.value!r} {reading.unit}".rstrip() + f" ({reading.quality.value})"

        return self._wait(now, within_s, every_s, "" if callable(wanted) else f", not {wanted!r}")

    def wait_for_alarm(self, name: str, within_s: float, *, active: bool = True, every_s: float = _EVERY_S) -> float:
        """Until it has come (or gone); how long that took. Raises AssertionError, which names those that are active."""
        __tracebackhide__ = True
        known = [entry.name for entry in self.dictionary.alarms]
        if name not in known:
            raise AssertionError(f"a {self.profile} has no alarm {name!r}: {did_you_mean(name, known)}")

        def now() -> tuple[bool, str]:
            try:
                found = self.alarms()
            except LinkError as error:
                return False, error.what
            return (name in found) is active, f"active alarms: {', '.join(sorted(found)) or 'none'}"

        return self._wait(now, within_s, every_s, f"; {name} has not {'come' if active else 'gone'}")

    def _wait(self, now: Callable[[], tuple[bool, str]], within_s: float, every_s: float, wanted: str) -> float:
        __tracebackhide__ = True
        began_s = self._unit.time.now_s
        while True:
            fits, told = now()
            after_s = self._unit.time.now_s - began_s
            if fits:
                return after_s
            if after_s >= within_s:
                raise AssertionError(f"{told}{wanted}, after {after_s:.1f} s")
            self._unit.time.run(every_s)

    def _seen(self, readings: Iterable[Reading]) -> None:
        now_s = self._unit.time.now_s
        self.samples += [Sample(now_s, reading) for reading in readings if reading.number is not None]


async def _known(device: Device, name: str) -> None:
    """An unknown name is told at once, and not after the waiting."""
    find_point(device.dictionary, name)
