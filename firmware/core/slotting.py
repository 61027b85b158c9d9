"""What an update changes in the record of slots.py: a slot is filled, tried, confirmed or given up. Loaded when it is needed."""

import slots
from micropython import const

# Places in the record as slots.py has them, and those that are ours.
_CONFIRMED, _PREVIOUS, _TRIAL = const(5), const(6), const(7)
_STARTED, _OUTCOME = const(8), const(9)
_ISSUED = const(10)  # when the confirmed image was signed, seconds since 1970: an older one is refused
_ANSWERED = const(14)  # chips that answered the application before the trial
_WELL = const(16)  # and what else was well then, see core.trial
_NO_TRIAL = const(0xFF)
_SLOT_A, _SLOT_B = const(1), const(2)


def _kept(changes):
    """Keep changes (place, byte). False: that cannot be done, and nothing has changed."""
    before = bytes(slots.record)
    for place, byte in changes:
        slots.record[place] = byte
    if slots.save():
        return True
    slots.record[:] = before
    return False


def _four(place, number):
    return [(place + i, number >> 24 - 8 * i & 0xFF) for i in range(4)]


def outcome():
    return slots.record[_OUTCOME]


def confirmed():
    return slots.record[_CONFIRMED]


def issued():
    return int.from_bytes(slots.record[_ISSUED : _ISSUED + 4], "big")


def before():
    """What the application before the trial said of itself: answering chips, what was well."""
    return slots.record[_ANSWERED] << 8 | slots.record[_ANSWERED + 1], slots.record[_WELL]


def free_slot():
    """The slot that an update may fill: it does not run, and if that can be, it is not confirmed. None: a trial is under way."""
    if slots.trial:
        return None
    taken = (slots.slot, confirmed())
    for each in (_SLOT_A, _SLOT_B):
        if each not in taken:
            return each
    return confirmed()  # it failed, and the other one runs


def take(free):
    """What is in this slot is no way back from now on: it is about to be replaced. False: that cannot be kept."""
    changes = [(_TRIAL, _NO_TRIAL)]
    if confirmed() == free:
        changes.append((_CONFIRMED, slots.slot))
    if slots.record[_PREVIOUS] == free:
        changes.append((_PREVIOUS, slots.FLASHED))
    return _kept(changes)


def stage(filled, answering, well):
    """The next start is a trial of this slot. False: that cannot be kept."""
    said = [(_ANSWERED, answering >> 8 & 0xFF), (_ANSWERED + 1, answering & 0xFF), (_WELL, well)]
    return _kept([(_TRIAL, filled), (_STARTED, 0), (_OUTCOME, 0)] + said)


def confirm(made):
    """The application on trial is the one from now on; its image was signed at `made`. False: that cannot be kept."""
    changes = [(_PREVIOUS, confirmed()), (_CONFIRMED, slots.slot), (_TRIAL, _NO_TRIAL), (_OUTCOME, 1)]
    if not _kept(changes + _four(_ISSUED, made)):
        return False
    slots.trial = False
    slots.healthy()
    return True


def give_up(why):
    """The trial has failed. Whoever calls this resets the controller then."""
    _kept([(_OUTCOME, why)])
