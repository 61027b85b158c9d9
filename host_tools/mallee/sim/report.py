"""What a run amounted to, in plain numbers: energy, temperatures, restarts, time."""

from __future__ import annotations

import msgspec


class Range(msgspec.Struct):
    """Least, mean and greatest over the samples; None before the first."""

    minimum: float | None = None
    mean: float | None = None
    maximum: float | None = None
    samples: int = 0

    def add(self, value: float) -> None:
        self.samples += 1
        self.minimum = value if self.minimum is None else min(self.minimum, value)
        self.maximum = value if self.maximum is None else max(self.maximum, value)
        self.mean = value if self.mean is None else self.mean + (value - self.mean) / self.samples


class Report(msgspec.Struct, kw_only=True):
    """Physical truth of the plant, not what controllers measured."""

    virtual_s: float
    wall_s: float
    speed: float
    """Virtual seconds a wall second."""
    slipped_s: float
    """Wall seconds that a paced run gave up because the machine was too slow."""
    it_kWh: float
    heat_to_facility_kWh: float
    pump_kWh: float
    energy_error: float
    """Part of the energy that the plant's account does not explain."""
    supply_temperature_degC: Range
    return_temperature_degC: Range
    case_temperature_degC: Range
    """Of the warmest rack's devices."""
    differential_pressure_kPa: Range
    it_power_kW: Range
    restarts: dict[str, int]
    host_restarts: int
    refused_connections: int
    events: int
    log_hash: str
