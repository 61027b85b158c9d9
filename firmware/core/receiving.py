"""An update as it comes: a manifest of files with their hashes, then those that are not on the controller already.

Everything is written in the main loop, a piece a turn, and never while the profile may not be blind: FC21 only fills a buffer,
and is refused as busy until that was written. A slot is complete when every file was read back from the flash and has the
hash that the manifest says. What was received before a cut is recognised by its hash and not sent again.
"""

# pyright: reportArgumentType=false, reportOptionalMemberAccess=false
# (viper takes byte arrays as pointers; what is None between two steps of an update is not asked for then)
import os
from binascii import crc32
from hashlib import sha256
from time import ticks_diff, ticks_us

import slots
from maps.common_update import Update, UpdateCommand, UpdateRefusal, UpdateState
from micropython import const

from core import manifest, slotting
from core.wire import copy

MANIFEST = const(40)
CONTENT = const(41)
_FILE_BYTES = const(20000)
_BUSY, _ILLEGAL_VALUE = const(6), const(3)
_BLOCK = const(256)
_PIECE = const(1024)
_PATIENCE_S = const(600)  # without a word from a host; then what is there stays, and the heap is given back
_RESERVE_BLOCKS = const(8)  # littlefs copies on write, and keeps folders in pairs
_BLOCK_BYTES = const(4096)
_ENOSPC = const(28)
_WANTED_REGISTERS = const(17)
_EACH = const(15)  # files a register


class Receiving:
    """Fills the slot `target`. Raises OSError where that cannot be begun."""

    def __init__(self, controller, updates):
        self._controller = controller
        self._updates = updates
        self.target = slotting.free_slot()
        if self.target is None:
            raise OSError(_ENOSPC)
        self._folder = slots.FOLDERS[self.target] + "/"
        _make(self._folder)
        self._manifest = None
        self._wanted = bytearray(256)  # a byte a file
        self._block, self._piece = bytearray(_BLOCK), bytearray(_PIECE)
        self._pending = 0
        self._number = -1  # of the file that comes
        self._first = MANIFEST  # what comes
        self.received = self._base = 0
        self._size = manifest.BYTES_MAX
        self._idle_s = 0
        self.refusal = UpdateRefusal.NONE
        self.state = UpdateState.MANIFEST
        self._file = None
        self._work = self._open(self._folder + manifest.NEW)  # a generator: a piece a turn

    # What the loop does with it.

    def step(self):
        """One turn; True when there is something to tell."""
        if not self._pending and self._work is None or not self._controller.profile.may_be_blind():
            return False
        began = ticks_us()
        try:
            if self._pending:
                self._keep()
            else:
                next(self._work)
        except StopIteration:
            self._work = None
        except OSError as error:
            self._give_up(UpdateRefusal.FULL if error.errno == _ENOSPC else UpdateRefusal.STORAGE)
            if self.state != UpdateState.RECEIVING and self.state != UpdateState.MANIFEST:
                self.state = UpdateState.IDLE
        except MemoryError:
            self._give_up(UpdateRefusal.STORAGE)
            self.state = UpdateState.IDLE
        except (ValueError, IndexError):  # what a manifest says is no text, or ends too early
            self._give_up(UpdateRefusal.DAMAGED)
            self.state = UpdateState.IDLE
        took_us = ticks_diff(ticks_us(), began)
        self._updates.worst_write_us = max(self._updates.worst_write_us, took_us)
        return True

    def each_second(self):
        """True when nobody goes on with it."""
        self._idle_s += 1
        return self._idle_s >= _PATIENCE_S

    @property
    def busy(self):
        """What came before is not done yet."""
        return self._work is not None or self._pending

    @property
    def writing(self):
        """A file is open, or about to be."""
        return self.busy or self._file is not None

    def close(self):
        """Writes where it is `writing`. What cannot be written is not whole, and is found so by its hash."""
        for end in (self._shut, self._drop):
            try:
                end()
            except OSError:
                pass
        if self._manifest is not None:
            self._manifest.close()

    def _drop(self):
        if self._work is not None:
            self._work.close()
        _remove(self._folder + manifest.NEW)

    def publish(self, put):
        put(Update.update_received, self.received)
        missing = 0
        for register in range(_WANTED_REGISTERS):
            word = 0
            for bit in range(_EACH):
                if self._wanted[_EACH * register + bit]:
                    word |= 1 << bit
                    missing += 1
            put(Update.update_wanted, word, register)
        put(Update.update_missing, missing)
        if self.refusal:
            put(Update.update_refusal, self.refusal)

    def heard(self):
        """Somebody goes on with it."""
        self._idle_s = 0

    def do(self, command, number):
        """Why a command is refused, or 0. What was done is answered so once more: the first answer may have been lost."""
        if command == UpdateCommand.COMPARE and self.state == UpdateState.RECEIVING:
            return 0
        if command == UpdateCommand.VERIFY and self.state == UpdateState.READY:
            return 0
        self.refusal = UpdateRefusal.NONE
        if command == UpdateCommand.COMPARE and self.state == UpdateState.MANIFEST:
            self._work = self._compare()
        elif command == UpdateCommand.TAKE and self.state == UpdateState.RECEIVING:
            if number >= self._manifest.count or not self._wanted[number]:
                return UpdateRefusal.NOT_NOW
            self._shut()
            path, self._size, _ = self._manifest.row(number)
            self._number, self.received = number, 0
            self._work = self._open(self._folder + path)
        elif command == UpdateCommand.VERIFY and self.state == UpdateState.RECEIVING:
            if any(self._wanted):
                return UpdateRefusal.INCOMPLETE
            self._work = self._verify()
        else:
            return UpdateRefusal.NOT_NOW
        return 0

    # The file that core.filerecords writes.

    def open(self, number):
        if number < self._first or (number >= CONTENT) != (self._first == CONTENT) or self.state == UpdateState.IDLE:
            return None
        self._base = _FILE_BYTES * (number - self._first)
        return self

    @property
    def size(self):
        return self._size - self._base

    def may_write(self, position, count):
        """In order, each once; the last one again, because its answer may have been lost."""
        self._idle_s = 0
        position += self._base
        if position + count <= self.received + (self.received & 1):
            return 0
        if self.busy:
            return _BUSY
        if self._file is None:  # it is whole, or could not be written: `update_refusal` says so
            return _ILLEGAL_VALUE
        return 0 if position == self.received and count <= _BLOCK else _ILLEGAL_VALUE

    def write(self, position, count, data, at):
        if position + self._base == self.received:
            copy(self._block, 0, data, at, count)
            self._pending = min(count, self._size - self.received)

    # Pieces of work.

    def _keep(self):
        self._file.write(memoryview(self._block)[: self._pending])
        self.received += self._pending
        self._pending = 0
        if self._number >= 0 and self.received == self._size:
            self._work = self._taken(self._number)

    def _open(self, path):
        _make(path)
        self._file = open(path, "wb")
        yield

    def _shut(self):
        self._number = -1
        if self._file is not None:
            self._file.close()
            self._file = None

    def _taken(self, number):
        self.state = UpdateState.VERIFYING
        self._shut()
        yield
        if (yield from self._is(self._folder, number)):
            self._wanted[number] = 0
        else:
            self._refuse(UpdateRefusal.ALTERED)
        self.state = UpdateState.RECEIVING

    def _accept(self, known):
        """Why the manifest that came is refused, or 0: then the slot is this update's, and no way back any more. Until then
        nothing in it has changed."""
        new = self._folder + manifest.NEW
        read = manifest.Manifest(new)
        try:
            why = read.fault(self.received) or read.unlike(self._controller)
            why = why or (yield from read.misnamed(known)) or (yield from self._lacks_room(read))
        finally:
            read.close()
        if not why and not slotting.take(self.target):
            why = UpdateRefusal.STORAGE
        if not why:
            os.rename(new, self._folder + manifest.NAME)
        return why

    def _lacks_room(self, read):
        """FULL where the flash does not hold all of it, not even in place of what the slot holds now; or 0."""
        blocks = _RESERVE_BLOCKS + _blocks(self.received)
        for number in range(read.count):
            blocks += _blocks(read.row(number)[1])
            yield
        for _, size in _files(self._folder[:-1]):
            blocks -= _blocks(size)
            yield
        room = os.statvfs(".")  # which looks at every block that is taken
        return UpdateRefusal.FULL if room[3] * room[0] < _BLOCK_BYTES * blocks else 0

    def _compare(self):
        self._shut()
        self.state = UpdateState.COMPARING
        yield
        known = [crc32(manifest.NAME.encode())]
        why = yield from self._accept(known)
        if why:
            _remove(self._folder + manifest.NEW)
            self._refuse(why)
            self.state = UpdateState.IDLE
            return
        self._manifest = read = manifest.Manifest(self._folder + manifest.NAME)
        for path in [path for path, _ in _files(self._folder[:-1])]:  # first: what is walked through must not change
            if crc32(path[len(self._folder) :].encode()) not in known:
                os.remove(path)
            yield
        here = slots.FOLDERS[slots.slot]
        here = here + "/" if here else ""
        copied = []
        for number in range(read.count):
            path, size, _ = read.row(number)
            same = yield from self._is(self._folder, number)
            if same:
                continue
            if same is not None:
                _remove(self._folder + path)
            self._wanted[number] = 1
            if not size or (yield from self._is(here, number)):
                copied.append(number)
        for number in copied:
            yield from self._copy(here, number)
            self._wanted[number] = not (yield from self._is(self._folder, number))
        self.state = UpdateState.RECEIVING
        self._first, self.received, self._size = CONTENT, 0, 0

    def _verify(self):
        self.state = UpdateState.VERIFYING
        for number in range(self._manifest.count):
            self._wanted[number] = not (yield from self._is(self._folder, number))
        if any(self._wanted):
            self._refuse(UpdateRefusal.ALTERED)
            self.state = UpdateState.RECEIVING
        else:
            self.state = UpdateState.READY

    def _is(self, folder, number):
        """Whether the file in that folder is what the manifest says; None: there is none. One look-up of the path, which takes a
        Pico long."""
        path, size, digest = self._manifest.row(number)
        try:
            file = open(folder + path, "rb")
        except OSError:
            return None
        found = sha256()
        with file:
            if file.seek(0, 2) != size:
                return False
            file.seek(0)
            while True:
                count = file.readinto(self._piece)
                if not count:
                    break
                found.update(memoryview(self._piece)[:count])
                yield
        return found.digest() == digest

    def _copy(self, folder, number):
        path, size, _ = self._manifest.row(number)
        _make(self._folder + path)
        if not size:  # nothing would come for it
            open(self._folder + path, "wb").close()
            return
        with open(folder + path, "rb") as source, open(self._folder + path, "wb") as target:
            while True:
                count = source.readinto(self._piece)
                if not count:
                    break
                target.write(memoryview(self._piece)[:count])
                yield

    def _give_up(self, why):
        self._work, self._pending = None, 0
        self._refuse(why)
        self._shut()

    def _refuse(self, why):
        self.refusal = why


def _make(path):
    """The folders of a path."""
    at = path.find("/")
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError:
            pass  # it is there; if not, opening the file says so
        at = path.find("/", at + 1)


def _remove(path):
    try:
        os.remove(path)
    except OSError:
        pass


def _blocks(size):
    return size // _BLOCK_BYTES + 1


def _files(folder):
    """(path, size) of every file below."""
    folders = [folder]
    while folders:
        here = folders.pop()
        for entry in os.ilistdir(here):
            path = here + "/" + entry[0]
            if entry[1] & 0x4000:
                folders.append(path)
            else:
                yield path, entry[3] if len(entry) > 3 else os.stat(path)[6]  # MicroPython's Unix port tells no size
