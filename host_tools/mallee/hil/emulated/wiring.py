"""Wires between the emulated chip and the devices around it: SPI with its real duration, and pins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from rp2040py.gpio_pin import GPIOPinState

from .clocks import peripheral_Hz
from .pico import Pico


class SpiDevice(Protocol):
    def select(self, on: bool) -> None:
        """The chip select changed; true is selected."""

    def exchange(self, byte: int) -> int:
        """One byte each way."""
        ...


class SpiBus:
    """One SPI of the chip. A byte takes eight of its clocks, as on the wire; without that, costs would be too good."""

    def __init__(self, pico: Pico, number: int) -> None:
        self._mcu: Any = pico.mcu
        self._port: Any = pico.mcu.spi[number]
        self._alarm = pico.mcu.clock.create_alarm(self._done)
        self._slower = 0.0
        self._answer = 0
        self.device: Callable[[int], int] = lambda byte: 0xFF  # whoever drives the bus now
        self._port.on_transmit = self._transmit

    def _transmit(self, value: int) -> None:
        self._answer = self.device(value)
        if not self._slower:  # the port's own figure holds for a clk_peri of 125 MHz
            self._slower = self._mcu.clk_peri / peripheral_Hz(self._mcu)
        self._alarm.schedule(8e9 * self._slower / (self._port.clock_frequency or 1e6))

    def _done(self) -> None:
        self._port.complete_transmit(self._answer)


def high(pico: Pico, pin: int) -> bool:
    """The level at a pin, as the chip drives or pulls it."""
    return pico.mcu.gpio[pin].value in (GPIOPinState.HIGH, GPIOPinState.INPUT_PULL_UP)


def on_change(pico: Pico, pin: int, call: Callable[[bool], None]) -> None:
    """Call with the new level whenever the pin changes."""

    def changed(now: Any, before: Any) -> None:
        call(now in (GPIOPinState.HIGH, GPIOPinState.INPUT_PULL_UP))

    pico.mcu.gpio[pin].add_listener(changed)


def set_analog(pico: Pico, pin: int, volts: float) -> None:
    """Voltage at GP26 to GP28, 3.3 V being full scale of the 12-bit converter."""
    pico.mcu.adc.channel_values[pin - 26] = max(0, min(4095, round(volts / 3.3 * 4096)))
