"""Who may set the remote set-points, and what happens when they fall silent (wire contract, Lease).

A host writes holder, epoch and seconds in front of its set-points, in one request. Epochs only rise: a host that was
paused and wakes up holds an old one and cannot overwrite its successor. Only such a write renews; other traffic does not.
"""

import micropython
from maps.common import Lease as Block
from maps.common import LeaseState, Refusal
from maps.fields import ADDRESS
from micropython import const

from core.wire import get16, get32

REFUSED = const(4)
_FIRST = Block.remote_holder[ADDRESS]
_JUMP = const(1_000_000)
_HEAD = const(4)  # registers of the lease itself


class Lease:
    def __init__(self):
        self.state = LeaseState.NONE
        self.holder = 0
        self.epoch = 0
        self.remaining_ms = 0
        self.lost = False  # a host fell silent and none has come since
        self.refusal = Refusal.NONE
        self.block = _HEAD  # registers of the whole remote block
        self._asked = (0, 0, 0)

    def may_write(self, address, count, data, offset):
        """Guard of the remote block; see core.bank.Table.guard."""
        if address != _FIRST or count < _HEAD:
            return self._refuse(Refusal.LEASE_MISSING)
        holder, epoch, seconds = get16(data, offset), get32(data, offset + 2), get16(data, offset + 6)
        if self.state == LeaseState.ACTIVE:
            if epoch != self.epoch or holder not in (self.holder, 0):
                return self._refuse(Refusal.LEASE_HELD)
        elif holder == 0 or epoch <= self.epoch:
            return self._refuse(Refusal.LEASE_STALE)
        elif epoch - self.epoch > _JUMP:
            return self._refuse(Refusal.EPOCH_JUMP)
        elif count < self.block:
            return self._refuse(Refusal.LEASE_INCOMPLETE)
        if holder and not seconds:
            return self._refuse(Refusal.BAD_COMMAND)
        self._asked = (holder, epoch, seconds)
        return 0

    def written(self, address, count):
        holder, epoch, seconds = self._asked
        self.lost = False
        if holder:
            self.state = LeaseState.ACTIVE
            self.holder, self.epoch, self.remaining_ms = holder, epoch, 1000 * seconds
        else:
            self.state = LeaseState.RAMPING  # given back: no need to hold
            self.remaining_ms = 0

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
