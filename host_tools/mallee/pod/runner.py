"""The control loop of a pod: one task that owns time, and reads, decides, writes and publishes in each
scan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from .. import clock
from ..link.address import parse_address
from ..link.base import Link
from ..link.courtesy import Manners
from ..link.opening import open_link
from ..link.reporting import LinkReport, report, view
from ..link.rtu import SerialLink
from ..link.sharing import sharing
from ..link.statistics import summarise
from ..reading import Scalar
from . import coolingcontrol, leading, lease, mastership, state
from .alarms.conditions import DeviceAlarms
from .alarms.desk import AlarmDesk
from .alarms.pod_alarms import CONTROLLER_QUARANTINED
from .config import Controller, Pdu, PodConfig
from .cooling import supervisor
from .cooling.supervisor import CoolingState
from .coolingcontrol import cooling_input, remote_values, settings_of
from .document import Event, PodDocument, RackState, SkidSetPoints
from .mastership import Mastership
from .member import Member
from .power import sums as power
from .powercontrol import PowerControl
from .reasons import Reason
from .state import MemberView
from .topology.watching import PhysicsWatch
from .trust.watch import TrustWatch
from .why.keeper import Keeper
from .why.store import ADVISING

_REQUEST_PART = 0.45  # of a scan that one request may take …
_REQUEST_MAX_S = 1.0  # … at most
_ASLEEP = 1.8  # scans: a host that scanned so long ago listens to a serial line before it sends …
_QUIET = 2.5  # … for so many, after which a master that lives was heard
_SETTLED = 5.0  # who has had a serial line for so many was there first
_STANDBY_PART = (
    0.5  # a host that stands by looks twice a scan: a lease that lapses is taken within 5 s of its holder's death
)
_RELEASE_S = 2.0  # given to all controllers together to take their leases back


class PodRunner:
    """A pod under control. `scan()` is one pass; `run()` repeats it on time.

    It reads before it writes: the first set-points of a controller are those that stand in it, changed only
    where the pod wants something else. With `advise` it never writes, and leaves alarms to the host that controls. What people
    did with alarms is kept in `state_dir`, and heard from there, and what the host decides is shown there; None: nothing of that.
    `once` is for a single scan: no alarm waits for its delay, and who is not believed is `quarantined`, by name with the reason.
    """

    def __init__(
        self,
        config: PodConfig,
        *,
        advise: bool = False,
        request_s: float | None = None,
        state_dir: Path | None = None,
        once: bool = False,
        quarantined: Mapping[str, str] | None = None,
    ) -> None:
        self.config = config
        self._quarantined = dict(quarantined or {})
        self.advise = advise
        self._once = once
        self._last_shown_s: float | None = None
        self._sure_until_s = float("-inf")  # that this host has the PDUs
        self.mastership = Mastership()
        self._events: list[Event] = []
        self._request_s = request_s or min(_REQUEST_PART * config.control.scan_s, _REQUEST_MAX_S)
        self._links: dict[str, Link] = {}
        self.members = {c.name: Member(c, self._link(c.address), *_clock_times(config, c)) for c in config.members}
        self._trust = TrustWatch(config)
        self._settings = settings_of(config.control)
        self._cooling = CoolingState()
        self._reasons: tuple[Reason, ...] = ()
        self._power = PowerControl(config, advise=advise)
        self._physics = PhysicsWatch(config)
        self._trim_known = False
        self._desk = AlarmDesk(config, None if advise else state_dir, at_once=once)
        self._keeper = Keeper(state_dir / ADVISING if advise and state_dir is not None else state_dir)
        self._scans = 0
        self._overruns = 0
        self._due_s: float | None = None  # when this scan was to begin
        self._last_s: float | None = None
        self._last_requests = 0

    async def run(self, publish: Callable[[PodDocument], None], stop: asyncio.Event, *, share: bool = False) -> None:
        """Scan until `stop`. A scan that comes late is not made up for: the missed ones are counted. With `share` other programs
        reach the serial ports meanwhile (link/sharing.py)."""
        async with sharing(self._links.values() if share else ()) as troubles:
            now = clock.utc_now()
            self._events += [Event(time=now, kind="note", device="pod", text=text) for text in troubles]
            await self._run(publish, stop)

    async def _run(self, publish: Callable[[PodDocument], None], stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while not stop.is_set():
            self._due_s = due_s
            document = await self.scan()
            standby = self.mastership.role == "standby"
            if not standby or self._last_shown_s is None or loop.time() - self._last_shown_s > 0.75 * document.scan_s:
                self._last_shown_s = loop.time()
                publish(document)
            period_s = self.config.control.scan_s * (_STANDBY_PART if standby else 1.0)
            due_s += period_s
            late_s = loop.time() - due_s
            if late_s > 0:
                missed = int(late_s // period_s) + 1
                self._overruns += missed
                due_s += missed * period_s
            await wait_until(stop, due_s)

    async def scan(self) -> PodDocument:
        """Read every controller at once, decide, write, and return the document."""
        began_s = asyncio.get_running_loop().time()
        deadline_s = 2 * self._request_s
        await asyncio.gather(*(member.poll(deadline_s, self._request_s) for member in self.members.values()))
        now_s = asyncio.get_running_loop().time()
        dt_s = self.config.control.scan_s if self._last_s is None else now_s - self._last_s
        self._judge(now_s)
        controls = self.advise or await self._masters(began_s)
        views = self._views()
        skids = state.skid_states(self.config, views)
        pdus = power.with_loads(state.pdu_states(self.config, views))
        racks = power.rack_states([(r.name, r.power_kW, r.liquid_kW) for r in self.config.racks], pdus)
        wanted: Mapping[str, SkidSetPoints] = {}
        if controls:
            inputs = cooling_input(skids, racks, self.members)
            self._cooling, wanted, self._reasons = supervisor.step(self._settings, self._cooling, inputs, dt_s)
        until_s = float("inf") if self.advise else self._sure_until_s
        racks = self._power.step(pdus, racks, self.members, dt_s, until_s=until_s)
        if controls and not self.advise:
            await self._write_all(wanted)
        return self._document(wanted, racks, now_s)

    async def close(self) -> None:
        """Give the leases back, best effort, and close every connection."""
        self._desk.close(clock.utc_now())
        self._keeper.close()
        if not self.advise:
            releases = [member.release(_RELEASE_S) for member in self.members.values()]
            await asyncio.gather(*releases, return_exceptions=True)
        await self._power.close()
        await asyncio.gather(*(member.close() for member in self.members.values()))
        await asyncio.gather(*(link.close() for link in self._links.values()))

    @property
    def links(self) -> Mapping[str, Link]:
        """By their addresses: for who in this process writes something beside."""
        return self._links

    def reports(self) -> list[LinkReport]:
        """Counters of each link, and of each unit on it."""
        now_s = asyncio.get_running_loop().time()
        return [report(link.address, link.statistics, now_s) for link in self._links.values()]

    def _link(self, address: str) -> Link:
        same = str(parse_address(address))  # defaults may be written out, or not
        if same not in self._links:
            units = sum(str(parse_address(c.address)) == same for c in self.config.members)
            scan_s = self.config.control.scan_s
            shares = self.config.control.share_lines and not self._once
            manners = None
            if shares:
                manners = Manners(quiet_s=_QUIET * scan_s, settled_s=_SETTLED * scan_s, asleep_s=_ASLEEP * scan_s)
            self._links[same] = open_link(
                address, timeout_s=self._request_s, units=units, manners=manners, own=not self._once
            )
        return self._links[same]

    async def _masters(self, asked_s: float) -> bool:
        """Whether this host controls the pod, from what it has just read; if not any more, it gives its leases back."""
        before, host_id = self.mastership, self.config.pod.host_id
        seen = leading.seen(host_id, self.members.values())
        self.mastership = mastership.step(before, seen)
        if self.mastership.role != before.role:
            self._events.append(
                Event(time=clock.utc_now(), kind=self.mastership.role, device="pod", text=self.mastership.why)
            )
        if self.mastership.role == "master":
            pdus = [self.members[pdu.name] for pdu in self.config.pdus]
            sure_until_s = leading.sure_until_s(host_id, pdus, asked_s)
            self._sure_until_s = self._sure_until_s if sure_until_s is None else sure_until_s
            return True
        self._sure_until_s = float("-inf")
        if before.role == "master":  # what it knows of the pod's control is old from now on
            for link in self._links.values():
                if isinstance(link, SerialLink):
                    link.listen_first()
            self._cooling, self._reasons, self._trim_known = CoolingState(), (), False
            self._power.forget()
            self._keeper.forget()
            ours = [self.members[held.controller] for held in seen.leases if held.ours]
            await asyncio.gather(*(member.release(self._request_s) for member in ours), return_exceptions=True)
        for member in self.members.values():  # who holds it is told, and nothing is taken
            member.stand_by(host_id, self.config.control.lease_s)
        return False

    def _judge(self, now_s: float) -> None:
        utc = clock.utc_now()
        if not self._scans:
            self._trust.adopt(self._desk.standing(CONTROLLER_QUARANTINED.name, now_s, utc) | self._quarantined, now_s)
        self._events += self._trust.step({m.name: m.heard for m in self.members.values()}, now_s, utc)
        for name, trust in self._trust.trust.items():
            self.members[name].believe(trust.reason)
            self.members[name].doubtful = trust.doubtful or self._trust.clocks_wanted

    def _views(self) -> dict[str, MemberView]:
        return {
            name: msgspec.structs.replace(member.view(), trust=self._trust.view(name))
            for name, member in self.members.items()
        }

    async def _write_all(self, wanted: Mapping[str, SkidSetPoints]) -> None:
        leasable = leading.leasable(self.members.values())
        await asyncio.gather(*(self._write(member, wanted.get(member.name)) for member in leasable))

    async def _write(self, member: Member, wanted: SkidSetPoints | None) -> None:
        if member.restarted():
            member.forget_lease()
        control, seen = self.config.control, member.lease_seen()
        was_held = member.lease.held
        member.lease, grant = lease.decide(
            self.config.pod.host_id, control.lease_s, member.lease, seen, asyncio.get_running_loop().time()
        )
        if grant is None:
            if was_held:
                member.events.append(
                    Event(time=clock.utc_now(), kind="lease_lost", device=member.name, text=member.lease.note)
                )
            return
        if grant.epoch != member.lease.granted or not member.remote:
            if not await member.read_remote(self._request_s):
                return
            self._adopt_trim(member.remote, seen.state)
        values = remote_values(wanted)
        if isinstance(member.controller, Pdu):
            values |= self._power.permits(member.controller, member.remote)
        await member.write(grant, values, self._request_s, float(control.lease_s))

    def _adopt_trim(self, remote: Mapping[str, Scalar], lease_state: str | None) -> None:
        """A host that takes over while set-points are held goes on from its predecessor's: no bump."""
        pressure = remote.get("remote_differential_pressure")
        if self._trim_known or not isinstance(pressure, int | float):
            return
        self._trim_known = True
        if lease_state in ("holding", "ramping"):
            self._cooling = supervisor.taken_over(self._settings, self._cooling, pressure)

    def _document(
        self,
        wanted: Mapping[str, SkidSetPoints],
        racks: tuple[RackState, ...],
        now_s: float,
    ) -> PodDocument:
        now = clock.utc_now()
        views = self._views()  # leases and ages as they are after writing
        skids = tuple(
            msgspec.structs.replace(s, wanted=wanted.get(s.name)) for s in state.skid_states(self.config, views)
        )
        pdus = power.with_loads(state.pdu_states(self.config, views))
        feeds = power.feed_states(self.config.feeds, pdus)
        told, events = self._desk.scan([_alarms(m) for m in self.members.values()], pdus, feeds, now_s, now)
        self._trust.hear(events, CONTROLLER_QUARANTINED.name)
        for member in self.members.values():
            events += member.events
            member.events = []
        events += [*self._events, *self._power.take_events()]
        self._events = []
        reasons = coolingcontrol.reasons(self._reasons, wanted, self.members, advise=self.advise)
        reasons = self._keeper.told((*reasons, *self._power.reasons(self.members)), now_s, now)
        bus = summarise([link.statistics for link in self._links.values()], now_s)
        rate = None
        if self._last_s is not None and now_s > self._last_s:
            rate = (bus.requests - self._last_requests) / (now_s - self._last_s)
        self._scans, self._last_s, self._last_requests = self._scans + 1, now_s, bus.requests
        document = PodDocument(
            pod=self.config.pod.name,
            time=now,
            scan=self._scans,
            scan_s=self.config.control.scan_s,
            host_id=self.config.pod.host_id,
            advise=self.advise,
            role="advising" if self.advise else self.mastership.role,
            other_host=self.mastership.other,
            skids=skids,
            pdus=pdus,
            devices=state.device_states(self.config, views),
            feeds=feeds,
            racks=racks,
            limits=self._power.views(),
            reasons=reasons,
            totals=state.totals(skids, feeds),
            alarms=told.active,
            returned=told.returned,
            suppressed=told.suppressed,
            alarm_load=told.load,
            findings=power.findings(feeds, pdus)
            + (() if self.advise else state.lease_findings(self.mastership, (*skids, *pdus)))
            + self._desk.findings()
            + self._keeper.findings(),
            events=tuple(sorted(events, key=lambda event: event.time)),
            bus=bus,
            links=tuple(view(link.address, link.statistics, now_s) for link in self._links.values()),
            requests_per_s=rate,
            cycle_s=None if self._due_s is None else asyncio.get_running_loop().time() - self._due_s,
            scan_overruns=self._overruns,
            trim_kPa=self._cooling.trim_kPa,
            host_clock_jumps=self._trust.host_clock_jumps,
        )
        document = self._physics.judged(document, now_s)
        self._keeper.publish(document, now_s)
        return document


def _clock_times(config: PodConfig, controller: Controller) -> tuple[float, float]:
    """How often its uptime is read, and when first: not all in one scan, and of devices that are not ours never."""
    section, ours = config.quarantine, config.controllers
    if not section.enabled or controller not in ours:
        return float("inf"), float("inf")
    return section.clock_every_s, section.clock_every_s * (1 + ours.index(controller)) / len(ours)


def _alarms(member: Member) -> DeviceAlarms:
    first_out = None if member.snapshot is None else member.snapshot.number("first_out")
    return DeviceAlarms(
        device=member.name,
        lost=None if member.held_back is not None else member.lost,
        reason=member.reason,
        readings=None if member.held_back is not None else member.alarms,
        first_out=None if first_out is None else int(first_out),
        quarantine=member.quarantine,
    )


async def wait_until(stop: asyncio.Event, due_s: float) -> None:
    """Return at loop time `due_s`, or at once when `stop` is set."""
    try:
        async with asyncio.timeout_at(due_s):
            await stop.wait()
    except TimeoutError:
        return


async def run_pod(
    config: PodConfig,
    *,
    publish: Callable[[PodDocument], None],
    stop: asyncio.Event,
    advise: bool = False,
    state_dir: Path | None = None,
    share: bool = False,
) -> None:
    """Control a pod until `stop` is set; `publish` gets a document after each scan. Leases are given back at
    the end. `state_dir` as PodRunner has it, `share` as its `run`."""
    runner = PodRunner(config, advise=advise, state_dir=state_dir)
    try:
        await runner.run(publish, stop, share=share)
    finally:
        await runner.close()


def with_scan(config: PodConfig, scan_s: float | None) -> PodConfig:
    """The pod with another scan time, for who only watches: 0.1 s at the least. None leaves it as it is."""
    if scan_s is None:
        return config
    return msgspec.structs.replace(config, control=msgspec.structs.replace(config.control, scan_s=max(scan_s, 0.1)))


async def scan_once(
    config: PodConfig,
    *,
    timeout_s: float = 1.0,
    reports: list[LinkReport] | None = None,
    quarantined: Mapping[str, str] | None = None,
) -> PodDocument:
    """One scan that reads and writes nothing; a request may take `timeout_s`. `reports` gets the counters of the links. One scan
    cannot tell who lies: `quarantined` says it, as a running host has it."""
    runner = PodRunner(config, advise=True, request_s=timeout_s, once=True, quarantined=quarantined)
    for member in runner.members.values():
        member.patient = False
    try:
        return await runner.scan()
    finally:
        if reports is not None:
            reports.extend(runner.reports())
        await runner.close()
