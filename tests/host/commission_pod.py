"""A skid and a PDU in memory that do what they are told, for acceptances: pumps and valve follow in service, contactors their
switches, the interlock of supply pressure its limit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mallee.testing import MockDevice, MockPod

from .doctored import PDU, SKID

POD = """\
[pod]
name = "new pod"
[[skid]]
name = "skid-1"
address = "tcp://192.0.2.1"
[[feed]]
name = "A"
main_A = 500.0
[[pdu]]
name = "pdu-a1"
feed = "A"
main_A = 400.0
address = "tcp://192.0.2.11"
racks = ["rack-1"]
[[rack]]
name = "rack-1"
power_kW = 120.0
liquid_kW = 104.0
"""
SETTINGS = {
    "skid-1": {
        "service_speed.1": None, "service_speed.2": None, "service_valve": None, "operation_setpoint": "run",
        "supply_pressure_limit": 500.0, "supply_pressure_stop": 600.0, "return_pressure_low": 50.0,
    },
    "pdu-a1": {f"branch_switch.{branch}": True for branch in range(1, 9)},
}  # fmt: skip
"""What an acceptance moves, as it was before."""


class Following:
    """Around a mock's answers: what a controller would make of what was written."""

    def __init__(self, device: MockDevice) -> None:
        self.device = device
        self.broken: set[int] = set()
        """Branches whose contactor does not open."""
        self._answer = device.answer
        self._tripped = False
        device.answer = self.answer  # type: ignore[method-assign]

    def answer(self, pdu: bytes) -> bytes:
        now_s = asyncio.get_running_loop().time()
        self.device.set(sequence=int(10 * now_s) & 0xFFFF, uptime=1000 + int(now_s))
        answer = self._answer(pdu)
        if pdu[0] in (5, 6, 15, 16):
            (self._skid if self.device.name == "skid-1" else self._pdu)()
        return answer

    def _value(self, name: str) -> Any:
        return self.device.value(name)

    def _skid(self) -> None:
        service = self._value("operation_setpoint") == "service"
        if self._value("supply_pressure_stop") < self._value("supply_pressure"):
            self._tripped = True
        suction = self._value("return_pressure_low") > self._value("return_pressure")
        if self._value("reset_latch") == 17:
            self._tripped = False
            self.device.set(reset_latch=0)
        values: dict[str, Any] = {"operation": "service" if service else "run", "valve_position": 66.0}
        for pump in (1, 2):
            asked = self._value(f"service_speed.{pump}")
            speed = 0.0 if self._tripped else asked if service and asked is not None else 53.0
            state = "locked" if self._tripped else "running" if speed else "stopped"
            values |= {f"pump_speed.{pump}": speed, f"pump_command.{pump}": speed, f"pump_state.{pump}": state}
        if service and self._value("service_valve") is not None:
            values["valve_position"] = self._value("service_valve")
        values |= {"valve_command": values["valve_position"], "clock_source": "host", "clock": self._value("set_clock")}
        self.device.set(
            **values,
            state="tripped" if self._tripped else "local",
            first_out=17 if self._tripped else 19 if suction else None,
        )
        self.device.alarm("supply_pressure_stop", self._tripped)
        self.device.alarm("return_pressure_low", suction)

    def _pdu(self) -> None:
        closed = {branch for branch in range(1, 9) if self._value(f"branch_switch.{branch}") or branch in self.broken}
        self.device.set(closed=frozenset(f"branch_{branch}" for branch in closed))
        self.device.set(clock_source="host", clock=self._value("set_clock"))
        for branch in range(1, 9):
            told, shut = self._value(f"branch_switch.{branch}"), branch in closed
            state = "closed" if shut and told else "disagrees" if shut else "open"
            self.device.set(**{f"branch.{branch}.state": state, f"branch.{branch}.current": 20.0 if shut else 0.0})


@contextmanager
def commissioned(folder: Path) -> Iterator[dict[str, Following]]:
    """The pod file is `pod.toml` in that folder."""
    (folder / "pod.toml").write_text(POD, encoding="utf-8")
    with MockPod(folder / "pod.toml") as pod:
        found = {}
        for name, values in (("skid-1", SKID), ("pdu-a1", PDU)):
            device = pod[name]
            known = {point: value for point, value in values.items() if point in device.dictionary.by_name}
            device.set(**known, alarm_count=0, name=name, serial_number=f"5E71A{len(found)}")
            device.set(**SETTINGS[name])
            found[name] = Following(device)
        yield found
