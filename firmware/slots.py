"""Which application starts: the one that was flashed, or one of the two slots that updates over the bus go to.

This file is the same before and after an update: only `mallee flash` replaces it. It imports nothing of an application, and
tells the one that runs what it is (`slot`, `trial`, `safe`). What is decided lies in two small files in turns, each with
sequence number and CRC: a power cut in the middle of one leaves the other, and with it the application from before.

A slot that was just filled starts once, on trial. If that start is not confirmed, for whatever reason, the next one is the
old application's again. An application that was confirmed and fails three times in a row gives way: to the one before it, to
the flashed one, and in the end to the safe mode, in which nothing is driven and Modbus answers.
"""

import sys
from binascii import crc32

import machine
from micropython import const

FLASHED, SLOT_A, SLOT_B = 0, 1, 2
FOLDERS = ("", "slot_a", "slot_b")
NO_TRIAL = const(0xFF)
# How the last trial ended.
NONE, CONFIRMED, DID_NOT_START = 0, 1, 2  # and what the application on trial says itself, see maps.common_update

NAMES = ("slots.a", "slots.b")
_SIZE = const(21)
# Places in the record; 0 to 3 are its sequence number, the last four its CRC-32.
_FORMAT, _CONFIRMED, _PREVIOUS, _TRIAL, _STARTED, _OUTCOME = 4, 5, 6, 7, 8, 9
_ISSUED = const(10)  # when the confirmed image was made, seconds since 1970: an older one is refused
_ANSWERED = const(14)  # chips that answered the application before the trial
_WELL = const(16)  # and what else was well then, see core.trial
_CHECKED = const(17)

_FAILURES = const(3)  # starts in a row that did not last, until another application has its turn
_STARTS = "starts.bin"
_SCRATCH5 = const(0x40058020)  # RP2040 data sheet 4.7.6; 0 to 3 are core.retained's, 4 is the SDK's
_MAGIC = const(0x5107)
_POWER_ON = 1  # machine.PWRON_RESET of the RP2 port, see core.controller

slot = FLASHED  # the application that runs
trial = False  # it has to prove itself
safe = False  # and drives nothing
failed = 0  # starts in a row that did not last, this one included until it has
record = bytearray(_SIZE)


def chain():
    """Applications that may run, best first, each once."""
    found = []
    for each in (record[_CONFIRMED], record[_PREVIOUS], FLASHED):
        if each not in found:
            found.append(each)
    return found


def choose(failures):
    """(slot, safe) after so many starts in a row that did not last."""
    able = chain()
    turn = failures // _FAILURES
    if turn < len(able):
        return able[turn], False
    return able[-1 - (turn - len(able)) % len(able)], True  # the flashed one first


def load():
    """Take over the newest whole record; without one the flashed application is all there is."""
    for i in range(_SIZE):
        record[i] = 0
    record[_FORMAT], record[_TRIAL] = 1, NO_TRIAL
    for name in NAMES:
        try:
            with open(name, "rb") as file:
                data = file.read()
        except OSError:
            continue
        if len(data) == _SIZE and data[_FORMAT] == 1 and data[_CHECKED:] == _crc(data):
            if max(data[_CONFIRMED:_TRIAL]) <= SLOT_B and data[:4] > record[:4]:
                record[:] = data


def save():
    """Keep the record. False: the flash is full or worn, and what was kept before holds."""
    number = int.from_bytes(record[:4], "big") + 1
    record[:4] = number.to_bytes(4, "big")
    record[_CHECKED:] = _crc(record)
    try:
        with open(NAMES[number & 1], "wb") as file:
            file.write(record)
    except OSError:
        load()
        return False
    return True


def _crc(data):
    return crc32(bytes(data[:_CHECKED])).to_bytes(4, "big")


def run(flashed="application"):
    """Start the application whose turn it is; `flashed` is the module of the flashed one."""
    global slot, safe, trial
    load()
    failures = _starts()
    _keep_starts(failures + 1)
    slot, safe = choose(failures)
    if record[_TRIAL] != NO_TRIAL:
        if record[_STARTED]:  # and nobody confirmed it
            record[_TRIAL] = NO_TRIAL
            if record[_OUTCOME] == NONE:
                record[_OUTCOME] = DID_NOT_START
            save()
        else:
            wanted, record[_STARTED] = record[_TRIAL], 1
            if save():  # else it could start for ever
                slot, safe, trial = wanted, False, True
    if not slot:
        __import__(flashed)
        return
    sys.path.insert(0, FOLDERS[slot])
    try:
        __import__("application")
    except Exception as error:
        sys.print_exception(error)
        machine.reset()  # the next start knows


# What the application that runs may ask for.


def place(name):
    """Where a file of the application that runs is, other than a module."""
    return FOLDERS[slot] + "/" + name if slot else name


def outcome():
    return record[_OUTCOME]


def issued():
    return int.from_bytes(record[_ISSUED : _ISSUED + 4], "big")


def confirmed():
    return record[_CONFIRMED]


def before():
    """What the application before the trial said of itself: answering chips, what was well."""
    return record[_ANSWERED] << 8 | record[_ANSWERED + 1], record[_WELL]


def healthy():
    """This start has lasted: the next failure is the first one again."""
    _keep_starts(0)


def free_slot():
    """The slot that an update may fill: neither running nor confirmed. What was in it is no way back from now on.
    None: that cannot be kept, or a trial is under way."""
    if trial:
        return None
    taken = (slot, record[_CONFIRMED])
    free = SLOT_A if SLOT_A not in taken else SLOT_B
    if free in taken:
        free = record[_CONFIRMED]  # it failed, and the other one runs
        record[_CONFIRMED] = slot
    if record[_PREVIOUS] == free:
        record[_PREVIOUS] = FLASHED
    record[_TRIAL] = NO_TRIAL
    return free if save() else None


def stage(filled, answering, well):
    """The next start is a trial of this slot. False: that cannot be kept."""
    record[_TRIAL], record[_STARTED], record[_OUTCOME] = filled, 0, NONE
    record[_ANSWERED], record[_ANSWERED + 1], record[_WELL] = answering >> 8 & 0xFF, answering & 0xFF, well
    return save()


def confirm(made):
    """The application on trial is the one from now on; its image was made at `made`. False: that cannot be kept."""
    global trial
    record[_PREVIOUS], record[_CONFIRMED] = record[_CONFIRMED], slot
    record[_TRIAL], record[_OUTCOME] = NO_TRIAL, CONFIRMED
    record[_ISSUED : _ISSUED + 4] = made.to_bytes(4, "big")
    if not save():
        return False
    trial = False
    healthy()
    return True


def give_up(why):
    """The trial has failed. Whoever calls this resets the controller then."""
    record[_OUTCOME] = why
    save()


# Starts in a row that did not last: kept where a reset does not reach, and a power cut does.


def _starts():
    if machine.reset_cause() == getattr(machine, "PWRON_RESET", _POWER_ON):
        return 0
    try:
        if sys.platform == "rp2":
            word = machine.mem32[_SCRATCH5]
            return word & 0xFF if word >> 16 & 0xFFFF == _MAGIC and word >> 8 & 0xFF == ~word & 0xFF else 0
        with open(_STARTS, "rb") as file:
            data = file.read()
        return data[0] if len(data) == 2 and data[1] == data[0] ^ 0xFF else 0
    except OSError:
        return 0


def _keep_starts(count):
    global failed
    failed = count = min(count, 0xFF)
    if sys.platform == "rp2":
        machine.mem32[_SCRATCH5] = _MAGIC << 16 | (count ^ 0xFF) << 8 | count
        return
    try:
        with open(_STARTS, "wb") as file:
            file.write(bytes((count, count ^ 0xFF)))
    except OSError:  # full or worn; equipment is to be looked after all the same
        pass
