"""Settings and counters in a real littlefs whose power goes at any piece of any write, and of the next: all enumerated."""

import vfs
from core.bank import Table
from core.counters import Counters, slot_size
from core.lease import Lease
from core.nonvolatile import FilePair, Nonvolatile
from core.settings import Settings
from cut_flash import BLOCK, BLOCKS, PAGE, Flash, mounted
from maps import common, pdu, pump

NOT_ON = {"cpython": "littlefs is MicroPython's own", "pico": "thousands of commits would take the emulator hours"}

BYSTANDER = b"import main\n" * 300  # what else is on the board, and must stay


def bystander_is_there():
    with open("main.py", "rb") as file:
        return file.read() == BYSTANDER


def new_board():
    flash = Flash(bytearray(b"\xff" * (BLOCK * BLOCKS)))
    vfs.VfsLfs2.mkfs(flash, progsize=PAGE)

    def install():
        with open("main.py", "wb") as file:
            file.write(BYSTANDER)

    mounted(flash, install)
    return flash


class Enumeration:
    """`save(value)` as the firmware does it, and `load()`, which gives the value or None where there is none, and fails on a
    mixture. The power goes at each piece of the saves for which `cut_here(number, erases)`."""

    def __init__(self, save, load):
        self.save, self.load = save, load
        self.cuts = self.old = self.new = self.erases = self.moved = 0

    def run(self, saves, cut_here):
        board = new_board()
        for number in range(1, saves + 1):
            before = bytes(board.data)
            flash = Flash(board.data)
            mounted(flash, lambda: self.save(number))
            if cut_here(number, flash.erases):
                self.erases += flash.erases
                self.moved += flash.erases > 1
                for left in range(flash.used):
                    self.cut(before, number - 1 or None, left, number)

    def cut(self, before, old, left, number, again=True):
        """Save `number` where `old` is, lose the power, and look. `again`: the save after it, which finds what was left
        half done, loses the power at each of its pieces too."""
        flash = Flash(bytearray(before), left)
        try:
            mounted(flash, lambda: self.save(number))
        except OSError:
            assert not left  # no power, no mounting
        flash = Flash(flash.data)  # and the power comes back
        found = mounted(flash, self.load)
        assert found == number or found == old, (number, left, found)
        assert mounted(flash, bystander_is_there)
        self.cuts += 1
        self.new += found == number
        self.old += found != number
        left_behind = bytes(flash.data)
        for value in (number + 1, number + 2):  # both copies
            flash = Flash(flash.data)
            mounted(flash, lambda: self.save(value))
            assert mounted(Flash(flash.data), self.load) == value, (number, left)
            if again and value == number + 1:
                for next_left in range(flash.used):
                    self.cut(left_behind, found, next_left, value, again=False)


def settings_of(*classes):
    def make():
        table = Table((common.CommonSettings,) + classes, writable=True)
        return table, Settings(table, 200, (1, 0))

    def save(value):
        table, settings = make()
        settings.load()
        for first, end, _ in table.spans:
            for at in range(2 * first, 2 * end):  # every register says which commit it is of
                table.image[at] = value >> 8 * (~at & 1) & 0xFF
        settings.commit()

    def load():
        table, settings = make()
        assert settings.load(), "no copy is valid"
        if not settings.sequence:
            return None
        word = bytes(table.image[400:402])
        for first, end, _ in table.spans:
            assert bytes(table.image[2 * first : 2 * end]) == word * (end - first), "a mixture"
        return word[0] << 8 | word[1]

    return save, load


class Profile:
    """Counters that all say in which save they were kept."""

    NUMBER = 2
    COUNTER_BYTES = 64  # the most that a profile has
    value = 0

    def save(self, data, at):
        for i in range(at, len(data)):
            data[i] = self.value >> 8 * (~i & 1) & 0xFF

    def restore(self, data, at):
        assert bytes(data[at:]) == bytes(data[at : at + 2]) * ((len(data) - at) // 2), "a mixture"
        self.value = data[at] << 8 | data[at + 1]

    def may_be_blind(self):
        return True


def save_counters(value):
    profile = Profile()
    memory = Nonvolatile(None, profile, Lease())
    memory.start(0)  # keeps what it found at once
    profile.value = value
    memory._save()
    memory._flush()


def load_counters():
    profile = Profile()
    size = 16 + Profile.COUNTER_BYTES
    counters = Counters(FilePair(slot_size(size)), size)
    if not counters.load():
        return None
    profile.restore(counters.data, 16)
    return profile.value or None  # kept by a first start


def first_ones_and_moved(number, erases):
    """Until each place was erased and used again; and where littlefs gives up a worn block, which takes two erases."""
    return number <= 60 or erases > 1


def all_is_old_or_new(save, load, saves):
    runs = Enumeration(save, load)
    runs.run(saves, first_ones_and_moved)
    assert runs.cuts > 500 and min(runs.old, runs.new) > 5 and runs.erases > 3, (runs.cuts, runs.old, runs.new)
    return runs


def test_settings_of_a_pump_skid():
    runs = all_is_old_or_new(*settings_of(pump.Local, pump.Settings), 1500)
    assert runs.moved


def test_settings_of_a_pdu():
    all_is_old_or_new(*settings_of(pdu.Settings, pdu.BranchSettings), 100)


def test_counters():
    all_is_old_or_new(save_counters, load_counters, 100)
