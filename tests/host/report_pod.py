"""A recorded pod for tests of reports: two PDUs on two feeds, a skid, two racks, of which every figure is known beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from mallee.history.frames import FrameCoder
from mallee.history.gaps import Change, Gap
from mallee.history.rows import Entry, StoredFrame
from mallee.history.series import Layout, Series
from mallee.history.store import Store
from mallee.reading import Quality, Scalar

from .history_files import make

BEGIN_MS = 1_774_735_200_000
"""2026-03-28T22:00Z, two hours before Europe/Berlin has a Sunday of 23 hours."""
POD = """
[pod]
name = "p"
[[feed]]
name = "A"
main_A = 200.0
[[feed]]
name = "B"
main_A = 200.0
[[pdu]]
name = "pdu-a"
feed = "A"
main_A = 200.0
address = "tcp://127.0.0.1:9"
racks = ["rack-1", "rack-2", ""]
[[pdu]]
name = "pdu-b"
feed = "B"
main_A = 200.0
address = "tcp://127.0.0.1:9"
unit = 2
racks = ["rack-1", "rack-2"]
[[rack]]
name = "rack-1"
power_kW = 60.0
liquid_kW = 50.0
[[rack]]
name = "rack-2"
power_kW = 60.0
liquid_kW = 50.0
[[skid]]
name = "skid-1"
address = "tcp://127.0.0.1:9"
unit = 3
[history]
path = "h.db"
"""
BRANCH_kW: Mapping[str, float] = {"pdu-a.1": 20.0, "pdu-a.2": 10.0, "pdu-a.3": 1.0, "pdu-b.1": 20.0, "pdu-b.2": 10.0}
"""Constant; rack-1 draws 40 kW, rack-2 20 kW, and 1 kW goes somewhere else."""
PHASES_A: Mapping[str, tuple[float, float, float]] = {
    "pdu-a.1": (40.0, 20.0, 20.0), "pdu-a.2": (30.0, 10.0, 10.0), "pdu-a.3": (1.0, 1.0, 1.0),
    "pdu-b.1": (30.0, 30.0, 29.0), "pdu-b.2": (14.0, 14.0, 14.0),
}  # fmt: skip
HEAT_kW, FLOW_l_min, SPEED_percent = 48.0, 300.0, (40.0, 40.0)
EVERY_S = 10
"""A scan."""


def slow_layout(pdu: str) -> Layout:
    found = []
    for name in (each for each in BRANCH_kW if each.startswith(pdu)):
        branch = name.replace(".", ".branch.")
        found.append(Series(pdu, f"{branch.split('.', 1)[1]}.energy", "Wh", "number", "Q"))
        found += [
            Series(pdu, f"{branch.split('.', 1)[1]}.phase_current.{n}", "A", "number", "H", -2) for n in (1, 2, 3)
        ]
    return Layout(pdu, tuple(found))


def fast_layout(device: str) -> Layout:
    sequence = Series(device, "sequence", "", "number", "H")
    if device == "skid-1":
        return Layout(
            device,
            (
                sequence,
                Series(device, "heat", "kW", "number", "H", -1),
                Series(device, "flow", "l/min", "number", "H", -1),
                *(Series(device, f"pump_speed.{n}", "%", "number", "h", -2) for n in (1, 2)),
            ),
        )
    branches = [each.split(".")[1] for each in BRANCH_kW if each.startswith(device)]
    return Layout(
        device,
        (
            sequence,
            Series(device, "energy", "Wh", "number", "Q"),
            Series(device, "power", "W", "number", "I"),
            *(Series(device, f"branch.{n}.power", "W", "number", "H", 1) for n in branches),
        ),
    )


class Recording:
    """Appends scans of the whole pod; `Wh` are what counters stand at more than at the beginning."""

    def __init__(self, path: Path) -> None:
        self.store: Store = make(path)
        self.offset_Wh: dict[str, int] = {}
        """By place: of a counter that was replaced."""
        self.unknown: set[str] = set()
        """Points that have a sensor fault."""
        self.without: set[str] = set()
        """Devices that do not answer."""
        self.counters = True
        """Of branches: read once a minute."""
        self._coders: dict[Layout, tuple[int, FrameCoder]] = {}

    def run(self, from_s: int, to_s: int) -> None:
        for second in range(from_s, to_s, EVERY_S):
            frames = list(self._scan(second))
            self.store.append(Entry(BEGIN_MS + 1000 * second, frames))
            while self.store.work():
                pass

    def gap(self, device: str, from_s: int, to_s: int) -> None:
        found = Gap(device, BEGIN_MS + 1000 * from_s, BEGIN_MS + 1000 * to_s, "not_recording", "")
        self.store.append(Entry(BEGIN_MS + 1000 * to_s, changes=[Change(found, False)]))

    def close(self, at_s: int) -> None:
        self.store.close(BEGIN_MS + 1000 * at_s)

    def _scan(self, second: int) -> Iterable[StoredFrame]:
        for device in ("pdu-a", "pdu-b", "skid-1"):
            if device in self.without:
                continue
            yield self._frame(fast_layout(device), second, self._fast(device, second))
            if device != "skid-1" and self.counters and second % 60 == 0:
                yield self._frame(slow_layout(device), second, self._slow(device, second))

    def _Wh(self, place: str, kW: float, second: int) -> int:
        return 10_000_000 + round(kW * second / 3.6) + self.offset_Wh.get(place, 0)

    def _fast(self, device: str, second: int) -> dict[str, Scalar]:
        if device == "skid-1":
            speeds = {f"pump_speed.{n}": speed for n, speed in enumerate(SPEED_percent, 1)}
            return {"sequence": second % 60_000, "heat": HEAT_kW, "flow": FLOW_l_min, **speeds}
        own = {name: kW for name, kW in BRANCH_kW.items() if name.startswith(device)}
        return {
            "sequence": second % 60_000,
            "energy": self._Wh(device, sum(own.values()), second),
            "power": round(1000 * sum(own.values())),
            **{f"branch.{name.split('.')[1]}.power": round(1000 * kW) for name, kW in own.items()},
        }

    def _slow(self, device: str, second: int) -> dict[str, Scalar]:
        found: dict[str, Scalar] = {}
        for name, kW in BRANCH_kW.items():
            if name.startswith(device):
                branch = f"branch.{name.split('.')[1]}"
                found[f"{branch}.energy"] = self._Wh(name, kW, second)
                for n, amps in enumerate(PHASES_A[name], 1):
                    found[f"{branch}.phase_current.{n}"] = amps
        return found

    def _frame(self, layout: Layout, second: int, values: Mapping[str, Scalar]) -> StoredFrame:
        if layout not in self._coders:
            self._coders[layout] = (self.store.number(layout), FrameCoder(layout))
        number, coder = self._coders[layout]
        row = [None if each.name in self.unknown else values[each.point] for each in layout.series]
        qualities = [Quality.FAULT if each.name in self.unknown else Quality.GOOD for each in layout.series]
        time_ms = BEGIN_MS + 1000 * second
        return StoredFrame(number, time_ms, coder.encode(number, 0, row, qualities))
