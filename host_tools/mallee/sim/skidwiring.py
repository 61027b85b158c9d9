"""Between a skid of the plant and its controller's pins: transmitters one way, drives the other.

The input vector is that of modules/virtual_pump.py: 16 transmitters in the order of boards/equipment/pump.py, two ambient
ones, uA; then the chips that are absent; the leak rope; contacts; then the sensors with chips of their own, which have no
faults here yet. The contact of the other skid is wired: where a pod has two skids, `peer` of each is the other's wiring.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from typing import Any

from .otherwiring import others
from .pduwiring import DRY_ohm, WET_ohm
from .plant.plant import Plant
from .transmitters import Transmitter

OUTPUTS = 4
_FULL_DUTY = 65535


def inputs(equipment: dict[str, Any]) -> int:
    """Words of the input vector."""
    return sum(len(equipment[table]) for table in ("ANALOG", "AMBIENT", "OTHERS")) + 3


class SkidWiring:
    """`transmitters` by name, as the equipment names them: set their faults here."""

    def __init__(self, plant: Plant, name: str, equipment: dict[str, Any], seed: int, noise_percent: float) -> None:
        self.plant = plant
        self.skid = plant.skids[name]
        self.peer: SkidWiring | None = None
        self.running = False
        """What its controller says by its contact."""
        self.rope_ohm: list[int | None] = [None]
        """Fault: what is on the leak rope whatever the plant does."""
        self.absent = 0
        """Fault: chips that do not answer, as sim/chips/absence.py counts them."""
        self.switch_level_percent: float | None = None
        """Level above which the level switch is closed; None: the tank has none."""
        self._pump_drive: tuple[float, float] = equipment["PUMP_DRIVE"]
        self._valve_drive: tuple[float, float] = equipment["VALVE_DRIVE"]
        source = random.Random(f"{seed}/{name}")
        self.transmitters: dict[str, Transmitter] = {}
        read = self._readers()
        self._channels: list[tuple[Transmitter, Callable[[], float]]] = []
        rows = [(row[0], row[2], row[3]) for row in equipment["ANALOG"]]
        rows += [(row[0], row[1], row[2]) for row in equipment["AMBIENT"]]
        for label, low, high in rows:
            transmitter = self.transmitters[label] = Transmitter(low, high, source, noise_percent)
            self._channels.append((transmitter, read[label]))
        self._others = others(equipment["OTHERS"], read, source, noise_percent)
        self._pack = struct.Struct(f"<{len(rows) + 3 + len(self._others)}i").pack

    def _readers(self) -> dict[str, Callable[[], float]]:
        """What each transmitter measures. A transmitter that the equipment has and the plant does not is an error at once."""
        plant, skid = self.plant, self.skid

        def supply() -> float:
            return skid.supply_degC

        def power_kW(pump: int) -> float:
            return skid.hydraulics.pump_powers_W(plant.differential_pressure_kPa)[pump] / 1000.0

        return {
            "supply_temperature_1": supply,
            "supply_temperature_2": supply,
            "supply_temperature_3": supply,
            "return_temperature": lambda: plant.return_degC,
            "facility_supply_temperature": lambda: plant.facility_supply_degC,
            "facility_return_temperature": lambda: skid.facility_return_degC,
            "differential_pressure": lambda: plant.differential_pressure_kPa,
            "supply_pressure": lambda: plant.suction_kPa + plant.differential_pressure_kPa,
            "return_pressure": lambda: plant.suction_kPa,
            "filter_differential_pressure": lambda: skid.filter_kPa,
            "flow": lambda: plant.l_min(skid.flow_kg_s),
            "facility_flow": lambda: skid.facility_flow_kg_s * 60.0 / 0.995,  # water at 32 °C, kg/l
            "level": lambda: plant.vessel.level_percent,
            "valve_position": lambda: 100.0 * skid.valve.position,
            "pump_speed_1": lambda: skid.pumps[0].speed_percent,
            "pump_speed_2": lambda: skid.pumps[1].speed_percent,
            "pump_power_1": lambda: power_kW(0),
            "pump_power_2": lambda: power_kW(1),
            "ambient_temperature": lambda: plant.room.temperature_degC,
            "ambient_humidity": lambda: plant.room.humidity_percent,
        }

    def drift(self, dt_s: float) -> None:
        for transmitter, _ in self._channels:
            if transmitter.drift_per_s:
                transmitter.drifted += transmitter.drift_per_s * dt_s

    def swap(self, one: str, other: str) -> None:
        """Fault: two loops end at each other's terminals. Again, and each is where it was."""
        names = list(self.transmitters)
        i, j = names.index(one), names.index(other)
        self._channels[i], self._channels[j] = self._channels[j], self._channels[i]

    def lack(self, chips: int) -> None:
        """Fault: these chips do not answer; 0: all do."""
        self.absent = chips

    def inputs(self) -> bytes:
        loops = [transmitter.current_uA(read()) for transmitter, read in self._channels]
        return self._pack(*loops, self.absent, self._rope_ohm(), self._contacts(), *[word() for word in self._others])

    def _rope_ohm(self) -> int:
        """Water that leaks at the skid runs over its rope."""
        if self.rope_ohm[0] is not None:
            return self.rope_ohm[0]
        wet = any(leak.place == self.skid.name for leak in self.plant.leaks)
        return WET_ohm if wet else DRY_ohm

    def _contacts(self) -> int:
        peer = self.peer is not None and self.peer.running
        level = self.switch_level_percent
        closed = level is not None and self.plant.vessel.level_percent > level
        return peer | closed << 1

    def outputs(self, values: tuple[int, ...]) -> None:
        """Duties of pump 1, pump 2, valve; one that is not driven leaves the equipment as it is. Below its live zero a drive
        stops its pump, and a valve goes to its closed end."""
        for pump, duty in zip(self.skid.pumps, values, strict=False):
            if duty >= 0:
                pump.command_percent = 100.0 * _part(duty, self._pump_drive)
        if values[2] >= 0:
            self.skid.valve.command = _part(values[2], self._valve_drive)
        self.running = values[3] == 1


def _part(duty: int, span: tuple[float, float]) -> float:
    """What a duty means to who expects its 0 and 100 % at these parts of all of it."""
    zero, full = span
    return min(1.0, max(0.0, (duty / _FULL_DUTY - zero) / (full - zero)))
