"""The lease of a controller as a host keeps it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from mallee.device.remote import Grant
from mallee.pod.lease import LeaseSeen, LeaseState, accepted, decide, refused, release, unanswered

HOST, LEASE_S = 7, 10


def test_a_free_lease_is_taken_above_the_last_epoch_and_renewed_with_the_same() -> None:
    state, grant = decide(HOST, LEASE_S, LeaseState(), LeaseSeen("none", 3, 41, 0), 0.0)
    assert grant == Grant(HOST, 42, LEASE_S)
    assert grant is not None
    state = accepted(state, grant)
    state, grant = decide(HOST, LEASE_S, state, LeaseSeen("active", HOST, 42, 9), 1.0)
    assert grant == Grant(HOST, 42, LEASE_S)


def test_a_lease_whose_answer_was_lost_is_this_hosts_all_the_same() -> None:
    state, grant = decide(HOST, LEASE_S, LeaseState(), LeaseSeen("none", 3, 41, 0), 0.0)
    assert grant is not None
    state = unanswered(state, grant, "no answer")
    assert not state.held
    state, again = decide(HOST, LEASE_S, state, LeaseSeen("active", HOST, 42, 9), 1.0)
    assert again == Grant(HOST, 42, LEASE_S) and state.held
    lost = unanswered(LeaseState(), Grant(HOST, 42, LEASE_S), "no answer")
    lost, again = decide(HOST, LEASE_S, lost, LeaseSeen("none", 3, 41, 0), 1.0)  # it never arrived
    assert again == Grant(HOST, 43, LEASE_S)


def test_a_lease_of_another_is_left_alone_and_named() -> None:
    state, grant = decide(HOST, LEASE_S, LeaseState(), LeaseSeen("active", 3, 41, 5), 0.0)
    assert grant is None
    assert "host 3" in state.note


def test_a_paused_host_does_not_overwrite_its_successor() -> None:
    state = accepted(LeaseState(), Grant(HOST, 5, LEASE_S))
    state, grant = decide(HOST, LEASE_S, state, LeaseSeen("active", HOST, 6, 5), 100.0)
    assert grant is None
    assert "another process of this host" in state.note
    assert not state.held


def test_after_a_restart_of_the_controller_epochs_still_rise() -> None:
    state = accepted(LeaseState(), Grant(HOST, 5, LEASE_S))
    _, grant = decide(HOST, LEASE_S, state, LeaseSeen("none", 0, 0, 0), 1.0)
    assert grant == Grant(HOST, 6, LEASE_S)


def test_a_refusal_backs_off_and_says_who_holds_it() -> None:
    state = refused(LeaseState(), "lease_held", LeaseSeen("active", 3, 9, 5), 100.0, 10.0)
    assert "lease_held" in state.note
    assert "host 3" in state.note
    state, grant = decide(HOST, LEASE_S, state, LeaseSeen("holding", 3, 9, 0), 105.0)
    assert grant is None
    _, grant = decide(HOST, LEASE_S, state, LeaseSeen("holding", 3, 9, 0), 111.0)
    assert grant == Grant(HOST, 10, LEASE_S)


def test_unknown_lease_writes_nothing() -> None:
    assert decide(HOST, LEASE_S, LeaseState(), LeaseSeen(), 0.0)[1] is None


def test_only_a_held_lease_is_given_back() -> None:
    assert release(LeaseState()) is None
    state = accepted(LeaseState(), Grant(HOST, 5, LEASE_S))
    back = release(state)
    assert back == Grant(0, 5, 0)
    assert back is not None
    assert release(accepted(state, back)) is None


@given(st.integers(0, 0xFFFF_FFF0), st.integers(0, 0xFFFF_FFF0))
def test_a_new_epoch_is_above_everything_ever_seen(highest: int, seen: int) -> None:
    _, grant = decide(HOST, LEASE_S, LeaseState(highest=highest), LeaseSeen("none", 0, seen, 0), 0.0)
    assert grant is not None
    assert grant.epoch > max(highest, seen)


class TwoHosts(RuleBasedStateMachine):
    """Two hosts and one controller with the firmware's rules; hosts sleep for any time, the controller may
    restart."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.hosts = {1: LeaseState(), 2: LeaseState()}
        self.device = LeaseSeen("none", 0, 0, 0)
        self.writers: list[tuple[int, int]] = []  # (epoch, host) of each accepted write

    def write(self, host: int, seen: LeaseSeen) -> None:
        state, grant = decide(host, LEASE_S, self.hosts[host], seen, self.now_s)
        if grant is not None:
            device = self.device
            ok = (
                (grant.holder, grant.epoch) == (device.holder, device.epoch)
                if device.state == "active"
                else grant.epoch > (device.epoch or 0)
            )
            if ok:
                self.device = LeaseSeen("active", host, grant.epoch, LEASE_S)
                self.writers.append((grant.epoch, host))
                state = accepted(state, grant)
            else:
                state = refused(state, "lease_held", self.device, self.now_s, LEASE_S)
        self.hosts[host] = state

    @rule(host=st.sampled_from([1, 2]))
    def scan(self, host: int) -> None:
        self.write(host, self.device)

    @rule(host=st.sampled_from([1, 2]), seconds=st.integers(1, 30))
    def scan_with_a_pause_between_reading_and_writing(self, host: int, seconds: int) -> None:
        seen = self.device
        self.write(3 - host, self.device)
        self.time_passes(seconds)
        self.write(host, seen)

    @rule(seconds=st.integers(1, 30))
    def time_passes(self, seconds: int) -> None:
        self.now_s += seconds
        if self.device.state == "active" and (self.device.remaining_s or 0) <= seconds:
            self.device = LeaseSeen("holding", self.device.holder, self.device.epoch, 0)

    @precondition(lambda self: self.device.state != "none")
    @rule()
    def the_controller_restarts(self) -> None:
        self.device = LeaseSeen("none", 0, 0, 0)
        self.writers.clear()

    @invariant()
    def an_epoch_has_one_writer_and_epochs_never_fall(self) -> None:
        epochs = [epoch for epoch, _ in self.writers]
        assert epochs == sorted(epochs)
        assert all(len({host for e, host in self.writers if e == epoch}) == 1 for epoch in epochs)


TestTwoHosts = TwoHosts.TestCase
