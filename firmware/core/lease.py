"""Who may set the remote set-points, and what happens when they fall silent (wire contract, Lease).

A host writes holder, epoch and seconds in front of its set-points, in one request. Epochs only rise: a host that was
paused and wakes up holds an old one and cannot overwrite its successor. Only such a write renews; other traffic does not.
"""

# pyright: reportArgumentType=false
# (viper takes byte arrays as pointers; the stubs have no way to say so)
import micropython
from maps.common import Lease as Block
from maps.common import LeaseState, Refusal
from maps.fields import ADDRESS
from micropython import const

from core.starting import at_start
from core.wire import compare, copy, get16, get32

REFUSED = const(4)
_FIRST = Block.remote_holder & ADDRESS
_JUMP = const(1_000_000)
_HEAD = const(4)  # registers of the lease itself: holder, epoch (two), seconds
_EPOCH = const(2)  # bytes of the head in front of the epoch
_SECONDS = const(6)
KEPT = const(6)  # bytes of the head that outlive the power


class Lease:
    @at_start
    def __init__(self):
        self.state = LeaseState.NONE
        # As on the wire, because an epoch may be too large for a small integer and requests allocate nothing.
        self._held = bytearray(2 * _HEAD)
        self._asked = bytearray(2 * _HEAD)
        self.remaining_ms = 0
        self.lost = False  # a host fell silent and none has come since
        self.refusal = Refusal.NONE
        self.block = _HEAD  # registers of the whole remote block

    @property
    def holder(self):
        return get16(self._held, 0)

    @property
    def epoch(self):
        return get32(self._held, _EPOCH)

    def save(self, data, at):
        """Holder and epoch, 6 bytes, so that they outlive the power: an epoch that was used stays used."""
        copy(data, at, self._held, 0, KEPT)

    @at_start
    def restore(self, data, at):
        copy(self._held, 0, data, at, KEPT)

    def may_write(self, address, count, data, offset):
        """Guard of the remote block; see core.bank.Table.guard."""
        if address != _FIRST or count < _HEAD:
            return self._refuse(Refusal.LEASE_MISSING)
        holder, seconds = get16(data, offset), get16(data, offset + _SECONDS)
        order = compare(data, offset + _EPOCH, self._held, _EPOCH, 4)
        if self.state == LeaseState.ACTIVE:
            if order or holder and holder != get16(self._held, 0):
                return self._refuse(Refusal.LEASE_HELD)
        elif holder == 0 or order <= 0:
            return self._refuse(Refusal.LEASE_STALE)
        elif self._jumps(data, offset + _EPOCH):
            return self._refuse(Refusal.EPOCH_JUMP)
        elif count < self.block:
            return self._refuse(Refusal.LEASE_INCOMPLETE)
        if holder and not seconds:
            return self._refuse(Refusal.BAD_COMMAND)
        copy(self._asked, 0, data, offset, 2 * _HEAD)
        return 0

    def written(self, address, count):
        self.lost = False
        if get16(self._asked, 0):
            self.state = LeaseState.ACTIVE
            copy(self._held, 0, self._asked, 0, 2 * _HEAD)
            self.remaining_ms = 1000 * get16(self._held, _SECONDS)
        else:
            self.state = LeaseState.RAMPING  # given back: no need to hold
            self.remaining_ms = 0

    def _jumps(self, data, at):
        """The epoch is too far above the last one. By halves: their difference must stay a small integer."""
        high = get16(data, at) - get16(self._held, _EPOCH)
        return high > _JUMP >> 16 or (high << 16) + get16(data, at + 2) - get16(self._held, _EPOCH + 2) > _JUMP

    @micropython.native
    def step(self, dt_ms, hold_ms, arrived):
        """Advance by dt_ms. `arrived`: the set-points have reached the local ones."""
        if self.state == LeaseState.NONE:
            return
        self.remaining_ms = max(0, self.remaining_ms - dt_ms)
        if self.remaining_ms:
            return
        if self.state == LeaseState.ACTIVE:
            self.state = LeaseState.HOLDING
            self.remaining_ms = hold_ms
            self.lost = True
        elif self.state == LeaseState.HOLDING:
            self.state = LeaseState.RAMPING
        elif arrived:
            self.state = LeaseState.NONE

    @property
    def remote(self):
        """True while the remote set-points are the ones to follow."""
        return self.state == LeaseState.ACTIVE or self.state == LeaseState.HOLDING

    def _refuse(self, reason):
        self.refusal = reason
        return REFUSED
