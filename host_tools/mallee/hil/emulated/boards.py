"""An rp2_pico with its equipment: the PDU's branches or the skid's transmitters, wired as the data in boards/ says."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...deploy import board as board_data
from .chips import Ads131m08, Atm90e32, Contactors
from .pico import Pico
from .wiring import SpiBus, high, on_change, set_analog

BRANCHES = 8


class PduBench:
    """Eight branches: current in ampere on the fast channels, volts and amperes at the metering chips, contactors."""

    def __init__(self, pico: Pico) -> None:
        pins: dict[str, Any] = board_data.load("rp2_pico").data["PDU"]
        self._pico = pico
        self._volts_per_A = board_data.equipment("pdu")["FAST_V_PER_A"]
        self.adc, self.contactors = Ads131m08(), Contactors()
        self.meters = [Atm90e32() for _ in range(BRANCHES)]
        self._fast = SpiBus(pico, pins["spi_fast"]["id"])
        self._meter = SpiBus(pico, pins["spi_meter"]["id"])
        self._fast.device = self.contactors.exchange
        on_change(pico, pins["analog_select"], self._analog_select)
        on_change(pico, pins["relay_latch"], self.contactors.latch)
        on_change(pico, pins["feedback_load"], self.contactors.load)
        self._address = pins["meter_select"]
        on_change(pico, pins["meter_enable"], self._meter_select)
        self.set_current_A([0.0] * BRANCHES)
        for meter in self.meters:
            meter.measure(230.0, 10.0)

    def set_current_A(self, amps: list[float]) -> None:
        self.adc.volts = [value * self._volts_per_A for value in amps]

    def _analog_select(self, level: bool) -> None:
        self._fast.device = self.contactors.exchange if level else self.adc.exchange
        self.adc.select(not level)

    def _meter_select(self, level: bool) -> None:
        if level:
            self._meter.device = lambda byte: 0xFF
            return
        number = sum(high(self._pico, pin) << bit for bit, pin in enumerate(self._address))
        self.meters[number].select(True)
        self._meter.device = self.meters[number].exchange


class SkidBench:
    """Transmitters by their name in the equipment's data, in their own unit; None is an open wire."""

    TYPICAL = {  # noqa: RUF012 - never changed
        "supply_temperature_1": 37.0, "supply_temperature_2": 37.0, "supply_temperature_3": 37.0,
        "return_temperature": 47.0, "facility_supply_temperature": 32.0, "facility_return_temperature": 41.0,
        "differential_pressure": 200.0, "supply_pressure": 350.0, "return_pressure": 150.0,
        "filter_differential_pressure": 15.0, "flow": 600.0, "facility_flow": 700.0, "level": 60.0,
        "valve_position": 55.0, "pump_speed_1": 53.0, "pump_speed_2": 53.0, "ambient_temperature": 25.0,
        "ambient_humidity": 40.0,
    }  # fmt: skip

    def __init__(self, pico: Pico) -> None:
        self._equipment = board_data.equipment("pump")
        pins = self._pins = board_data.load("rp2_pico").data["PUMP"]
        self._pico = pico
        self.adcs = (Ads131m08(), Ads131m08())
        self._bus = SpiBus(pico, pins["spi_analog"]["id"])
        for pin, adc in zip(pins["analog_select"], self.adcs, strict=True):
            on_change(pico, pin, partial(self._select, adc))
        for name, value in self.TYPICAL.items():
            self.set(name, value)

    def set(self, name: str, value: float | None) -> None:
        for known, (chip, channel), low, high_end, _ in self._equipment["ANALOG"]:
            if known == name:
                self.adcs[chip].volts[channel] = _loop_A(value, low, high_end) * self._equipment["SHUNT_ohm"]
        for index, (known, low, high_end, _) in enumerate(self._equipment["AMBIENT"]):
            if known == name:
                volts = _loop_A(value, low, high_end) * self._equipment["AMBIENT_SHUNT_ohm"]
                set_analog(self._pico, self._pins["ambient_adc"][index], volts)

    def _select(self, adc: Ads131m08, level: bool) -> None:
        if not level:
            self._bus.device = adc.exchange
        adc.select(not level)


def _loop_A(value: float | None, low: float, high_end: float) -> float:
    return 0.0 if value is None else 0.004 + (value - low) / (high_end - low) * 0.016
