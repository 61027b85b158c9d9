"""One controller of a running pod: connected when it can be, read each scan, written under its lease."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import msgspec

from .. import clock
from ..device.alarms import AlarmReading
from ..device.device import Device
from ..device.remote import LEASE_POINTS, Grant, remote_points
from ..errors import MalleeError
from ..link.base import Link
from ..link.failures import LinkDown, NoAnswer, OthersTalk, Refused
from ..reading import Scalar, Snapshot
from . import lease
from .config import Controller
from .document import Event
from .fleet import connect
from .state import MemberView
from .trust.clocks import ClockReading
from .trust.judge import Heard

_NOT_OURS = 4  # exception code of a refused lease
_RUN_TIMES = ("run_time.1", "run_time.2")  # of a skid's pumps
_RUN_TIMES_EVERY_S = 600.0
_CLOCK_POINTS = ("uptime", "boot_count", "loop_period")  # one request
_GRACE_SCANS = 3  # a controller that was never heard may take so long to start with the pod before it counts as lost


class Member:
    """Keeps what is known of one controller. All its methods answer within the time they are given."""

    def __init__(
        self,
        controller: Controller,
        link: Link,
        clock_every_s: float = float("inf"),
        clock_first_s: float = float("inf"),
    ) -> None:
        """Its uptime is read so often, for the first time so long after it was first heard."""
        self.name = controller.name
        self.controller = controller
        self.link = link
        self.device: Device | None = None
        self.snapshot: Snapshot | None = None
        self.alarms: tuple[AlarmReading, ...] | None = None
        self.remote: dict[str, Scalar] = {}
        self.lease = lease.LeaseState()
        self.answering = False
        self.reason = ""
        self.held_back: OthersTalk | None = None
        """It was not asked in this scan: another master talks on its line, or may."""
        self.events: list[Event] = []
        self._heard_s: float | None = None
        self._snapshot_s = 0.0
        self._generation = 0
        self._alarms_of: tuple[object, object] = (
            None,
            None,
        )  # alarm count and first-out that `alarms` belong to
        self._connecting: asyncio.Task[Device] | None = None
        self._was_answering: bool | None = None
        self._polls = 0
        self.patient = True
        self.heard = Heard()
        """What came in this scan."""
        self.doubtful = False
        """Its uptime is wanted with each scan."""
        self.quarantine = ""
        """Why it is not believed; "" while it is."""
        self._clock_every_s, self._clock_first_s = clock_every_s, clock_first_s
        self._clock_due_s: float | None = None
        self.run_h: float | None = None
        """How long a skid's pumps were driven, together; None of other devices, and before it was read."""
        self._run_times_due_s = float("-inf")

    async def poll(self, deadline_s: float, request_s: float) -> None:
        """Read the fast block, and the alarms when there are any. A failure is kept as `reason`, never
        raised."""
        self.answering, self.reason, self.held_back, self.heard = False, "", None, Heard()
        self._polls += 1
        try:
            async with asyncio.timeout(deadline_s):
                device = await self._connected()
                snapshot = await self._read_fast(device, request_s)
                if self.link.generation != self._generation:
                    await self._recognised(device)
                self._heard(snapshot)
                serial = (device.identity.serial_number if device.identity else None) or ""
                self.heard = Heard(snapshot, device.dictionary, serial=serial)
                await self._read_alarms(device, snapshot)
                reading = await self._read_clock(device, snapshot)
                self.heard = msgspec.structs.replace(self.heard, clock=reading)
                await self._read_run_times(device)
        except OthersTalk as error:
            self.reason, self.held_back = error.what, error
            self._polls -= 1
        except MalleeError as error:  # behind the fast block it answers all the same, whatever else it refused
            self.reason = error.what
        except TimeoutError:
            self.reason = "it did not answer within this scan"
        self._note_change()

    @property
    def lost(self) -> bool:
        """It does not answer, and should: it did before, or it had its time to start."""
        if self.held_back is not None:
            return False
        return not self.answering and (self._heard_s is not None or not self.patient or self._polls > _GRACE_SCANS)

    @property
    def answered(self) -> bool:
        """The last poll that came to its end: `answering` is false while one is under way."""
        return self._was_answering is True

    def view(self) -> MemberView:
        loop = asyncio.get_running_loop()
        return MemberView(
            answering=self.answering,
            snapshot=self.snapshot,
            snapshot_age_s=loop.time() - self._snapshot_s,
            dictionary=None if self.device is None else self.device.dictionary,
            firmware=self.device.identity.firmware if self.device is not None and self.device.identity else None,
            silent_s=None if self.answering or self._heard_s is None else loop.time() - self._heard_s,
            reason="" if self.answering else self.reason,
            not_asked=self.held_back is not None,
            lease_ours=self.lease.held,
            lease_note=self.lease.note,
        )

    def lease_seen(self) -> lease.LeaseSeen:
        """The lease as the last fast block shows it; unknown while the controller does not answer."""
        if self.snapshot is None or not self.answering:
            return lease.LeaseSeen()
        state, holder = self.snapshot.value("lease_state"), self.snapshot.number("lease_holder")
        epoch, remaining = self.snapshot.number("lease_epoch"), self.snapshot.number("lease_remaining")
        return lease.LeaseSeen(
            state if isinstance(state, str) else None,
            None if holder is None else int(holder),
            None if epoch is None else int(epoch),
            remaining,
        )

    def believe(self, quarantine: str) -> None:
        """Why it is not believed from now on, "" that it is. In quarantine nothing is written to it: its lease lapses, and the
        set-points that were read of it are forgotten."""
        if quarantine and not self.quarantine:
            self.lease = msgspec.structs.replace(self.lease, held=False, note="quarantined: nothing is written to it")
            self.remote = {}
        self.quarantine = quarantine

    async def read_remote(self, request_s: float) -> bool:
        """Read the set-points that stand in the controller: they are written back unless the pod wants
        others."""
        if self.device is None or not remote_points(self.device.dictionary):
            return False
        try:
            async with asyncio.timeout(request_s):
                self.remote = await self.device.read_remote()
        except (MalleeError, TimeoutError):
            return False
        return True

    async def write(self, grant: Grant, wanted: Mapping[str, Scalar], request_s: float, wait_s: float) -> None:
        """Renew or take the lease with these set-points; what the pod does not name stays as it was read."""
        assert self.device is not None
        held = self.lease.held and self.lease.granted == grant.epoch
        set_points = {**self.remote, **{name: value for name, value in wanted.items() if name in self.remote}}
        set_points = self._limited(set_points)
        try:
            await self.device.write_remote(grant, set_points, timeout_s=request_s)
        except Refused as error:
            await self._refused(error, request_s, wait_s)
            return
        except MalleeError as error:
            self.lease = lease.unanswered(self.lease, grant, error.what)
            return
        self.remote = set_points
        self.lease = lease.accepted(self.lease, grant)
        if not held and grant.holder:
            self._event("leased", f"took the lease for {grant.seconds} s at a time, epoch {grant.epoch}")

    async def release(self, request_s: float) -> None:
        """Give the lease back, if it is ours. Best effort: it lapses by itself otherwise."""
        grant = lease.release(self.lease)
        if grant is not None and self.device is not None and self.remote:
            await self.write(grant, {}, request_s, 0.0)

    async def close(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError, MalleeError):
                await self._connecting

    def restarted(self) -> bool:
        """True when the controller forgot epochs that it knew: it started anew."""
        seen = self.lease_seen()
        return seen.epoch is not None and seen.epoch < self.lease.granted

    def stand_by(self, host_id: int, seconds: int) -> None:
        """Another host controls the pod: its lease is told, and none is taken."""
        now_s = asyncio.get_running_loop().time()
        self.lease, _ = lease.decide(host_id, seconds, self.lease, self.lease_seen(), now_s)
        self.lease = msgspec.structs.replace(
            self.lease, held=False, note=self.lease.note if self.answering else self.reason
        )

    def forget_lease(self) -> None:
        self._event("restarted", "the controller started anew and forgot its lease")
        self.lease = msgspec.structs.replace(self.lease, held=False, granted=0)
        self.remote = {}

    async def _connected(self) -> Device:
        if self.device is not None:
            return self.device
        if self._connecting is None:
            # A task of its own: fetching a dictionary may take longer than one scan.
            self._connecting = asyncio.create_task(connect(self.link, self.controller))
        try:
            device = await asyncio.shield(self._connecting)
        finally:
            if self._connecting.done():
                self._connecting = None
        self.device, self._generation = device, self.link.generation
        return device

    async def _recognised(self, device: Device) -> None:
        """After a new connection: is this still the same firmware? If not, start over in the next scan."""
        same = await device.recognise()
        self._generation = self.link.generation
        if not same:
            self.device, self.snapshot, self.alarms = None, None, None
            raise NoAnswer(self.link.address, self.controller.unit, 0.0, asked=False)

    def _heard(self, snapshot: Snapshot) -> None:
        self.answering = True
        self._heard_s = asyncio.get_running_loop().time()
        if self.snapshot is None or snapshot.sequence is None or snapshot.sequence != self.snapshot.sequence:
            self.snapshot, self._snapshot_s = (
                snapshot,
                self._heard_s,
            )  # else its loop stands still, and the values it repeats go on ageing

    async def _read_fast(self, device: Device, request_s: float) -> Snapshot:
        """Twice, where the first request is lost and nobody else waits for the line: a scan without an answer is a quarter of a
        lease."""
        try:
            return await device.read_fast(timeout_s=request_s)
        except (LinkDown, NoAnswer):
            if self.link.broadcasts or self._was_answering is not True:
                raise
        return await device.read_fast(timeout_s=request_s)

    async def _read_alarms(self, device: Device, snapshot: Snapshot) -> None:
        state = (snapshot.value("alarm_count"), snapshot.value("first_out"))
        if self.alarms is not None and state == self._alarms_of and not state[0]:
            return
        self.alarms = tuple(await device.read_alarms())
        self._alarms_of = state

    async def _read_clock(self, device: Device, snapshot: Snapshot) -> ClockReading | None:
        """Its uptime, once in a while: whether its time goes as ours does. None: not now, or it did not say."""
        sent_s = asyncio.get_running_loop().time()
        if self._clock_due_s is None:
            self._clock_due_s = sent_s + self._clock_first_s
        if (sent_s < self._clock_due_s and not self.doubtful) or _CLOCK_POINTS[0] not in device.dictionary.by_name:
            return None
        self._clock_due_s = sent_s + self._clock_every_s
        found = await device.read_many([name for name in _CLOCK_POINTS if name in device.dictionary.by_name])
        uptime_s, boots, period_ms = (found.number(name) for name in _CLOCK_POINTS)
        if uptime_s is None:
            return None
        return ClockReading(
            uptime_s=int(uptime_s),
            sent_s=sent_s,
            got_s=asyncio.get_running_loop().time(),
            utc_s=clock.utc_now().timestamp(),
            boots=None if boots is None else int(boots),
            period_ms=None if period_ms is None else int(period_ms),
            sequence=snapshot.sequence,
        )

    async def _read_run_times(self, device: Device) -> None:
        """For the choice of the skid that stands by: hours do not need to be read each second."""
        now_s = asyncio.get_running_loop().time()
        if now_s < self._run_times_due_s or any(name not in device.dictionary.by_name for name in _RUN_TIMES):
            return
        self._run_times_due_s = now_s + _RUN_TIMES_EVERY_S
        found = await device.read_many(_RUN_TIMES)
        times_s = [seconds for name in _RUN_TIMES if (seconds := found.number(name)) is not None]
        self.run_h = sum(times_s) / 3600.0 if times_s else self.run_h

    async def _refused(self, error: Refused, request_s: float, wait_s: float) -> None:
        reason = error.what
        if error.exception_code == _NOT_OURS and self.device is not None:
            with suppress(MalleeError, TimeoutError):
                async with asyncio.timeout(request_s):
                    reason = str((await self.device.read("refusal")).value)
        now_s = asyncio.get_running_loop().time()
        self.lease = lease.refused(self.lease, reason, self.lease_seen(), now_s, wait_s)
        self._event("lease_refused", self.lease.note)

    def _limited(self, set_points: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """Numbers held within the limits of their registers: a limit must not cost the lease."""
        assert self.device is not None
        limited: dict[str, Scalar] = {}
        for name, value in set_points.items():
            point = self.device.dictionary.by_name[name]
            if isinstance(value, int | float) and point.low is not None and point.high is not None:
                value = min(max(value, point.low), point.high)
            limited[name] = value
        return limited

    def _note_change(self) -> None:
        if self.answering and self._was_answering is False:
            self._event("returned", "answers again")
        elif self.lost and self._was_answering is not False:
            self._event("lost", f"does not answer: {self.reason}")
        if self.answering or self.lost:
            self._was_answering = self.answering

    def _event(self, kind: str, text: str) -> None:
        self.events.append(Event(time=clock.utc_now(), kind=kind, device=self.name, text=text))


def writes_lease(device: Device | None) -> bool:
    """Whether this controller takes remote set-points under a lease at all."""
    return device is not None and all(name in device.dictionary.by_name for name in LEASE_POINTS)
