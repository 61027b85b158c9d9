"""A pod under control whose history is recorded. Control does not depend on the recording: what is wrong with the file is said,
and the pod is controlled all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from ..errors import MalleeError
from ..pod.config import HistorySection, PodConfig
from ..pod.document import PodDocument
from ..pod.member import Member
from ..pod.runner import PodRunner
from ..reading import Snapshot
from .backfill import Backfill
from .journals import ms_of
from .opening import open_store
from .recorder import Recorder
from .scanned import Heard, Scanned

_STILL = "it answers, but its loop stands still"


class Attendant:
    """Hands each scan of the members to the recorder; `note(text)` gets what a person should know of the recording."""

    def __init__(self, members: Mapping[str, Member], recorder: Recorder, note: Callable[[str], None]) -> None:
        self._members = members
        self._recorder = recorder
        self._note = note
        self._last: dict[str, Snapshot] = {}
        self._problem: str | None = None

    def take(self, document: PodDocument) -> None:
        """After a scan. Nothing is read or computed here."""
        now_s = asyncio.get_running_loop().time()
        heard = [self._heard(member) for member in self._members.values()]
        self._recorder.take(Scanned(ms_of(document.time), now_s, heard, document.events))
        self.look()

    def look(self) -> None:
        """Say what has become wrong with the recording, or right again."""
        problem = self._recorder.status.problem
        what = None if problem is None else problem.what
        if what == self._problem:
            return
        self._problem = what
        if problem is None:
            self._note("history: recording again")
        else:
            self._note(f"history: not recording: {problem.what} (likely: {problem.likely}; next: {problem.next})")

    def _heard(self, member: Member) -> Heard:
        snapshot, device = member.snapshot, member.device
        if snapshot is None or device is None or not member.answering:
            return Heard(member.name, None, None, member.reason)
        if member.quarantine:
            return Heard(member.name, None, None, f"it is in quarantine: {member.quarantine}")
        if self._last.get(member.name) is snapshot:
            return Heard(member.name, None, None, _STILL)
        self._last[member.name] = snapshot
        return Heard(member.name, device.dictionary, snapshot)


async def run_recorded(
    config: PodConfig,
    section: HistorySection,
    *,
    publish: Callable[[PodDocument], None],
    note: Callable[[str], None],
    stop: asyncio.Event,
    advise: bool = False,
    state_dir: Path | None = None,
    share: bool = False,
) -> None:
    """As pod.runner.run_pod, and recorded as `section` says."""
    runner = PodRunner(config, advise=advise, state_dir=state_dir)
    recorder = Recorder(lambda now_ms: open_store(section, now_ms), scan_s=config.control.scan_s)
    attendant = Attendant(runner.members, recorder, note)
    backfill = asyncio.create_task(Backfill(list(runner.members.values()), recorder.take).run(stop))

    def both(document: PodDocument) -> None:
        attendant.take(document)
        publish(document)

    try:
        await runner.run(both, stop, share=share)
    finally:
        backfill.cancel()
        with suppress(asyncio.CancelledError, MalleeError):
            await backfill
        await runner.close()
        if not recorder.close():
            note("history: the disk did not take the last scans in time; they are lost")
        attendant.look()
        status = recorder.status
        if status.dropped_scans or status.failed_writes:
            note(f"history: {status.dropped_scans} scans dropped, {status.failed_writes} not written")
