"""The clock of the UARTs and SPIs, which the emulator always takes for 125 MHz (RP2040 data sheet, 2.15)."""

from __future__ import annotations

from typing import Any

_CLK_PERI_CTRL, _FROM_USB_PLL = 0x40008048, 2  # 2.15.7


def peripheral_Hz(mcu: Any) -> float:
    """Of clk_peri as the firmware chose it. MicroPython takes the USB's PLL: 48 MHz."""
    source = mcu.read_uint32(_CLK_PERI_CTRL) >> 5 & 7
    return 48_000_000 if source == _FROM_USB_PLL else mcu.clk_peri
