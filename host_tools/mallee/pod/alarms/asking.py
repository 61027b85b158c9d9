"""Ask a running host to do something with an alarm, from another process, and hear what came of it."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import datetime
from pathlib import Path

import msgspec

from ...errors import ExitCode, MalleeError
from ..config import PodConfig
from .actions import Action, Outcome, Verb
from .possible import check_named, possible_alarms
from .shelving import SHELVE_MAX_S, SHELVE_MIN_S
from .store import AlarmStore
from .storing import Kept

_LOOK_S = 0.1
_PATIENCE_S = 3.0
SAID: dict[Verb, str] = {
    "acknowledge": "acknowledged",
    "reset": "reset",
    "shelve": "shelved",
    "unshelve": "unshelved",
    "out_of_service": "put out of service",
    "in_service": "put into service",
}


def action(
    verb: Verb, device: str, alarm: str, *, by: str, now: datetime, note: str = "", for_s: float | None = None
) -> Action:
    """Raises MalleeError for words or a time that no host would take."""
    if for_s is not None and not SHELVE_MIN_S <= for_s <= SHELVE_MAX_S:
        raise MalleeError(
            f"an alarm cannot be shelved for {for_s:g} s",
            f"shelving lasts {SHELVE_MIN_S:g} s to {SHELVE_MAX_S / 3600:g} h, so that nobody forgets it",
            "name a shorter time; what takes longer is put out of service",
        )
    made = Action(
        id=f"{time.time_ns():020d}-{os.getpid()}",
        verb=verb,
        device=device,
        alarm=alarm,
        by=by,
        time=now,
        note=note,
        for_s=for_s,
    )
    try:
        return msgspec.json.decode(msgspec.json.encode(made), type=Action)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise MalleeError(
            f"this cannot be asked: {error}", "a name or note is empty or too long", "a note has 500 characters at most"
        ) from error


def running(store: AlarmStore, config: PodConfig) -> Kept:
    """The book of the host that runs. Raises MalleeError (exit code 3) where none does."""
    kept = store.view()
    if kept is None:
        raise MalleeError(
            f"no host keeps the alarms of {config.pod.name} here",
            "`mallee run` does not run on this computer, or runs as another user, with another pod file or host number",
            f"start `mallee run`; its book would be in {store.folder}",
            ExitCode.NO_ANSWER,
        )
    return kept


async def ask(folder: Path, config: PodConfig, wanted: Action, *, patience_s: float = _PATIENCE_S) -> Outcome:
    """Hand the action over and wait for a scan of the host. Raises MalleeError: 2 for what there is not, 3 where no host
    answers, 4 where it refuses."""
    store = AlarmStore(folder)
    kept = running(store, config)
    present = [(alarm.device, alarm.name) for alarm in (*kept.alarms, *kept.returned, *kept.suppressed)]
    check_named(wanted.device, wanted.alarm, [*possible_alarms(config), *present])
    try:
        store.hand_over(wanted)
    except OSError as error:
        raise MalleeError(
            f"cannot write into {folder}: {error.strerror or error}",
            "the host runs as another user, or the disk is full",
            "run this as the user of the host",
        ) from error
    outcome = await _outcome(store, wanted, patience_s + 2 * kept.scan_s)
    if outcome.refused:
        raise MalleeError(
            f"{wanted.device}: {wanted.alarm} was not {SAID[wanted.verb]}: {outcome.refused}",
            "it changed meanwhile, or somebody else was first",
            "`mallee alarms --all` shows how it stands",
            ExitCode.REFUSED,
        )
    return outcome


async def _outcome(store: AlarmStore, wanted: Action, wait_s: float) -> Outcome:
    loop = asyncio.get_running_loop()
    until_s = loop.time() + wait_s
    while True:
        kept = store.view()
        for outcome in kept.outcomes if kept else ():
            if outcome.id == wanted.id:
                return outcome
        if loop.time() >= until_s:
            raise MalleeError(
                f"the host did not do it within {wait_s:g} s",
                "it hangs, or has ended a moment ago",
                f"see `mallee alarms`; the action waits in {store.folder / 'actions'}, and is done when the host goes on",
                ExitCode.NO_ANSWER,
            )
        await asyncio.sleep(_LOOK_S)
