"""Proof that the application runs: its identity over Modbus, or at least no prompt where the application should be."""

from __future__ import annotations

import asyncio
from typing import Any

from ...device.identity import Identity, read_identity
from ...errors import ExitCode, MalleeError
from ...link.address import SerialAddress, TcpAddress, parse_address
from ...link.base import Link
from ...link.failures import Damaged, LinkDown, NoAnswer
from ...link.rtu import SerialLink
from ...link.tcp import TcpLink
from ..build import Manifest
from ..identity import Who

START_S = 10.0  # a controller needs about two seconds from reset to its first answer
_PAUSE_S = 0.5
_TIMEOUT_S = 0.5


def bus_address(text: str, who: Who) -> TcpAddress | SerialAddress:
    """Where to ask; a serial port that says nothing of baud and framing has the controller's. Raises MalleeError."""
    address = parse_address(text)
    if isinstance(address, SerialAddress):
        baud = address.baud if "baud=" in text else who.baud or address.baud
        framing = address.framing if "framing=" in text else who.framing or address.framing
        return SerialAddress(address.device, baud, framing)
    return address


async def over_modbus(
    address: TcpAddress | SerialAddress, who: Who, made: Manifest, within_s: float = START_S
) -> Identity:
    """Its identity, when it is what was written. Raises MalleeError: 3 when nothing answers in time, 4 for another identity."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    unit = who.unit or 1
    while True:
        link = _link(address)
        try:
            found = await read_identity(link, unit)
            break
        except (NoAnswer, LinkDown) as error:
            if loop.time() >= end:
                raise _silent(address, unit, within_s, error) from error
        finally:
            await link.close()
        await asyncio.sleep(_PAUSE_S)
    _compare(found, who, made, f"{address} unit {unit}")
    assert found is not None
    return found


def _link(address: TcpAddress | SerialAddress) -> Link:
    if isinstance(address, TcpAddress):
        return TcpLink(address.host, address.port, timeout_s=_TIMEOUT_S)
    return SerialLink(address, timeout_s=_TIMEOUT_S)


def _silent(address: TcpAddress | SerialAddress, unit: int, within_s: float, error: NoAnswer | LinkDown) -> MalleeError:
    damaged = isinstance(error, Damaged)
    return MalleeError(
        f"the controller is flashed, but {address} unit {unit} did not answer within {within_s:g} s: {error.what}",
        error.likely
        if damaged
        else "the bus is wired to another controller or not at all, or its baud or framing differs",
        f"check the wiring (docs/flashing.md), then ask again: mallee scan '{address}' --unit {unit}",
        ExitCode.NO_ANSWER,
    )


def _compare(found: Identity | None, who: Who, made: Manifest, where: str) -> None:
    said: dict[str, Any] = {} if found is None else {
        "profile": found.profile, "unit": found.unit, "firmware": found.firmware, "name": found.name,
        "serial number": found.serial_number, "dictionary": f"{found.dictionary_hash:016X}",
    }  # fmt: skip
    written = {
        "profile": made.profile, "unit": who.unit, "firmware": ".".join(made.mallee.split(".")[:3]), "name": who.name,
        "serial number": who.serial, "dictionary": f"{made.dictionary_hash:016X}",
    }  # fmt: skip
    other = [
        f"{key} {said.get(key)!r} instead of {value!r}" for key, value in written.items() if said.get(key) != value
    ]
    if other:
        raise MalleeError(
            f"{where} is not the controller that was flashed: {', '.join(other)}",
            "two controllers have this address, or --bus leads to another one",
            "disconnect the others from the bus, or give each a unit of its own, then run the same command again",
            ExitCode.REFUSED,
        )


def at_console(said: bytes) -> None:
    """Judge what a board said after its start and a return key. Raises MalleeError (code 4) when it fell back to its prompt."""
    text = said.decode(errors="replace")
    if ">>>" not in text and "Traceback" not in text:
        return
    lines = [
        line
        for line in text.split(">>>")[0].splitlines()
        if line.strip() and not line.startswith(("MicroPython", "Type"))
    ]
    trace = any("Traceback" in line for line in lines)
    raise MalleeError(
        f"the controller does not run: {lines[-1].strip() if trace else 'the board is at its prompt'}",
        "the firmware and this board's equipment do not fit, or the firmware has a bug",
        "`mpremote`, then Ctrl-D, starts it again and shows the whole traceback",
        ExitCode.REFUSED,
    )
