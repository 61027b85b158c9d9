"""Two hosts of one pod: what each concludes from the leases that it sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee.device.remote import Grant
from mallee.pod import leading, lease
from mallee.pod.lease import LeaseSeen, LeaseState
from mallee.pod.mastership import LeaseHeld, Mastership, Seen, step

LEASE_S = 4
OURS, THEIRS = (lambda n: LeaseHeld(f"c{n}", 1, True)), (lambda n: LeaseHeld(f"c{n}", 2, False))


def after(*scans: Seen) -> Mastership:
    state = Mastership()
    for seen in scans:
        state = step(state, seen)
    return state


def test_who_finds_nobody_controls_the_pod():
    assert after(Seen(10)).role == "master"
    assert after(Seen(10, [OURS(n) for n in range(10)])).role == "master"


def test_who_finds_another_host_listens_and_names_it():
    found = after(Seen(10, [THEIRS(n) for n in range(10)]))
    assert (found.role, found.other) == ("standby", 2)
    assert "10 of 10" in found.why


def test_of_two_that_began_at_once_the_one_with_more_leases_stays():
    assert after(Seen(3, [OURS(0), THEIRS(1), OURS(2)])).role == "master"
    assert after(Seen(3, [OURS(0), THEIRS(1), THEIRS(2)])).role == "standby"


def test_of_two_with_as_many_the_one_with_the_first_controller_stays():
    assert after(Seen(2, [OURS(0), THEIRS(1)])).role == "master"
    assert after(Seen(2, [THEIRS(0), OURS(1)])).role == "standby"


def test_a_single_lease_of_a_tool_does_not_leave_the_pod_without_a_master():
    seen = Seen(10, [THEIRS(4)])
    assert after(seen).role == after(seen, seen, seen).role == "standby"
    assert after(seen, seen, seen, seen).role == "master"
    most = Seen(10, [THEIRS(n) for n in range(6)])
    assert after(*[most] * 20).role == "standby"


def test_who_is_heard_on_the_only_line_is_the_master_there():
    assert after(*[Seen(0, line_talks=True)] * 20).role == "standby"
    assert after(Seen(4, line_unknown=True)).role == "listening"


def test_a_talker_on_one_line_leaves_the_rest_of_the_pod_to_its_host():
    seen = Seen(4, line_talks=True)
    assert after(seen).role == "standby" and "line" in after(seen).why
    assert after(*[seen] * 4).role == "master"
    ours = Seen(4, [OURS(n) for n in range(4)])
    assert after(ours, Seen(4, ours.leases, line_talks=True)).role == "master"


def test_a_line_that_has_to_be_listened_to_does_not_cost_a_master_the_rest():
    ours = [OURS(n) for n in range(4)]
    assert after(Seen(4, ours), Seen(4, ours, line_unknown=True), Seen(0, line_unknown=True)).role == "master"


def test_a_master_that_sees_nobody_stays_one_and_a_beginner_waits():
    assert after(Seen(0)).role == "listening"
    assert after(Seen(3), Seen(0)).role == "master"


@dataclass
class Controller:
    """Its lease, by the wire contract."""

    holder: int = 0
    epoch: int = 0
    until_s: float = -1.0

    def seen(self, now_s: float) -> LeaseSeen:
        active = now_s < self.until_s
        return LeaseSeen("active" if active else "holding", self.holder, self.epoch, max(0.0, self.until_s - now_s))

    def write(self, grant: Grant, now_s: float) -> bool:
        active = now_s < self.until_s
        if grant.holder == 0:
            if active and grant.epoch == self.epoch:
                self.until_s = now_s
            return True
        same = (grant.holder, grant.epoch) == (self.holder, self.epoch)
        if (active and not same) or (not active and grant.epoch <= self.epoch):
            return False
        self.holder, self.epoch, self.until_s = grant.holder, grant.epoch, now_s + grant.seconds
        return True


@dataclass
class Host:
    """As the loop of a pod uses both: it reads all, and writes each some time later."""

    number: int
    count: int
    role: Mastership = field(default_factory=Mastership)
    leases: list[LeaseState] = field(default_factory=list)
    seen: list[LeaseSeen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.leases = [LeaseState()] * self.count

    def read(self, controllers: list[Controller], now_s: float) -> None:
        self.seen = [each.seen(now_s) for each in controllers]
        held = [
            LeaseHeld(f"c{n}", seen.holder, seen.holder == self.number and 0 < self.leases[n].granted == seen.epoch)
            for n, seen in enumerate(self.seen)
            if seen.state == "active"
        ]
        self.role = step(self.role, Seen(self.count, held))

    def write(self, controllers: list[Controller], n: int, now_s: float) -> None:
        if self.role.role != "master":
            if (grant := lease.release(self.leases[n])) is not None and controllers[n].write(grant, now_s):
                self.leases[n] = lease.accepted(self.leases[n], grant)
            return
        self.leases[n], grant = lease.decide(self.number, LEASE_S, self.leases[n], self.seen[n], now_s)
        if grant is not None:
            if controllers[n].write(grant, now_s):
                self.leases[n] = lease.accepted(self.leases[n], grant)
            else:
                self.leases[n] = lease.refused(self.leases[n], "lease_held", self.seen[n], now_s, LEASE_S)


@given(seed=st.integers(0, 2**32), count=st.integers(1, 6), offset_s=st.floats(0.0, 0.99))
def test_one_master_remains_and_the_other_takes_over_within_five_seconds(seed, count, offset_s):
    random = Random(seed)
    controllers, hosts = [Controller() for _ in range(count)], [Host(1, count), Host(2, count)]

    def run(alive: list[int], from_s: float, to_s: float) -> None:
        """Each reads once a scan, and twice while it stands by, and writes somewhere in the third of a second behind that."""
        due: list[tuple[float, int, int, int]] = [(from_s + (offset_s if h else 0.0), 0, h, -1) for h in alive]
        while due:
            now_s, _, h, n = item = min(due)
            due.remove(item)
            if now_s > to_s:
                continue
            host = hosts[h]
            if n >= 0:
                host.write(controllers, n, now_s)
                continue
            host.read(controllers, now_s)
            due += [(now_s + random.uniform(0.0, 0.3), 1, h, k) for k in range(count)]
            due.append((now_s + (0.5 if host.role.role == "standby" else 1.0), 0, h, -1))

    run([0, 1], 0.0, 12.0)
    assert sorted(host.role.role for host in hosts) == ["master", "standby"]
    master = next(h for h in (0, 1) if hosts[h].role.role == "master")
    assert all(c.holder == hosts[master].number and c.until_s > 12.0 for c in controllers)

    run([1 - master], 12.0 + random.uniform(0.0, 0.5), 17.0)
    assert all(c.holder == hosts[1 - master].number for c in controllers)

    hosts[master].read(controllers, 17.0)  # it was paused, and wakes
    assert hosts[master].role.role == "standby"
    for n, controller in enumerate(controllers):
        stale = Grant(hosts[master].number, hosts[master].leases[n].highest, LEASE_S)
        assert not controller.write(stale, 17.0) or stale.epoch > controller.epoch


@pytest.mark.parametrize("scans", range(1, 6))
def test_leases_of_two_processes_with_one_number_are_told_apart(scans):
    controllers, hosts = [Controller(), Controller()], [Host(7, 2), Host(7, 2)]
    for scan in range(scans):
        for host in hosts:
            host.read(controllers, float(scan))
            for n in range(2):
                host.write(controllers, n, float(scan))
    assert [host.role.role for host in hosts] == ["master", "standby"]


@dataclass
class Pdu:
    """As leading.py looks at a member."""

    seen: LeaseSeen
    lease: LeaseState
    answering: bool = True
    quarantine: str = ""
    device: object = None

    def lease_seen(self) -> LeaseSeen:
        return self.seen


@pytest.mark.parametrize(
    ("pdus", "sure_s"),
    [
        ([("active", 7, 5, 3.0), ("active", 7, 5, 4.0)], 102.0),  # the first that may lapse counts
        ([("active", 7, 5, 3.0), ("active", 2, 9, 9.0)], 102.0),
        ([("active", 7, 4, 3.0)], None),  # of another process with our number
        ([("holding", 7, 5, 0.0)], None),  # it woke too late
        ([("active", 2, 9, 9.0)], None),
        ([], None),
    ],
)
def test_limits_may_be_set_for_as_long_as_own_leases_were_seen_to_last(pdus, sure_s, monkeypatch):
    monkeypatch.setattr(leading, "writes_lease", lambda device: True)
    members: list[Any] = [Pdu(LeaseSeen(*told), LeaseState(granted=5, held=True)) for told in pdus]
    assert leading.sure_until_s(7, members, 100.0) == sure_s
    for member in members:
        member.answering = False
    assert leading.sure_until_s(7, members, 100.0) is None
