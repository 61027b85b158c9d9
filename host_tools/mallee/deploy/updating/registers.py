"""What a controller says of updates, and how it is told, by the names of its points (firmware/maps/common_update.py)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from ...device.device import Device
from ...errors import ExitCode, MalleeError
from ...link import pdus
from ...link.base import Priority
from ...link.failures import NoAnswer, Refused

_WANTED_REGISTERS, _FILES_A_REGISTER = 17, 15
_POINTS = (
    "update_state", "update_refusal", "update_outcome", "application", "confirmed_application", "update_policy",
    "update_received", *(f"update_wanted.{number}" for number in range(1, _WANTED_REGISTERS + 1)),
    "trial_remaining", "failed_starts", "board",
)  # fmt: skip
_INTERLOCK, _BUSY = 4, 6  # exception codes
_PAUSES_S = (*5 * (0.02,), *4 * (0.05,), *5 * (0.1,), *6 * (0.2,))
"""A command is busy until the main loop has done it; the first one loads what an update needs, for some tenths of a second. Who
waits longer, for a branch that is hot, leaves the line to others."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a controller."""

    state: str
    refusal: str
    outcome: str
    application: str
    confirmed: str
    policy: frozenset[str]
    received_bytes: int
    wanted: tuple[int, ...]
    """Files of the manifest that have to be sent."""
    trial_remaining_s: int | None
    failed_starts: int
    board: str


async def look(device: Device) -> Said:
    """Raises MalleeError where the firmware knows no updates, NoAnswer, LinkDown."""
    _require(device)
    found = await device.read_many(_POINTS)
    if found.failures:
        raise NoAnswer(device.link.address, device.unit, 1.0)
    values: dict[str, Any] = {name: found[name].value for name in _POINTS}
    wanted = [
        _FILES_A_REGISTER * (number - 1) + bit
        for number in range(1, _WANTED_REGISTERS + 1)
        for bit in range(_FILES_A_REGISTER)
        if (values[f"update_wanted.{number}"] or 0) >> bit & 1
    ]
    return Said(
        state=values["update_state"],
        refusal=values["update_refusal"] or "none",
        outcome=values["update_outcome"],
        application=values["application"],
        confirmed=values["confirmed_application"],
        policy=frozenset(values["update_policy"] or ()),
        received_bytes=values["update_received"] or 0,
        wanted=tuple(wanted),
        trial_remaining_s=values["trial_remaining"],
        failed_starts=values["failed_starts"] or 0,
        board=values["board"] or "",
    )


async def command(device: Device, name: str, file: int = 0) -> None:
    """Repeated while it is busy, for two seconds. Raises as `tell`."""
    for pause_s in (*_PAUSES_S, None):
        try:
            await tell(device, name, file)
            break
        except Refused as error:
            if error.exception_code != _BUSY or pause_s is None:
                raise
        await asyncio.sleep(pause_s)


async def tell(device: Device, name: str, file: int = 0) -> None:
    """A command, once. Raises MalleeError with the controller's reason, NoAnswer, LinkDown, and Refused: it is busy until it has
    done it."""
    _require(device)
    point = device.dictionary.by_name["update_command"]
    number = next(choice.value for choice in point.choices if choice.name == name)
    request = pdus.write_registers(point.address, [number, file])
    try:
        await device.link.request(device.unit, request, priority=Priority.WRITE)
    except Refused as error:
        if error.exception_code == _INTERLOCK:
            raise refused(device, str((await device.read("update_refusal")).value), name) from error
        raise


_NEXT = {
    "not_now": "`mallee update status` says which step it is at; `mallee update cancel` ends what is under way",
    "no_key": "give it one when it is flashed: `mallee flash --keys FILE`, or let it take unsigned images: --allow-unsigned",
    "unsigned": "name the keys: --keys FILE, or `update.keys` of the pod file",
    "wrong_signature": "name the key that this controller was flashed with",
    "other_board": "name the right --bundle; `mallee update status` says what board it is",
    "other_mpy": "build with a mallee that fits its MicroPython, or put another MicroPython on it over USB",
    "other_profile": "name the right --bundle",
    "older": "if an older one shall run: flash it with --allow-older over USB first, or flash the older firmware",
    "replayed": "its last update was signed later: set this computer's clock right and run the same command again; if the clock "
    "behind that update was ahead, flash it over USB (`mallee flash`)",
    "full": "flash it over USB (`mallee flash`), which makes room",
    "storage": "try again; if it stays so, replace the board",
    "altered": "try again; if it stays so, the line or the flash is bad: `mallee doctor`",
    "incomplete": "run the same command again: what was received is kept",
    "unproven": "wait, or let it go back",
    "damaged": "run the same command again",
}


def refused(device: Device, reason: str, what: str) -> MalleeError:
    """The controller's refusal as an error."""
    point = device.dictionary.by_name["update_refusal"]
    meaning = next((choice.meaning for choice in point.choices if choice.name == reason), "it gave no reason")
    return MalleeError(
        f"{device.name} refused to {what}: {reason.replace('_', ' ')}",
        meaning,
        _NEXT.get(reason, "`mallee update status` says more")
        + ("" if what in ("confirm", "restart") else "; the firmware that runs is untouched"),
        ExitCode.REFUSED,
    )


def _require(device: Device) -> None:
    if "update_command" not in device.dictionary.by_name:
        raise MalleeError(
            f"{device.name} takes no update over the bus",
            "its firmware is older than map 1.7, or it is not a mallee controller",
            "flash it over USB once: `mallee flash`",
            ExitCode.REFUSED,
        )
