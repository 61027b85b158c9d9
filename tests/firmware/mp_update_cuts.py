"""Updates in a real littlefs whose power goes at any piece of any write, from the first command to the confirmation and through
the starts between: always bootable, always the old or the new application whole. Enumerated, not sampled."""

import os

import slots
import vfs
from core import slotting
from core.devicekey import NAME
from core.manifest import NAME as MANIFEST
from core.manifest import Manifest
from core.receiving import Receiving
from core.wire import copy
from cut_flash import BLOCK, PAGE, Flash, mounted
from maps.common_update import UpdateCommand, UpdateRefusal, UpdateState
from signed_manifest import KEY, manifest_of

NOT_ON = {"cpython": "littlefs is MicroPython's own", "pico": "hundreds of updates would take the emulator hours"}

BLOCKS = 56
SERIAL = "5E71A1"
FLASHED = b"the flashed one\n" * 40


class PowerOn:
    """`machine` after a power-up: starts that did not last are forgotten."""

    @staticmethod
    def reset_cause():
        return 1

    @staticmethod
    def WDT(timeout):
        pass


slots.machine = PowerOn
slots._keep_starts = lambda count: None  # what the simulator has no file for


class Board:
    NAME, ARCHITECTURE = "virtual", "host"


class Info:
    SERIAL, VERSION = SERIAL, (1, 0, 0)


class Anybody:
    NUMBER = 9

    def may_be_blind(self):
        return True


class Controller:
    """As much of one as an update asks for."""

    board, info, release, profile = Board, Info, Info, Anybody()
    worst_write_us = 0


class Cut(Exception):
    """The power is gone: what does not say so by itself."""


def files(number):
    """Release `number`: one file is the same in each, one has more than a block, one is new in each."""
    return {
        "application.py": b"release %d\n" % number,
        "core/bank.py": b"always the same\n" * 50,
        "core/big.py": b"%04d" % number * 1200,
        "pump/only_%d.py" % number: b"x",
    }


def settle(session):
    while session._work is not None or session._pending:
        session.step()
        if session.refusal:
            raise Cut(session.refusal)


def send(session, number, data):
    for at in range(0, len(data), 240):
        part = data[at : at + 240]
        part += bytes(len(part) & 1)
        file = session.open(number)
        assert file.may_write(at, len(part)) == 0
        block = bytearray(240)
        copy(block, 0, part, 0, len(part))
        file.write(at, len(part), block, 0)
        settle(session)


def tell(session, command, number=0):
    assert session.do(command, number) == 0, command
    settle(session)


def bring(number, held=None):
    """From the first command to the moment before the reset. Returns how many files were sent."""
    held = held or files(number)
    session = Receiving(Controller(), Controller)
    settle(session)
    send(session, 40, manifest_of(held, SERIAL, version=(1, 0, number), issued=number))
    tell(session, UpdateCommand.COMPARE)
    paths, sent = sorted(held), 0
    for i in range(len(paths)):
        if session._wanted[i]:
            tell(session, UpdateCommand.TAKE, i)
            send(session, 41, held[paths[i]])
            sent += 1
    tell(session, UpdateCommand.VERIFY)
    assert session.state == UpdateState.READY
    if not slotting.stage(session.target, 0, 0):
        raise Cut()
    session.close()
    return sent


def start():
    """A start of the board: which application runs is in slots.slot afterwards."""
    slots.slot, slots.trial, slots.safe = slots.FLASHED, False, False
    before = list(slots.sys.path)
    slots.turn()
    slots.sys.path[:] = before
    assert not slots.safe


def runs():
    """Release that runs; every file of it is as it shall be."""
    with open("main.py", "rb") as file:
        assert file.read() == FLASHED
    return release(slots.slot)


def release(slot):
    """Of a slot, whole."""
    if not slot:
        return 0
    folder = slots.FOLDERS[slot] + "/"
    read = Manifest(folder + MANIFEST)
    number = read.issued
    read.close()
    for path, data in files(number).items():
        with open(folder + path, "rb") as file:
            assert file.read() == data, (path, number)
    return number


def update(number):
    """All of it, as the board lives through it: receive, restart, prove, stay."""
    start()
    bring(number)
    start()
    if not slots.trial:
        raise Cut()
    assert runs() == number
    if not slotting.confirm(number):
        raise Cut()


def guarded(flash, use):
    """What became of it: None where the power went."""

    def tried():
        try:
            return use()
        except Cut as cut:
            assert not flash.left, cut
            return None

    try:
        return mounted(flash, tried)
    except OSError:
        assert not flash.left  # no power, no mounting
        return None


def start_and_look():
    start()
    for slot in slots.chain():  # each way back is whole
        release(slot)
    return runs(), slots.trial


def look_and_go_on(number):
    """After the power came back: what starts, what starts after that, and whether the update still can be made."""
    first, trial = start_and_look()
    ways = len(slots.chain())
    second, still = start_and_look()  # a trial that nobody confirmed is over
    assert not still
    update(number)
    start()
    assert not slots.trial and runs() == number
    return first, trial, second, ways


def new_board():
    flash = Flash(bytearray(b"\xff" * (BLOCK * BLOCKS)))
    vfs.VfsLfs2.mkfs(flash, progsize=PAGE)

    def install():
        for name, data in (("main.py", FLASHED), (NAME, KEY + b"\0")):
            with open(name, "wb") as file:
                file.write(data)

    mounted(flash, install)
    return flash


def after_cut(before, number, left):
    """The power goes after `left` pieces of the update to `number`: (the new one runs, on trial, how many may run)."""
    cut = Flash(bytearray(before), left)
    guarded(cut, lambda: update(number))
    assert not cut.left
    first, trial, second, ways = guarded(Flash(cut.data), lambda: look_and_go_on(number))
    assert first in (number - 1, number) and (trial or first == second), (first, trial, second)
    assert second == number - 1 or not trial
    return first == number, trial, ways


def cut_everywhere():
    """(cuts, how many by (release, the new one ran, on trial, how many may run), what went wrong). The releases go into the first
    slot, into the second one, over the first one."""
    board, cuts, found, failures = new_board(), 0, {}, []
    for number in (1, 2, 3):
        before = bytes(board.data)
        flash = Flash(board.data)
        guarded(flash, lambda: update(number))
        for left in range(flash.used):
            cuts += 1
            try:
                key = (number,) + after_cut(before, number, left)
                found[key] = found.get(key, 0) + 1
            except Exception as error:
                failures.append((number, left, repr(error)))
        guarded(Flash(board.data), start)
    return cuts, found, failures


def test_a_cut_at_every_write_of_an_update_leaves_the_old_or_the_new_application():
    cuts, found, failures = cut_everywhere()
    print(cuts, "cuts by (release, the new one ran, on trial, how many may run):", found)
    assert not failures, failures
    assert cuts > 180
    for number in (1, 2, 3):
        for kind in ((False, False), (True, True), (True, False)):
            assert any(key[:3] == (number,) + kind for key in found), (number, kind, found)
    assert found.get((3, False, False, 3), 0) > 4, found  # release 1 is a way back until the manifest of 3 is accepted
    assert found.get((3, False, False, 2), 0) > 10, found


def test_what_was_received_is_not_sent_again_after_a_cut():
    board = new_board()
    before = bytes(board.data)
    flash = Flash(board.data)
    guarded(flash, lambda: update(1))
    least = 4
    for left in range(0, flash.used, 5):
        cut = Flash(bytearray(before), left)
        guarded(cut, lambda: update(1))

        def again():
            start()
            return bring(1) if slots.slot == slots.FLASHED else 4

        sent = guarded(Flash(cut.data), again)
        least = min(least, sent)
    assert least <= 1


def test_nothing_is_left_in_the_way_of_the_next_one():
    """Folders of earlier releases do not fill the flash."""
    board = new_board()
    free = []
    for number in range(1, 9):
        guarded(Flash(board.data), lambda: update(number))
        guarded(Flash(board.data), start)
        free.append(guarded(Flash(board.data), lambda: os.statvfs(".")[3]))
    assert free[-1] >= free[2] - 1, free


def test_what_the_flash_does_not_hold_is_refused_before_the_way_back_is_taken():
    """Images from one block to more than the flash, for a slot that holds the release before the last one."""
    board = new_board()
    for number in (1, 2):
        guarded(Flash(board.data), lambda: update(number))
        guarded(Flash(board.data), start)

    def offer(blocks):
        """Blocks that are free then; None: refused, and nothing has changed."""
        held = dict(files(3))
        held["core/big.py"] = bytes(BLOCK * blocks)
        start()
        ways = slots.chain()
        try:
            bring(3, held)
        except Cut as cut:
            assert cut.args[0] == UpdateRefusal.FULL
            start()
            assert slots.chain() == ways and [release(slot) for slot in ways] == [2, 1, 0]
            return None
        return os.statvfs(".")[3]

    left = [guarded(Flash(bytearray(board.data)), lambda: offer(blocks)) for blocks in range(1, BLOCKS)]
    print("blocks that are free with an image of 1, 2, ... blocks:", left)
    fits = [free for free in left if free is not None]
    assert len(fits) > 10 and left[len(fits) :] == [None] * (len(left) - len(fits))
    assert 0 < min(fits) <= 10, "what fits is taken"
