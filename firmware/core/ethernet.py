"""Modbus TCP over a W5500 on SPI (MicroPython: class network.WIZNET5K, with lwIP).

The chip is woken in the first once-a-second step, when the equipment has been protected for a second. Nothing waits for a
cable or for an address: DHCP runs inside lwIP, and each second it is seen how far it got. `ifconfig("dhcp")` is not used,
because it waits for ten seconds. One listener and four clients are the five TCP connections that lwIP has there.
"""

from time import sleep_ms

import network
from machine import Pin
from micropython import const

from core.spi import open_bus
from core.tcp import TcpServer

_BAUD = const(20_000_000)  # MicroPython's own for this board
_AGAIN_MS = const(10_000)  # between attempts to wake a chip that does not answer: each takes the main loop 160 ms
_PATIENCE_MS = const(5000)  # a link that is down for less costs no client its connection
_NO_ADDRESS = "0.0.0.0"


class EthernetServer:
    """`pins` is the board's ETHERNET, `address` (address, mask, gateway, name server) as text, or None for DHCP."""

    # Of a serial line only: not available here.
    overruns = unanswered = noise = gaps = broadcasts = None

    def __init__(self, server, port, unit, pins, address=None):
        self._tcp = TcpServer(server, port, unit, listen=False)
        self._pins = pins
        self._static = address
        self._nic = None
        self._sleep_ms = 0  # until the next attempt to wake the chip
        self._down_ms = 0
        self._listens_at = None

    @property
    def connected(self):
        return self._tcp.connected

    @property
    def evictions(self):
        return self._tcp.evictions

    @property
    def foreign(self):
        return self._tcp.foreign

    def wait(self, ms):
        if self._listens_at is None:
            sleep_ms(ms)
        else:
            self._tcp.wait(ms)

    def age(self, ms):
        """Once a second: wake the chip, follow cable and address. Never waits for either."""
        if self._nic is None:
            self._sleep_ms -= ms
            if self._sleep_ms <= 0:
                self._wake()
            return
        try:
            self._follow(ms, self._nic)
        except OSError as error:
            print("mallee: Ethernet:", error)
            self._stop()
        self._tcp.age(ms)

    def _wake(self):
        pins = self._pins
        self._sleep_ms = _AGAIN_MS
        try:
            nic = network.WIZNET5K(  # pyright: ignore[reportAttributeAccessIssue]
                open_bus(pins["spi"], _BAUD, 0, 0), Pin(pins["select"]), Pin(pins["reset"])
            )
            nic.active(True)
            if self._static is not None:
                nic.ifconfig(self._static)
            elif hasattr(nic, "ipconfig"):
                nic.ipconfig(dhcp4=True)  # returns at once; before MicroPython 1.24, active() alone starts DHCP
        except OSError as error:
            print("mallee: the Ethernet chip does not answer, next attempt in 10 s:", error)
            return
        self._nic = nic

    def _follow(self, ms, nic):
        address = nic.ifconfig()[0] if nic.isconnected() else _NO_ADDRESS
        if address == _NO_ADDRESS:
            self._down_ms += ms
            if self._listens_at is not None and self._down_ms >= _PATIENCE_MS:
                self._stop()
            return
        self._down_ms = 0
        if address != self._listens_at:
            self._stop()
            self._tcp.listen()
            self._listens_at = address
            print("mallee: Modbus TCP at", address)

    def _stop(self):
        self._listens_at = None
        self._tcp.close()
