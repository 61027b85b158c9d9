"""A controller, read and written by the names of its points."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from .. import clock
from ..errors import ExitCode, MalleeError
from ..link.base import Link, Priority
from ..link.failures import LinkDown, NoAnswer, Refused
from ..reading import Failure, Quality, Reading, Scalar, Snapshot
from .alarms import AlarmReading, read_alarms
from .assembly import missing
from .decoding import Decoded, SpanDecoder
from .dictionary import Dictionary, Point
from .files import JOURNAL_KIND, RECORDING_KIND, read_directory, read_file, read_unmixed
from .identity import Identity, require_identity
from .journal import JournalEntry, parse
from .probing import probe, probe_span
from .recording import HEADER_BYTES, RUNNING, Recording
from .recording import parse as parse_recording
from .recording import status as recording_status
from .remote import LEASE_POINTS, Grant, plan_remote, remote_points
from .resolve import resolve
from .spans import Span, fast_span, halves, plan
from .writing import Contradicted, PlannedWrite, contradicted, find_point, plan_writes

_RECORDING_TRIES = 6
_RECORDING_PAUSE_S = 0.2  # a recording runs for 300 ms, and the controller has said what it is about 100 ms later
_INTERLOCK = 4  # exception code: an interlock or the lease; the register `refusal` says which


class Device:
    """One unit on a link, described by a dictionary and nothing else."""

    def __init__(self, link: Link, unit: int, dictionary: Dictionary, name: str = "") -> None:
        self.link = link
        self.unit = unit
        self.dictionary = dictionary
        self.name = name or f"{link.address}/{unit}"
        self.identity: Identity | None = None
        self._nonexistent: set[str] = set()  # points that this device answers with exception 02
        self._fast: SpanDecoder | None = None

    @classmethod
    async def connect(cls, link: Link, unit: int, *, name: str = "", cache: Path | None = None) -> Device:
        """Ask who answers, find its dictionary, and return the device. Raises MalleeError (NoAnswer, …)."""
        identity = await require_identity(link, unit)
        device = cls(link, unit, await resolve(link, unit, identity, cache), name)
        device.identity = identity
        return device

    @classmethod
    async def mapped(cls, link: Link, unit: int, dictionary: Dictionary, *, name: str = "") -> Device:
        """A device that is not ours, described by a map file: it is asked for its probe point, and nothing else. Raises
        MalleeError where nobody answers, or somebody else."""
        device = cls(link, unit, dictionary, name)
        await probe(device)
        return device

    async def recognise(self) -> bool:
        """Whether the device behind this link and unit is still the one that was connected to. Raises what the link raises."""
        if self.dictionary.foreign is not None:
            await probe(self)
            return True
        known = self.identity.dictionary_hash if self.identity else None
        return (await self.identify()).dictionary_hash == known

    async def identify(self) -> Identity:
        """Read the identity block again; it changes when other firmware answers."""
        self.identity = await require_identity(self.link, self.unit)
        return self.identity

    async def read(self, name: str) -> Reading:
        """One point. Raises MalleeError for an unknown name, NoAnswer, Refused, LinkDown."""
        point = find_point(self.dictionary, name)
        span = plan(self.dictionary, [point], self.dictionary.registers_per_request)[0]
        return (await self._read_span(span))[name]

    async def read_many(self, names: Iterable[str]) -> Snapshot:
        """Several points in as few requests as possible. What one request fails to give is in `failures`."""
        return await self._snapshot([find_point(self.dictionary, name) for name in names])

    async def read_back(self, names: Iterable[str]) -> Snapshot:
        """Like `read_many`, and like a write it goes before all polls."""
        return await self._snapshot([find_point(self.dictionary, name) for name in names], Priority.WRITE)

    async def read_all(self) -> Snapshot:
        """Every point of the dictionary."""
        return await self._snapshot(self.dictionary.points)

    async def read_fast(self, *, timeout_s: float | None = None) -> Snapshot:
        """The fast block in ONE request: what control needs each cycle; of a device that is not ours its probe point. Raises
        NoAnswer, Refused, LinkDown."""
        if self._fast is None:
            own = self.dictionary.foreign is None
            self._fast = SpanDecoder(fast_span(self.dictionary) if own else probe_span(self.dictionary))
        found = await self._decode(self._fast, timeout_s)
        sequence = found["sequence"].value if "sequence" in found else None
        return Snapshot(self.name, clock.utc_now(), found, sequence if isinstance(sequence, int) else None)

    async def read_alarms(self) -> list[AlarmReading]:
        """State of every alarm, by discrete inputs and their validity twins."""
        return await read_alarms(self.link, self.unit, self.dictionary)

    async def read_journal(self) -> list[JournalEntry]:
        """What happened, oldest first. Raises MalleeError where the firmware keeps no journal, NoAnswer, LinkDown."""
        file = await self._file_of(JOURNAL_KIND)
        if file is None:
            raise MalleeError(
                f"{self.name} has no journal",
                "its firmware is older than map 1.3",
                "update the firmware: `mallee flash`",
                ExitCode.REFUSED,
            )
        return parse(await read_file(self.link, self.unit, file), self.dictionary)

    async def read_recording(self) -> Recording | None:
        """The fast samples around the last first-out trip; None where there was none since the start. Never a mixture of two.
        Raises MalleeError where the device has no recorder, for a damaged recording, and for one that never stays; NoAnswer,
        LinkDown."""
        file = await self._file_of(RECORDING_KIND)
        if file is None:
            raise MalleeError(
                f"{self.name} has no flight recorder",
                "only PDUs have one, with firmware of map 1.4 or later",
                "of a PDU, update the firmware: `mallee flash`; `mallee log` shows what happened at any controller",
                ExitCode.REFUSED,
            )
        for _ in range(_RECORDING_TRIES):
            content = await read_unmixed(self.link, self.unit, file, HEADER_BYTES)
            if content is not None and recording_status(content) != RUNNING:
                return parse_recording(content, self.dictionary)
            await asyncio.sleep(_RECORDING_PAUSE_S)
        raise MalleeError(
            f"{self.name}: no recording was whole while it was read, in {_RECORDING_TRIES} tries",
            "branches trip faster than the line is, or the hard tick has stopped in the middle of a recording",
            "look at `mallee log` and at the alarm tick_stopped; try again when all is quiet",
            ExitCode.REFUSED,
        )

    async def _file_of(self, kind: int) -> int | None:
        """Number of the first file of that kind."""
        try:
            return {entry.kind: entry.file for entry in await read_directory(self.link, self.unit)}.get(kind)
        except Refused:
            return None  # no directory: before map 1.3

    async def read_remote(self) -> dict[str, Scalar]:
        """The set-points behind the lease, as they stand in the device now: read before you write."""
        names = [p.name for p in remote_points(self.dictionary) if p.name not in LEASE_POINTS]
        points = [self.dictionary.by_name[name] for name in names]
        span = plan(self.dictionary, points, self.dictionary.registers_per_request)[0]
        return {name: reading.value for name, reading in (await self._read_span(span)).items()}

    async def write(self, values: Mapping[str, Scalar]) -> Snapshot:
        """Check against the limits, write, and read back. Returns what the device has afterwards.

        Raises MalleeError before anything is sent, or with the device's own reason. Settings that the device refuses because
        another one stands against them are tried again behind the others; when one is refused for good, those before it get
        the values back that they had. Switches that were switched stay so.
        """
        waiting = plan_writes(self.dictionary, values)
        settings = [name for write in waiting if write.table == "holding" for name in write.points]
        before = await self.read_many(settings) if len(waiting) > 1 else None
        done: list[PlannedWrite] = []
        while waiting:
            left: list[PlannedWrite] = []
            for write in waiting:
                try:
                    await self._send(write)
                    done.append(write)
                except Contradicted as error:
                    left.append(write)
                    if len(left) == len(waiting):
                        await self._restore(done, before)
                        raise error
                except MalleeError:
                    await self._restore(done, before)
                    raise
            waiting = left
        return await self.read_back(values)

    async def _restore(self, done: Sequence[PlannedWrite], before: Snapshot | None) -> None:
        """In the opposite order: each step leads back to a set that was consistent."""
        for write in reversed(done):
            if before is not None and write.table == "holding":
                old = {name: before.value(name) for name in write.points if before[name].quality == Quality.GOOD}
                for back in plan_writes(self.dictionary, old):
                    await self._send(back)

    async def write_remote(
        self, grant: Grant, set_points: Mapping[str, Scalar], *, timeout_s: float | None = None
    ) -> None:
        """Renew, take, or with holder 0 give back the lease, and write every remote set-point in one request.

        Raises Refused with exception code 4 when the lease is not ours; the point `refusal` names why.
        """
        planned = plan_remote(self.dictionary, grant, set_points)
        await self.link.request(self.unit, planned.pdu(), priority=Priority.WRITE, timeout_s=timeout_s)

    async def _send(self, planned: PlannedWrite) -> None:
        try:
            await self.link.request(self.unit, planned.pdu(), priority=Priority.WRITE)
        except Refused as error:
            if error.exception_code == _INTERLOCK and "refusal" in self.dictionary.by_name:
                raise await self._explained(error) from error
            raise

    async def _explained(self, error: Refused) -> MalleeError:
        reading = await self.read("refusal")
        if reading.value == "inconsistent":
            conflict = await self.read_many(["conflict_lower", "conflict_upper"])
            addresses = conflict["conflict_lower"].value, conflict["conflict_upper"].value
            return contradicted(self.name, self.dictionary, addresses)
        meaning = next(
            (c.meaning for c in self.dictionary.by_name["refusal"].choices if c.name == reading.value),
            error.likely,
        )
        next_step = f"`mallee describe {self.dictionary.profile} refusal` lists the reasons there are"
        return MalleeError(f"{self.name} refused: {reading.value}", meaning, next_step, ExitCode.REFUSED)

    async def _read_span(self, span: Span, priority: Priority = Priority.POLL) -> Decoded:
        return await self._decode(SpanDecoder(span), None, priority)

    async def _decode(
        self, decoder: SpanDecoder, timeout_s: float | None, priority: Priority = Priority.POLL
    ) -> Decoded:
        answer = await self.link.exchange(self.unit, decoder.request, priority=priority, timeout_s=timeout_s)
        return decoder.decode(answer, clock.utc_now())

    async def _snapshot(self, points: Sequence[Point], priority: Priority = Priority.POLL) -> Snapshot:
        found = missing([p for p in points if p.name in self._nonexistent], Quality.REFUSED, clock.utc_now())
        failures: list[Failure] = []
        if found:
            failures.append(Failure(tuple(found), Quality.REFUSED, "the device does not have these registers"))
        wanted = [p for p in points if p.name not in found]
        queue = plan(self.dictionary, wanted, self.dictionary.registers_per_request)
        while queue:
            span = queue.pop(0)
            try:
                found.update(await self._read_span(span, priority))
            except Refused as error:
                if error.exception_code == 2 and len(span.points) > 1:
                    queue[:0] = halves(span)
                    continue
                if error.exception_code == 2:
                    self._nonexistent.update(point.name for point in span.points)
                self._fail(span, Quality.REFUSED, error, found, failures)
            except (NoAnswer, LinkDown) as error:
                self._fail(span, Quality.NO_ANSWER, error, found, failures)
        ordered = {point.name: found[point.name] for point in points}
        return Snapshot(self.name, clock.utc_now(), ordered, None, tuple(failures))

    @staticmethod
    def _fail(
        span: Span, quality: Quality, error: MalleeError, found: dict[str, Reading], failures: list[Failure]
    ) -> None:
        found.update(missing(span.points, quality, clock.utc_now()))
        failures.append(Failure(tuple(point.name for point in span.points), quality, error.what))
