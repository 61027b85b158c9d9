from core.lease import Lease
from maps.common import LeaseState, Refusal


def ask(lease, holder, epoch, seconds, first=100, count=10):
    data = bytes((0, holder, 0, 0, epoch >> 8, epoch & 255, 0, seconds)) + bytes(20)
    code = lease.may_write(first, count, data, 0)
    if code == 0:
        lease.written(first, count)
    return code


def test_take_renew_and_give_back():
    lease = Lease()
    assert ask(lease, 1, 1, 10) == 0 and lease.state == LeaseState.ACTIVE and lease.remote
    lease.step(9000, 60000, False)
    assert ask(lease, 1, 1, 10) == 0 and lease.remaining_ms == 10000
    assert ask(lease, 0, 1, 0) == 0 and lease.state == LeaseState.RAMPING and not lease.remote
    lease.step(100, 60000, False)
    assert lease.state == LeaseState.RAMPING
    lease.step(100, 60000, True)
    assert lease.state == LeaseState.NONE and not lease.lost


def test_lapse_holds_then_ramps_then_is_local():
    lease = Lease()
    ask(lease, 1, 1, 10)
    lease.step(10000, 60000, False)
    assert lease.state == LeaseState.HOLDING and lease.remote and lease.lost
    lease.step(59900, 60000, False)
    assert lease.state == LeaseState.HOLDING
    lease.step(100, 60000, False)
    assert lease.state == LeaseState.RAMPING and not lease.remote
    lease.step(100, 60000, True)
    assert lease.state == LeaseState.NONE and lease.lost  # it says so until a host comes


def test_another_host_or_epoch_is_refused_while_active():
    lease = Lease()
    ask(lease, 1, 5, 10)
    assert ask(lease, 2, 5, 10) == 4 and lease.refusal == Refusal.LEASE_HELD
    assert ask(lease, 1, 6, 10) == 4 and ask(lease, 2, 6, 10) == 4
    assert ask(lease, 0, 4, 0) == 4
    assert lease.holder == 1 and lease.epoch == 5


def test_a_host_that_slept_cannot_overwrite_its_successor():
    lease = Lease()
    ask(lease, 1, 1, 10)
    lease.step(10000, 60000, False)
    assert ask(lease, 1, 1, 10) == 4 and lease.refusal == Refusal.LEASE_STALE  # its own lapsed epoch
    assert ask(lease, 2, 2, 10) == 0
    lease.step(10000, 60000, False)
    assert ask(lease, 1, 1, 10) == 4 and ask(lease, 1, 2, 10) == 4
    assert ask(lease, 1, 3, 10) == 0


def test_set_points_need_the_lease_in_front():
    lease = Lease()
    assert ask(lease, 1, 1, 10, first=104, count=1) == 4 and lease.refusal == Refusal.LEASE_MISSING
    assert ask(lease, 1, 1, 10, count=3) == 4
    assert ask(lease, 1, 1, 0) == 4 and lease.state == LeaseState.NONE


def test_a_new_lease_brings_every_set_point():
    lease = Lease()
    lease.block = 10
    assert ask(lease, 1, 1, 10, count=4) == 4 and lease.refusal == Refusal.LEASE_INCOMPLETE
    assert ask(lease, 1, 1, 10) == 0
    assert ask(lease, 1, 1, 10, count=4) == 0  # renewing may be short


def test_nobody_can_take_all_epochs_away():
    lease = Lease()
    data = bytes((0, 1, 0xFF, 0xFF, 0xFF, 0xFE, 0, 10)) + bytes(20)
    assert lease.may_write(100, 10, data, 0) == 4 and lease.refusal == Refusal.EPOCH_JUMP
