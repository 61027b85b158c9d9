"""The judgement of every controller of a running pod, from scan to scan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from ..config import Pdu, PodConfig
from ..document import Event, TrustView
from . import judge
from .clocks import ClockReading
from .judge import Heard, Kind, Trust
from .limits import Rated

_SQRT_3 = 3.0**0.5


class TrustWatch:
    """`step` once a scan; then `view` has what it came to. Devices that are not ours are not judged: nothing depends on them."""

    def __init__(self, config: PodConfig) -> None:
        self._settings = config.quarantine
        volts = {feed.name: feed.voltage_V for feed in config.feeds}
        self._rated = {c.name: _rated(c, volts) if isinstance(c, Pdu) else Rated() for c in config.controllers}
        self.trust = {name: Trust() for name in self._rated}
        self.host_clock_jumps = 0
        self._now_s = 0.0
        self._utc: datetime | None = None

    def step(self, heard: Mapping[str, Heard], now_s: float, utc: datetime) -> list[Event]:
        """Judge what came in this scan. Returns who was put into quarantine, and who is believed again."""
        self._now_s, self._utc = now_s, utc
        before = self.trust
        self.trust = {
            name: judge.step(self._settings, self._rated[name], trust, heard.get(name, Heard()), now_s)
            for name, trust in before.items()
        }
        events = self._common({n: h.clock for n, h in heard.items() if h.clock is not None}, utc)
        for name, trust in self.trust.items():
            if trust.kind and not before[name].kind:
                events.append(_event(utc, "quarantined", name, f"is not believed any more: {trust.reason}"))
            elif before[name].kind and not trust.kind:
                events.append(_event(utc, "believed", name, "is believed again"))
        return events

    def adopt(self, reasons: Mapping[str, str], now_s: float) -> None:
        """Controllers that are in quarantine already, and why: kind and evidence, as `Trust.reason` has them."""
        for name, reason in reasons.items():
            word, _, evidence = reason.partition(": ")
            if name in self.trust and word in {kind.value for kind in Kind}:
                self.trust[name] = judge.adopted(Kind(word), evidence, now_s)

    def hear(self, events: Iterable[Event], alarm: str) -> None:
        """What people did: who resets the alarm has looked after the controller."""
        for event in events:
            if event.kind == "alarm_reset" and event.alarm == alarm and event.device in self.trust:
                self.trust[event.device] = judge.release(self.trust[event.device])

    @property
    def clocks_wanted(self) -> bool:
        """A clock seems to have jumped: whether the others have as well tells whose it was."""
        return any(trust.clock_off for trust in self.trust.values())

    def view(self, name: str) -> TrustView:
        trust = self.trust.get(name)
        if trust is None:
            return TrustView()
        since = None
        if trust.kind and self._utc is not None:
            since = self._utc - timedelta(seconds=self._now_s - trust.since_s)
        return TrustView(
            quarantined=trust.kind.value if trust.kind else "",
            evidence=trust.evidence,
            since=since,
            left_s=judge.left_s(self._settings, trust, self._now_s),
            doubted=tuple(sorted(trust.doubted)),
            frozen=trust.counts.frozen,
            impossible=trust.counts.impossible,
            clock=trust.counts.clock,
            returns=trust.counts.returns,
            glitches=trust.counts.glitches,
        )

    def _common(self, read: Mapping[str, ClockReading], utc: datetime) -> list[Event]:
        """Clocks of most controllers do not jump together: the host's did, and theirs are right."""
        off = [name for name in read if name in self.trust and self.trust[name].clock_off]
        if len(off) < 2 or 2 * len(off) <= len(read):
            return []
        self.host_clock_jumps += 1
        self.trust |= {name: judge.set_right(self.trust[name], read[name]) for name in off}
        text = f"the uptimes of {len(off)} of {len(read)} controllers jumped together: it was this computer's clock"
        return [_event(utc, "host_clock", "host", text)]


def _rated(pdu: Pdu, volts: Mapping[str, float]) -> Rated:
    nominal_V = volts.get(pdu.feed)
    return Rated(pdu.main_A, None if nominal_V is None else nominal_V / _SQRT_3)


def _event(utc: datetime, kind: str, device: str, text: str) -> Event:
    return Event(time=utc, kind=kind, device=device, text=text)
