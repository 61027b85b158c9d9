"""The power manager at work: what it sees of the pod, its limits brought to the racks, its permits to the PDUs, its reasons told.

It acts only while this host controls the pod's PDUs, and begins with what it finds in force.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from .. import clock
from ..reading import Scalar
from .actuators.limiter import open_limiter
from .actuators.rackcaps import RackCaps
from .config import Pdu, PodConfig
from .document import Event, LimitView, PduState, RackState
from .member import Member
from .power import explaining, manager
from .power.capping import RackInput
from .power.limits import Limit, limits
from .power.manager import Capped, Decision, PowerState
from .power.shedding import Switched
from .reasons import Outcome, Reason

PERMIT = "permit"
"""Of the remote block of a PDU: branches that may be closed."""
_LIMITER_S = 1.0  # a request to a rack's manager
_SAME_KW = 0.001  # managers take whole watts


class PowerControl:
    """`advise`: decisions are told, and nothing is done."""

    def __init__(self, config: PodConfig, *, advise: bool) -> None:
        self._config = config
        self._advise = advise
        self._caps: RackCaps | None = None
        self._state: PowerState | None = None
        self._decision: Decision | None = None
        self._back: set[str] = set()
        """Racks that were off, until their branches are permitted again."""
        self._limits: tuple[Limit, ...] = ()
        self._acted = False
        self._too_late = 0
        self._inputs: Sequence[RackInput] = ()
        self._why: dict[str, str] = {}
        """Of RACK.power_limit and RACK.permit: why it changed last."""
        self.events: list[Event] = []
        """Since they were last taken."""

    def step(
        self,
        pdus: Sequence[PduState],
        racks: Sequence[RackState],
        members: Mapping[str, Member],
        dt_s: float,
        *,
        until_s: float,
    ) -> tuple[RackState, ...]:
        """Decide, and bring limits on their way. Returns the racks with what is decided for them. Until loop time `until_s`
        this host controls the pod for sure; in the past: another one does."""
        caps = self._open()
        self._limits = limits(self._config, pdus)
        inputs = [self._input(rack, caps, members) for rack in racks]
        now_s = asyncio.get_running_loop().time()
        may_act = until_s >= now_s and self._holds_pdus(members)
        if (
            may_act and not self._acted
        ):  # limits that another host has set since they were last read are this one's to keep
            caps.look_again()
        self._acted = may_act
        if not may_act or not all(state.ready for state in caps.states.values()):
            self._state = self._decision = None
            caps.stand_back()
            return self._told(racks, inputs)
        if self._state is None:
            self._state = manager.begin(self._limits, inputs)
        self._state, self._decision = manager.step(self._config.power, self._state, self._limits, inputs, dt_s)
        self._back = {rack.name for rack in inputs if rack.off and rack.name in self._back}
        self._inputs = inputs
        for change in self._decision.changes:
            self._event(change)
            self._why[f"{change.rack}.{'power_limit' if isinstance(change, Capped) else 'permit'}"] = change.reason
            if isinstance(change, Switched) and change.on:
                self._back.add(change.rack)
        if not self._advise:
            caps.want(self._decision.caps_kW, until_s)
            if caps.too_late > self._too_late:
                self._too_late = caps.too_late
                self._note("limits were not set: this host stood still meanwhile, and another one may control the pod")
        return self._told(racks, inputs)

    def permits(self, pdu: Pdu, remote: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """What is written of a PDU's permits: as they stand, without those of racks that are off, with those of racks that come
        back."""
        standing = remote.get(PERMIT)
        decision = self._decision
        if decision is None or not isinstance(standing, frozenset):
            return {}
        permit = set(standing)
        for number, rack in enumerate(pdu.racks, 1):
            if rack in decision.off:
                permit.discard(f"branch_{number}")
            elif rack in self._back:
                permit.add(f"branch_{number}")
        return {PERMIT: frozenset(permit)}

    def views(self) -> tuple[LimitView, ...]:
        """Each limit as it stands, for the document."""
        left_s = {} if self._decision is None else self._decision.left_s
        states = {} if self._state is None else self._state.limits
        return tuple(
            LimitView(
                name=limit.name,
                kind=limit.kind,
                unit=limit.unit,
                limit=limit.limit,
                load=limit.load,
                measured=limit.measured,
                capping=limit.name in states and states[limit.name].capping,
                left_s=left_s.get(limit.name),
            )
            for limit in self._limits
        )

    def reasons(self, members: Mapping[str, Member]) -> tuple[Reason, ...]:
        """Of the power limit and the permit of each rack; none while it may not act."""
        if self._decision is None or self._state is None:
            return ()
        caps, permits = explaining.reasons(
            self._config, self._state, self._decision, self._limits, self._inputs, self._why
        )
        return (
            *(replace(each, **self._cap_outcome(rack, each)) for rack, each in caps.items()),
            *(replace(each, **self._permit_outcome(rack, each, members)) for rack, each in permits.items()),
        )

    def _cap_outcome(self, rack: str, reason: Reason) -> dict[str, Any]:
        state = None if self._caps is None else self._caps.states.get(rack)
        if state is None:
            return {}
        if reason.value is None and reason.of not in self._why:
            return {}
        if self._advise:
            return _came_to("advised")
        if not state.reachable:
            return _came_to("failed", state.why) if state.ready else _came_to("asked")
        stands, wanted = state.limit_kW, reason.value
        done = (
            stands is None if not isinstance(wanted, float) else stands is not None and abs(stands - wanted) < _SAME_KW
        )
        return _came_to("written", "its manager says so") if done else _came_to("asked")

    def _permit_outcome(self, rack: str, reason: Reason, members: Mapping[str, Member]) -> dict[str, Any]:
        on = reason.value == "on"
        if on and reason.of not in self._why:
            return {}
        if self._advise:
            return _came_to("advised")
        for pdu in self._config.pdus:
            member = members[pdu.name]
            standing = member.remote.get(PERMIT)
            if rack not in pdu.racks or not member.answering:
                continue
            if not member.lease.held or not isinstance(standing, frozenset):
                return _came_to("failed", f"{pdu.name}: {member.lease.note or 'the lease is not held'}")
            mine = {f"branch_{number}" for number, name in enumerate(pdu.racks, 1) if name == rack}
            if (mine & standing) if not on else (mine - standing):
                return _came_to("asked", f"not yet at {pdu.name}")
        return _came_to("written")

    def forget(self) -> None:
        """Another host decides from now on."""
        self._state = self._decision = None
        self._acted = False
        self._why.clear()
        self._back.clear()

    def take_events(self) -> list[Event]:
        events, self.events = self.events, []
        return events

    async def close(self) -> None:
        """What is in force stays in force: it keeps the mains closed."""
        if self._caps is not None:
            await self._caps.close()

    def _open(self) -> RackCaps:
        if self._caps is None:
            limiters = {
                rack.name: open_limiter(rack.power_limit, timeout_s=_LIMITER_S)
                for rack in self._config.racks
                if rack.power_limit and self._config.power.cap
            }
            self._caps = RackCaps(limiters, read_only=self._advise)
        return self._caps

    def _input(self, rack: RackState, caps: RackCaps, members: Mapping[str, Member]) -> RackInput:
        entry = next(each for each in self._config.racks if each.name == rack.name)
        state = caps.states.get(rack.name)
        least_kW = entry.least_kW if state is None or state.least_kW is None else max(entry.least_kW, state.least_kW)
        return RackInput(
            name=rack.name,
            rated_kW=rack.rated_kW,
            minimum_kW=least_kW,
            priority=entry.priority,
            power_kW=rack.power_kW,
            limitable=state is not None and state.reachable,
            off=self._no_permit(rack.name, members),
            cap_kW=None if state is None else state.limit_kW,
        )

    def _no_permit(self, rack: str, members: Mapping[str, Member]) -> bool:
        """Every branch of it is without permit, as far as permits are known."""
        permits = [
            f"branch_{number}" in permit
            for pdu in self._config.pdus
            if isinstance(permit := members[pdu.name].remote.get(PERMIT), frozenset)
            for number, name in enumerate(pdu.racks, 1)
            if name == rack
        ]
        return bool(permits) and not any(permits)

    def _holds_pdus(self, members: Mapping[str, Member]) -> bool:
        """Every PDU was heard that can be, and none is another host's. One that is in quarantine is not asked."""
        pdus = [members[pdu.name] for pdu in self._config.pdus]
        if not all(pdu.snapshot is not None or pdu.lost for pdu in pdus):
            return False
        answering = [pdu for pdu in pdus if pdu.answering and not pdu.quarantine]
        return self._advise or all(pdu.lease.held and pdu.remote for pdu in answering)

    def _told(self, racks: Sequence[RackState], inputs: Sequence[RackInput]) -> tuple[RackState, ...]:
        decision = self._decision
        wanted = {} if decision is None else decision.caps_kW
        why = {} if self._state is None else self._state.why
        return tuple(
            msgspec.structs.replace(
                rack,
                priority=each.priority,
                cap_kW=each.cap_kW,
                wanted_cap_kW=wanted.get(rack.name),
                cap_reason=why.get(rack.name, ""),
                off=each.off if decision is None else rack.name in decision.off,
            )
            for rack, each in zip(racks, inputs, strict=True)
        )

    def _event(self, change: Capped | Switched) -> None:
        advised = "advised: " if self._advise else ""
        if isinstance(change, Capped):
            what = "no power limit" if change.kW is None else f"power limit {change.kW:.1f} kW"
            kind = "power_limit"
        else:
            what, kind = ("switched on", "restored") if change.on else ("switched off", "shed")
        self._note(f"{advised}{what}: {change.reason}", kind, change.rack)

    def _note(self, text: str, kind: str = "power_limit", device: str = "pod") -> None:
        self.events.append(Event(time=clock.utc_now(), kind=kind, device=device, text=text))


def _came_to(outcome: Outcome, detail: str = "") -> dict[str, Any]:
    return {"outcome": outcome, "detail": detail}
