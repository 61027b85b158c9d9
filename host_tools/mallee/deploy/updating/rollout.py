"""An image over a pod: one controller first, until it has proven itself; then the others; the first failure ends it.

Images are brought to several controllers at a time; they are started one after the other, so that never two of a pod are away
at once. Who runs the image already is left alone, so the same command goes on where it ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import msgspec

from ...device.device import Device
from ...errors import ExitCode, MalleeError
from .bringing import Offer
from .image import Image
from .patience import Patience
from .registers import command, look
from .session import Session

Result = Literal["updated", "current", "failed", "not_begun", "ready"]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A controller that shall run an image."""

    name: str
    image: Image
    key: bytes = b""
    on_trial: bool = False
    """It has new firmware on trial, which does not wait: it is looked at before the others."""


class Outcome(msgspec.Struct, kw_only=True):
    name: str
    result: Result
    version: str
    """Firmware that runs there now, as far as it is known."""
    sent_files: int = 0
    sent_bytes: int = 0
    retries: int = 0
    error: str = ""
    exit_code: int = 0


class Hear(msgspec.Struct, frozen=True):
    """Who is told: `advance(name, step, done, total)`, `say(text)`."""

    advance: Callable[[str, str, int, int], None]
    say: Callable[[str], None]


async def roll_out(
    targets: Sequence[Target],
    connect: Callable[[str], Awaitable[Device]],
    hear: Hear,
    *,
    issued_s: int,
    at_once: int = 4,
    patience_s: float = 3600.0,
    wait_for_equipment_s: float = 3600.0,
    again: bool = False,
) -> list[Outcome]:
    """What became of each, in order. Raises nothing but what `connect` raises of a name that is not known."""
    outcomes = {target.name: Outcome(name=target.name, result="not_begun", version="") for target in targets}
    waiting = sorted(targets, key=lambda target: not target.on_trial)
    failed = asyncio.Event()
    starting = asyncio.Lock()
    places = asyncio.Semaphore(at_once)

    async def one(target: Target) -> None:
        outcome = outcomes[target.name]
        patience = Patience(patience_s, hear.say)
        session: Session | None = None
        try:
            device = await patience.ask(target.name, lambda: connect(target.name))
            assert device.identity is not None
            outcome.version = device.identity.firmware
            if not again and await _is_current(device, target.image, patience):
                outcome.result = "current"
                return
            offer = Offer(
                image=target.image, key=target.key, issued_s=issued_s, wait_for_equipment_s=wait_for_equipment_s
            )
            session = Session(
                device, offer, patience, lambda step, done, total: hear.advance(target.name, step, done, total)
            )
            if await session.resume() and not again:
                await session.prove()
                outcome.result, outcome.version = "updated", target.image.version_text
                return
            async with places:
                if failed.is_set():
                    return
                await session.bring()
                outcome.result = "ready"
            async with starting:
                if failed.is_set():
                    await command(session.device, "cancel")
                    outcome.result = "not_begun"
                    return
                await session.start()
                await session.prove()
                outcome.result, outcome.version = "updated", target.image.version_text
        except MalleeError as error:
            failed.set()
            outcome.result, outcome.exit_code = "failed", error.code
            outcome.error = f"{error.what} (likely: {error.likely}; next: {error.next})"
        finally:
            outcome.retries = patience.retries
            if session is not None:
                outcome.sent_files, outcome.sent_bytes = session.sent_files, session.sent_bytes

    while waiting and not failed.is_set():  # one first
        first = waiting.pop(0)
        await one(first)
        if outcomes[first.name].result == "updated":
            break
    if not failed.is_set():
        await asyncio.gather(*(one(target) for target in waiting))
    return [outcomes[target.name] for target in targets]


async def _is_current(device: Device, image: Image, patience: Patience) -> bool:
    """It runs this release already, and not on trial."""
    identity = device.identity
    if identity is None or identity.firmware != image.version_text or identity.dictionary_hash != image.dictionary_hash:
        return False
    if "update_state" not in device.dictionary.by_name:
        return True
    return (await patience.ask(device.name, lambda: look(device))).state != "trial"


def exit_code(outcomes: Sequence[Outcome]) -> ExitCode:
    """0 where all run it now; else the code of the first failure."""
    for outcome in outcomes:
        if outcome.result == "failed":
            return ExitCode(outcome.exit_code)
    return ExitCode.DONE
