"""Reads of one fast block, as many as go: mallee against three other masters, in turns, in one run."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from statistics import median

from mallee import resources
from mallee.device.device import Device
from mallee.link.address import SerialAddress
from mallee.link.rtu import SerialLink
from mallee.link.tcp import TcpLink
from pymodbus.client import AsyncModbusTcpClient

from .serving import responder

_READS, _ROUNDS, _SERIAL_READS = 1500, 5, 100
_FIRST, _COUNT = 100, 55


async def ours(device: Device, reads: int, at_once: int) -> None:
    async def some() -> None:
        for _ in range(reads // at_once):
            await device.read_fast()

    await asyncio.gather(*(some() for _ in range(at_once)))


async def plain_pymodbus(client: AsyncModbusTcpClient) -> None:
    for _ in range(_READS):
        answer = await client.read_input_registers(_FIRST, count=_COUNT, device_id=1)
        assert len(answer.registers) == _COUNT


def py_modbus_tcp(port: int) -> None:
    from pyModbusTCP.client import ModbusClient

    client = ModbusClient("127.0.0.1", port, unit_id=1)
    for _ in range(_READS):
        assert len(client.read_input_registers(_FIRST, _COUNT) or ()) == _COUNT
    client.close()


def minimal_modbus(pty: str) -> None:
    import minimalmodbus

    instrument = minimalmodbus.Instrument(pty, 1)
    assert instrument.serial is not None
    instrument.serial.parity, instrument.serial.baudrate, instrument.serial.timeout = "N", 115200, 1
    for _ in range(_SERIAL_READS):
        assert len(instrument.read_registers(_FIRST, _COUNT, 4)) == _COUNT
    instrument.serial.close()


async def serial_ours(pty: str) -> None:
    link = SerialLink(SerialAddress(pty, 115200, "8N1"))
    await ours(Device(link, 1, resources.dictionary("pdu")), _SERIAL_READS, 1)
    await link.close()


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    began_s = time.perf_counter()
    await work()
    return time.perf_counter() - began_s


async def rounds(port: int, pty: str) -> list[dict[str, float]]:
    link = TcpLink("127.0.0.1", port)
    device = await Device.connect(link, 1)
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()
    found: list[dict[str, float]] = []
    for _ in range(_ROUNDS):
        found.append(
            {
                "pipelined": await timed(lambda: ours(device, _READS, 16)),
                "pymodbus": await timed(lambda: plain_pymodbus(client)),
                "one": await timed(lambda: ours(device, _READS, 1)),
                "pyModbusTCP": await timed(lambda: asyncio.to_thread(py_modbus_tcp, port)),
                "serial": await timed(lambda: serial_ours(pty)),
                "minimalmodbus": await timed(lambda: asyncio.to_thread(minimal_modbus, pty)),
            }
        )
    client.close()
    await link.close()
    return found


def measure() -> dict[str, tuple[float | None, str]]:
    with responder(1) as serving, contextlib.redirect_stdout(None):
        found = asyncio.run(rounds(serving.ports[0], serving.pty))

    def ratio(theirs: str, mine: str) -> float:
        return round(median(each[theirs] / each[mine] for each in found), 2)

    turns = f"median of {_ROUNDS} rounds in turns"
    how = f"{_READS} reads of 55 registers from one device, theirs to words and ours to values; {turns}"
    serial = f"{_SERIAL_READS} reads of 55 registers through a PTY, both with silence of 1.75 ms, which our loop rounds up to "
    serial += f"2 ms; {turns}"
    return {
        "throughput.pymodbus": (ratio("pymodbus", "pipelined"), f"16 in flight, which pymodbus cannot; {how}"),
        "throughput.pymodbus_one": (ratio("pymodbus", "one"), f"one in flight; {how}"),
        "throughput.pymodbustcp": (ratio("pyModbusTCP", "pipelined"), f"16 in flight, theirs blocking; {how}"),
        "throughput.minimalmodbus": (ratio("minimalmodbus", "serial"), serial),
    }
