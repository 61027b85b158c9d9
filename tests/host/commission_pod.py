"""A skid and a PDU in memory that do what they are told, for acceptances: pumps and valve follow in service, contactors their
switches, the interlock of supply pressure its limit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mallee import resources
from mallee.commissioning.metering import settings_of
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
_SKID_SETTINGS = (
    "supply_pressure_limit", "supply_pressure_stop", "return_pressure_low", "over_temperature", "dry_run_level",
    "filter_limit", "filter_clean", "filter_warning", "pump_worn", "vessel_volume", "mode_setpoint", "flow_setpoint",
    "differential_pressure_setpoint", "supply_temperature_setpoint", "lease_hold",
)  # fmt: skip
_PDU_SETTINGS = ("undervoltage", "overvoltage", "thermal_time_constant", "thermal_limit", "lease_hold")
_BRANCH_SETTINGS = ("rating", "instantaneous", *(name.removeprefix("branch.1.") for name in settings_of(1)))


def _defaults(profile: str, names: Iterable[str]) -> dict[str, Any]:
    points = resources.dictionary(profile).by_name
    found: dict[str, Any] = {}
    for name in names:
        default = points[name].default
        found[name] = next((choice.name for choice in points[name].choices if choice.value == default), default)
    return found


SETTINGS: dict[str, dict[str, Any]] = {
    "skid-1": _defaults("pump", _SKID_SETTINGS) | {
        "service_speed.1": None, "service_speed.2": None, "service_valve": None, "operation_setpoint": "run",
    },
    "pdu-a1": {f"branch_switch.{branch}": True for branch in range(1, 9)} | _defaults(
        "pdu",
        [*_PDU_SETTINGS, *(f"branch.{branch}.{name}" for branch in range(1, 9) for name in _BRANCH_SETTINGS)],
    ),
}  # fmt: skip
"""What an acceptance moves, as it was before."""


class Following:
    """Around a mock's answers: what a controller would make of what was written. Alarms come without delay."""

    def __init__(self, device: MockDevice) -> None:
        self.device = device
        self.broken: set[int] = set()
        """Branches whose contactor does not open."""
        self.load_A = 21.3
        self.idle_A = 0.0
        """What the meters show without load."""
        self._answer = device.answer
        self._latched: set[str] = set()
        self._lease_until_s: float | None = None
        device.answer = self.answer  # type: ignore[method-assign]

    def answer(self, pdu: bytes) -> bytes:
        now_s = asyncio.get_running_loop().time()
        self.device.set(sequence=int(10 * now_s) & 0xFFFF, uptime=1000 + int(now_s))
        if self.device.name != "skid-1" and (branch := self._value("close_branch")):
            self._close_look(int(branch), int(3.3 * now_s) & 0x7FFF)
        lapsed = self._lease_until_s is not None and now_s > self._lease_until_s
        if lapsed and self._value("lease_state") == "active":
            self.device.set(lease_state="none", state="local")
            self.device.alarm("lease_lost")
        answer = self._answer(pdu)
        if pdu[0] in (5, 6, 15, 16):
            if "remote_holder" in self.device.writes[-1]:
                self._lease_until_s = now_s + float(self._value("remote_seconds"))
                self.device.alarm("lease_lost", False)
            self.settle()
        return answer

    def settle(self) -> None:
        """What follows from what stands there now."""
        (self._skid if self.device.name == "skid-1" else self._pdu)()

    def _value(self, name: str) -> Any:
        return self.device.value(name)

    def _alarms(self, conditions: dict[str, bool]) -> bool:
        """Tell them; True while one is latched."""
        entries = {entry.name: entry for entry in self.device.dictionary.alarms}
        self._latched |= {name for name, holds in conditions.items() if holds and entries[name].latch}
        reset = self._value("reset_latch")
        self._latched -= {name for name in self._latched if entries[name].code == reset and not conditions[name]}
        self.device.set(reset_latch=0)
        for name, holds in conditions.items():
            self.device.alarm(name, holds or name in self._latched)
        return bool(self._latched)

    def _skid(self) -> None:
        value = self._value
        clean, lost = value("filter_clean"), 0.0 if value("vessel_volume") >= 100 else 30.0
        self.device.set(filter_loading=5.0 if clean > 1.0 else 150.0, lost_volume=lost)
        short = value("mode_setpoint") == "flow" and value("flow_setpoint") > 1.7 * value("flow")
        tripped = self._alarms(
            {
                "dry_run": value("level") < value("dry_run_level"),
                "supply_pressure_stop": value("supply_pressure") > value("supply_pressure_stop"),
                "supply_pressure_high": value("supply_pressure") > value("supply_pressure_limit"),
                "return_pressure_low": value("return_pressure") < value("return_pressure_low"),
                "return_pressure_stop": value("return_pressure") < value("return_pressure_low") / 2,
                "over_temperature": value("supply_temperature") > value("over_temperature"),
                "filter_blocked": value("filter_differential_pressure") > value("filter_limit"),
                "filter_loaded": value("filter_loading") > value("filter_warning"),
                "leak_rope": value("leak_rope") == "wet",
                "leak_balance": lost > value("leak_volume"),
                "leak_stop": lost > value("leak_volume") and value("leak_rope") == "wet",
                "flow_low": short,
                "flow_critical": short,
            }
        )
        service = value("operation_setpoint") == "service"
        values: dict[str, Any] = {"operation": "service" if service else "run", "valve_position": 66.0}
        for pump in (1, 2):
            asked = value(f"service_speed.{pump}")
            speed = 0.0 if tripped else asked if service and asked is not None else 53.0
            state = "locked" if tripped else "running" if speed else "stopped"
            values |= {f"pump_speed.{pump}": speed, f"pump_command.{pump}": speed, f"pump_state.{pump}": state}
        if service and value("service_valve") is not None:
            values["valve_position"] = value("service_valve")
        values |= {"valve_command": values["valve_position"], "clock_source": "host", "clock": value("set_clock")}
        self.device.set(**values, state="tripped" if tripped else "local")

    def _pdu(self) -> None:
        value, volts = self._value, self._value("phase_voltage.1")
        conditions = {
            f"{name}.{phase}": volts < value(name) if name == "undervoltage" else volts > value(name)
            for name in ("undervoltage", "overvoltage")
            for phase in (1, 2, 3)
        }
        for branch in range(1, 9):
            current = value(f"branch.{branch}.current")
            hot = current > 1.3 * value(f"branch.{branch}.rating")
            conditions |= {f"{name}.{branch}": hot for name in ("overload_trip", "overload_warning", "trip_ahead")}
            conditions[f"instantaneous_trip.{branch}"] = current > value(f"branch.{branch}.instantaneous")
        for rope in (1, 2):
            conditions[f"leak.{rope}"] = value(f"leak_rope.{rope}") == "wet"
        tripped = self._alarms(conditions)
        tripping = {int(name[-1]) for name in self._latched if "_trip." in name}
        if "leak.1" in self._latched:
            tripping |= {1, 2}
        for branch in tripping:
            self.device.set(**{f"branch_switch.{branch}": False})
        closed = {branch for branch in range(1, 9) if value(f"branch_switch.{branch}") or branch in self.broken}
        self.device.set(closed=frozenset(f"branch_{branch}" for branch in closed))
        self.device.set(clock_source="host", clock=value("set_clock"), state="tripped" if tripped else "local")
        for branch in range(1, 9):
            told, shut = value(f"branch_switch.{branch}"), branch in closed
            state = "closed" if shut and told else "disagrees" if shut else "tripped" if branch in tripping else "open"
            self.device.set(
                **{f"branch.{branch}.state": state, f"branch.{branch}.current": self.load_A if shut else 0.0}
            )

    def _close_look(self, branch: int, sequence: int) -> None:
        """As the metering chip would show it: gain and offset as they are set."""
        on, values = self._value(f"branch.{branch}.state") == "closed", {}
        for phase in (1, 2, 3):
            gain, offset = (self._value(f"branch.{branch}.current_{each}.{phase}") for each in ("gain", "offset"))
            current = max(0.0, gain * ((self.load_A if on else 0.0) + self.idle_A) + offset)
            values |= {f"close_voltage.{phase}": 240.0, f"close_current.{phase}": current}
            values[f"close_power.{phase}"] = 240.0 * current if on else 0.0
        self.device.set(close_shown=branch, close_sequence=sequence, calibration_pending=frozenset(), **values)
        self.device.set(**{f"branch.{branch}.reactive_power": 100})


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
            if name == "skid-1":
                device.set(peer_running="closed")
            else:
                device.set(**{f"branch.{branch}.current": found[name].load_A for branch in range(1, 9)})
        yield found
