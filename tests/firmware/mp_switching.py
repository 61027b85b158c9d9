from maps.pdu import BranchState
from pdu.switching import Switching


class Contacts:
    """Eight bistable contactors that do what the coils say."""

    def __init__(self, closed=0):
        self.closed = closed

    def drive(self, switching):
        self.closed = (self.closed | switching.set_coils) & ~switching.reset_coils


def switching(budget_A=100, inrush_ms=500, priorities=(0,) * 8, inrush_A=(100,) * 8):
    s = Switching()
    s.budget_A, s.inrush_ms, s.interval_ms = budget_A, inrush_ms, 500
    s.order = bytes([branch for _, branch in sorted((priorities[i], i) for i in range(8))])
    for branch in range(8):
        s.inrush_A[branch] = inrush_A[branch]
    s.start(0)
    return s


def closings(s, wanted=0xFF, steps=100, supplied=True):
    """Step of the first closing of each branch, in tenths of a second."""
    contacts, found = Contacts(), {}
    for step in range(steps):
        s.step(100, wanted, 0xFF, 0, contacts.closed, supplied)
        contacts.drive(s)
        for branch in range(8):
            if contacts.closed >> branch & 1:
                found.setdefault(branch, step)
    return found


def test_branches_close_in_the_order_of_their_priority():
    found = closings(switching(priorities=(3, 2, 1, 0, 3, 2, 1, 0)))
    assert sorted(found, key=lambda branch: found[branch]) == [3, 7, 2, 6, 1, 5, 0, 4]
    assert [found[b] for b in (3, 7, 2, 6)] == [0, 5, 10, 15]


def test_several_close_at_once_within_the_budget():
    found = closings(switching(budget_A=350))
    assert [sum(1 for step in found.values() if step == at) for at in (0, 5, 10)] == [3, 3, 2]


def test_the_inrush_of_any_window_stays_within_the_budget():
    s = switching(budget_A=250, inrush_ms=1200, inrush_A=(100, 50, 150, 100, 100, 50, 200, 100))
    found = closings(s)
    assert len(found) == 8
    for at in range(100):
        total = sum(s.inrush_A[branch] for branch, step in found.items() if at - 12 < step <= at)
        assert total <= 250, (at, found)


def test_one_that_is_larger_than_the_budget_closes_alone():
    found = closings(switching(inrush_A=(100, 100, 500, 100, 100, 100, 100, 100), inrush_ms=700))
    at = found[2]
    assert len(found) == 8 and [b for b, step in found.items() if abs(step - at) < 7] == [2]


def test_nobody_overtakes_who_does_not_fit_yet():
    found = closings(switching(budget_A=120, inrush_A=(100, 100, 20, 20, 20, 20, 20, 20)))
    assert found[0] == 0 and found[1] == 5 and min(found[b] for b in range(2, 8)) == 5


def test_who_rests_does_not_hold_up_the_others():
    s, contacts = switching(), Contacts(0xFF)
    s.start(0xFF)
    s.minimum_off_ms = 5000
    s.step(100, 0xFE, 0xFF, 0, contacts.closed)
    contacts.drive(s)
    for _ in range(60):
        s.step(100, 0xFF, 0xFF, 0, contacts.closed)
        contacts.drive(s)
    assert contacts.closed == 0xFF


def test_without_supply_everything_is_opened_and_waits():
    s, contacts = switching(), Contacts(0xFF)
    s.start(0xFF)
    for _ in range(20):
        s.step(100, 0xFF, 0xFF, 0, contacts.closed, False)
        contacts.drive(s)
    assert contacts.closed == 0 and s.state(4) == BranchState.WAITING
    for _ in range(5):
        s.step(100, 0xFF, 0xFF, 0, contacts.closed, True)
        contacts.drive(s)
    assert contacts.closed == 1
