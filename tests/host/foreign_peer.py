"""A unit of another make, played by pymodbus's server in a thread of its own, over TCP or on a serial line between two PTYs.

It has the registers that it is given and no others, takes the function codes that it is given and no others, and keeps what it
was asked.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from mallee.sim.line.ptys import PtyEnd
from pymodbus.constants import ExcCodes
from pymodbus.pdu import ModbusPDU
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

Image = dict[str, dict[int, int]]


@dataclass
class ForeignPeer:
    """`address` is what a host opens; `requests` are (function code, first address, count) of everything that came."""

    unit: int
    address: str
    image: Image
    requests: list[tuple[int, int, int]] = field(default_factory=list)


def words(value: int, registers: int = 1) -> list[int]:
    """High word first."""
    return [value >> 16 * (registers - 1 - index) & 0xFFFF for index in range(registers)]


def text(value: str, registers: int, pad: bytes = b"\0") -> list[int]:
    data = value.encode().ljust(2 * registers, pad)
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def at(address: int, values: Sequence[int]) -> dict[int, int]:
    return {address + index: value for index, value in enumerate(values)}


def _blocks(image: Mapping[int, int], datatype: DataType) -> list[SimData]:
    runs: list[list[int]] = []
    for address in sorted(image):
        if runs and runs[-1][-1] + 1 == address:
            runs[-1].append(address)
        else:
            runs.append([address])
    made = []
    for run in runs:
        values = [bool(image[a]) if datatype is DataType.BITS else image[a] for a in run]
        made.append(SimData(run[0], values=values, datatype=datatype))
    # pymodbus wants a block in each table; what is never asked for stands far away.
    return made or [SimData(65535, values=[False] if datatype is DataType.BITS else [0], datatype=datatype)]


@contextmanager
def foreign_unit(
    image: Image, *, unit: int, functions: Sequence[int] = (1, 2, 3, 4, 5, 6, 15, 16), serial: str | None = None
) -> Iterator[ForeignPeer]:
    """`image` is table → address → word; a write changes it. `serial` None: over TCP; else the framing of a line of 19200 Bd."""
    peer = ForeignPeer(unit, "", image)

    def traced(sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        if not sending:  # all that comes, also what is refused because there are no such registers
            peer.requests.append((pdu.function_code, pdu.address, pdu.count or 1))
        return pdu

    async def action(function, start, address, count, registers, values):
        if function not in functions:
            return ExcCodes.ILLEGAL_FUNCTION
        if values is not None:
            table = "coil" if function in (5, 15) else "holding"
            peer.image[table].update({address + index: int(value) for index, value in enumerate(values)})
        return None

    blocks = (
        _blocks(image.get("coil", {}), DataType.BITS),
        _blocks(image.get("discrete", {}), DataType.BITS),
        _blocks(image.get("holding", {}), DataType.REGISTERS),
        _blocks(image.get("input", {}), DataType.REGISTERS),
    )
    device = SimDevice(unit, blocks, action=action)
    ends: list[PtyEnd] = [PtyEnd(), PtyEnd()] if serial else []
    loop = asyncio.new_event_loop()
    ready, finish = threading.Event(), asyncio.Event()

    async def main() -> None:
        if serial:
            parity = serial[1]
            server = ModbusSerialServer(
                device, port=ends[0].name, baudrate=19200, parity=parity, ignore_missing_devices=True, trace_pdu=traced
            )
            peer.address = f"serial://{ends[1].name}?baud=19200&framing={serial}"
        else:
            server = ModbusTcpServer(device, address=("127.0.0.1", 0), ignore_missing_devices=True, trace_pdu=traced)
        await server.listen()
        if not serial:
            assert server.transport is not None
            port = server.transport.sockets[0].getsockname()[1]  # pyright: ignore[reportAttributeAccessIssue]
            peer.address = f"tcp://127.0.0.1:{port}"
        ready.set()
        await finish.wait()
        await server.shutdown()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),), daemon=True)
    thread.start()
    stop_r, stop_w = os.pipe()
    wire = threading.Thread(target=_wire, args=(ends, stop_r), daemon=True)
    if ends:
        wire.start()
    assert ready.wait(10)
    try:
        yield peer
    finally:
        loop.call_soon_threadsafe(finish.set)
        thread.join(10)
        loop.close()
        os.write(stop_w, b"x")
        if ends:
            wire.join(10)
        os.close(stop_r)
        os.close(stop_w)
        for end in ends:
            end.close()


def _wire(ends: list[PtyEnd], stop: int) -> None:
    """What one end sends the other hears."""
    one, other = ends
    while True:
        ready, _, _ = select.select([one, other, stop], [], [])
        if stop in ready:
            return
        for end, to in ((one, other), (other, one)):
            if end in ready:
                to.write(end.read())
