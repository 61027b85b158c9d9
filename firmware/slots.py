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

FLASHED = const(0)
_SLOT_B = const(2)
FOLDERS = ("", "slot_a", "slot_b")
NO_TRIAL = const(0xFF)
# How the last trial ended; the application on trial may say more, see maps.common_update.
_NONE, _DID_NOT_START = const(0), const(2)

NAMES = ("slots.a", "slots.b")
_SIZE = const(21)
# Places in the record; 0 to 3 are its sequence number, the last four its CRC-32.
_FORMAT, _CONFIRMED, _PREVIOUS = const(4), const(5), const(6)
_TRIAL, _STARTED, _OUTCOME = const(7), const(8), const(9)
_CHECKED = const(17)  # from 10 on it is core.slotting's

_FAILURES = const(3)  # starts in a row that did not last, until another application has its turn
_STARTS = "starts.bin"
_SCRATCH5 = const(0x40058020)  # RP2040 data sheet 4.7.6; 0 to 3 are core.retained's, 4 is the SDK's
_MAGIC = const(0x5107)
_START_MS = const(8000)  # as core.loop's watchdog; the RP2040's longest is 8388
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
            if max(data[_CONFIRMED:_TRIAL]) <= _SLOT_B and data[:4] > record[:4]:
                record[:] = data


def save():
    """Keep the record. False: the flash is full or worn, and what was kept before holds; the record in memory does not say so."""
    number = int.from_bytes(record[:4], "big") + 1
    record[:4] = number.to_bytes(4, "big")
    record[_CHECKED:] = _crc(record)
    try:
        with open(NAMES[number & 1], "wb") as file:
            file.write(record)
    except OSError:
        return False
    return True


def _crc(data):
    return crc32(bytes(data[:_CHECKED])).to_bytes(4, "big")


def turn():
    """Decide whose turn it is, and put its slot in front of everything; whoever calls this imports the application."""
    global slot, safe, trial
    load()
    failures = _starts()
    _keep_starts(failures + 1)
    slot, safe = choose(failures)
    if record[_TRIAL] != NO_TRIAL:
        if record[_STARTED]:  # and nobody confirmed it
            record[_TRIAL] = NO_TRIAL
            if record[_OUTCOME] == _NONE:
                record[_OUTCOME] = _DID_NOT_START
            save()
        else:
            wanted, record[_STARTED] = record[_TRIAL], 1
            if save():  # else it could start for ever
                slot, safe, trial = wanted, False, True
    if slot:
        sys.path.insert(0, FOLDERS[slot])
        machine.WDT(timeout=_START_MS)  # before it has its own: what hangs in its imports gives way as well


def ended(error):
    """The application ended in its imports. That of a slot is started anew, and the start after that knows; what was flashed says
    so at the prompt."""
    if not slot:
        raise error
    sys.print_exception(error)
    machine.reset()


# What the application that runs may ask for; core.slotting has the rest.


def place(name):
    """Where a file of the application that runs is, other than a module."""
    return FOLDERS[slot] + "/" + name if slot else name


def healthy():
    """This start has lasted: the next failure is the first one again."""
    _keep_starts(0)


def forget():
    """The application runs: what only the start needs goes back to the heap."""
    for name in ("turn", "choose", "chain", "load", "_starts", "forget"):
        globals()[name] = None


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
