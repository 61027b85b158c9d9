"""The Modbus server: request PDU in, answer PDU out. No I/O, no transport (MODBUS Application Protocol V1.1b3).

Reads and writes are all or nothing: an address outside the map is exception 02, never a hole read as 0; a value outside
its limits, or half of a wide one, is exception 03 and changes nothing. Nothing here allocates, but file records and device
identification may.
"""

import micropython
from micropython import const

from core.diagnostics import RESTART, Diagnostics
from core.filerecords import FileRecords
from core.identification import Identification
from core.starting import at_start
from core.wire import copy, get16, move_bits, put16

ILLEGAL_FUNCTION = const(1)
ILLEGAL_ADDRESS = const(2)
ILLEGAL_VALUE = const(3)
DEVICE_FAILURE = const(4)

_DIAGNOSE = const(8)
_EVENT_COUNTER = const(11)
_EVENT_LOG = const(12)


def _ignore(request, at, length):
    """Broadcasts of a unit that has no use for them."""


class Server:
    """Serves the four tables of one unit, its files and its identification.

    `files(number)` gives a file or None, see core.filerecords. `objects` maps object id to bytes, `server_id` is for FC17.
    `broadcast(request, at, length)` is called with each write that is meant for all units.
    """

    @at_start
    def __init__(self, inputs, holdings, coils, discretes, files, objects, server_id=b"mallee"):
        self.inputs = inputs
        self.holdings = holdings
        self.coils = coils
        self.discretes = discretes
        self.files = FileRecords(files)
        self.identification = Identification(objects, server_id)
        self.diagnostics = Diagnostics()
        self.broadcast = _ignore
        self.faults = 0  # requests that ended in an error of the controller itself, answered with exception 04
        self._functions = {
            1: self._read_bits,
            2: self._read_bits,
            3: self._read_registers,
            4: self._read_registers,
            5: self._write_coil,
            6: self._write_register,
            _DIAGNOSE: self.diagnostics.diagnose,
            _EVENT_COUNTER: self.diagnostics.event_counter,
            _EVENT_LOG: self.diagnostics.event_log,
            15: self._write_coils,
            16: self._write_registers,
            17: self.identification.report,
            20: self.files.read,
            21: self.files.write,
            22: self._mask_register,
            23: self._read_write_registers,
            43: self.identification.identify,
        }

    @micropython.native
    def handle(self, request, at, length, answer, to):
        """Serve the PDU request[at:at+length]; write the answer PDU to answer[to:] and return its length; 0: no answer."""
        diagnostics = self.diagnostics
        function = request[at]
        diagnostics.messages += 1
        if diagnostics.listening:
            diagnostics.received()
            if function == _DIAGNOSE and length == 5 and get16(request, at + 1) == RESTART:
                diagnostics.diagnose(request, at, length, answer, to)
            return 0  # nor is a restart answered (6.8, sub-function 1)
        serve = self._functions.get(function)
        try:
            size = -ILLEGAL_FUNCTION if serve is None else serve(request, at, length, answer, to)
        except (OSError, MemoryError):
            # Whatever a request asks for, the controller goes on: it has equipment to look after.
            self.faults += 1
            size = -DEVICE_FAILURE
        if size < 0:
            diagnostics.refused(-size)
            answer[to] = function | 0x80
            answer[to + 1] = -size
            return 2
        if not size:
            return 0  # listening begins
        diagnostics.answered()
        if function == _EVENT_COUNTER or function == _EVENT_LOG:
            diagnostics.completed -= 1  # fetching the counter does not count (6.9)
        answer[to] = function
        return size

    def handle_broadcast(self, request, at, length):
        """A request for all units of a bus: done where it is one that may be, and never answered."""
        self.diagnostics.received(broadcast=True)
        if not self.diagnostics.listening:
            self.broadcast(request, at, length)

    # Each function below returns the length of the answer, or minus the exception code.

    @micropython.native
    def _read_registers(self, request, at, length, answer, to):
        if length != 5:
            return -ILLEGAL_VALUE
        table = self.holdings if request[at] == 3 else self.inputs
        count = request[at + 3] << 8 | request[at + 4]
        if count < 1 or count > 125:
            return -ILLEGAL_VALUE
        offset = table.locate(request[at + 1] << 8 | request[at + 2], count)
        if offset < 0:
            return -ILLEGAL_ADDRESS
        count <<= 1
        answer[to + 1] = count
        copy(answer, to + 2, table.image, offset, count)
        return 2 + count

    def _read_bits(self, request, at, length, answer, to):
        if length != 5:
            return -ILLEGAL_VALUE
        table = self.coils if request[at] == 1 else self.discretes
        address, count = get16(request, at + 1), get16(request, at + 3)
        if not 1 <= count <= 2000:
            return -ILLEGAL_VALUE
        if not table.exists(address, count):
            return -ILLEGAL_ADDRESS
        size = count + 7 >> 3
        answer[to + 1] = size
        move_bits(answer, 8 * (to + 2), table.image, address, count)
        spare = 8 * size - count  # bits behind the last one read as 0 (6.1)
        answer[to + 1 + size] &= 0xFF >> spare
        return 2 + size

    def _write_coil(self, request, at, length, answer, to):
        address, value = get16(request, at + 1), get16(request, at + 3)
        if length != 5 or value != 0 and value != 0xFF00:
            return -ILLEGAL_VALUE
        answer[to] = 1 if value else 0
        return self._store_coils(address, 1, answer, 8 * to, request, at, answer, to)

    def _write_coils(self, request, at, length, answer, to):
        if length < 7:
            return -ILLEGAL_VALUE
        count, size = get16(request, at + 3), request[at + 5]
        if not 1 <= count <= 1968 or size != count + 7 >> 3 or length != 6 + size:
            return -ILLEGAL_VALUE
        return self._store_coils(get16(request, at + 1), count, request, 8 * (at + 6), request, at, answer, to)

    def _store_coils(self, address, count, bits, first, request, at, answer, to):
        """Bits from bit number `first` of `bits` on; the lowest bit of a byte is the first."""
        coils = self.coils
        if not coils.exists(address, count):
            return -ILLEGAL_ADDRESS
        for i in range(first, first + count):
            code = coils.may_write(address + i - first, bits[i >> 3] >> (i & 7) & 1)
            if code:
                return -code
        for i in range(first, first + count):
            value = bits[i >> 3] >> (i & 7) & 1
            coils.put(address + i - first, value)
            coils.written(address + i - first, value)
        copy(answer, to, request, at, 5)
        return 5

    def _write_register(self, request, at, length, answer, to):
        if length != 5:
            return -ILLEGAL_VALUE
        code = self.holdings.write(get16(request, at + 1), 1, request, at + 3)
        if code:
            return -code
        copy(answer, to, request, at, 5)
        return 5

    def _write_registers(self, request, at, length, answer, to):
        if length < 8:
            return -ILLEGAL_VALUE
        count = get16(request, at + 3)
        if not 1 <= count <= 123 or request[at + 5] != 2 * count or length != 6 + 2 * count:
            return -ILLEGAL_VALUE
        code = self.holdings.write(get16(request, at + 1), count, request, at + 6)
        if code:
            return -code
        copy(answer, to, request, at, 5)
        return 5

    def _mask_register(self, request, at, length, answer, to):
        if length != 7:
            return -ILLEGAL_VALUE
        address = get16(request, at + 1)
        offset = self.holdings.locate(address, 1)
        if offset < 0:
            return -ILLEGAL_ADDRESS
        mask, bits = get16(request, at + 3), get16(request, at + 5)
        word = get16(self.holdings.image, offset)
        put16(answer, to + 7, word & mask | bits & ~mask)  # scratch behind the answer
        code = self.holdings.write(address, 1, answer, to + 7)
        if code:
            return -code
        copy(answer, to, request, at, 7)
        return 7

    def _read_write_registers(self, request, at, length, answer, to):
        if length < 12:
            return -ILLEGAL_VALUE
        count, size = get16(request, at + 7), request[at + 9]
        wanted = get16(request, at + 3)
        if not 1 <= count <= 121 or not 1 <= wanted <= 125 or size != 2 * count or length != 10 + size:
            return -ILLEGAL_VALUE
        holdings = self.holdings
        offset = holdings.locate(get16(request, at + 1), wanted)
        if offset < 0:
            return -ILLEGAL_ADDRESS
        code = holdings.write(get16(request, at + 5), count, request, at + 10)  # the write comes first (6.17)
        if code:
            return -code
        answer[to + 1] = 2 * wanted
        copy(answer, to + 2, holdings.image, offset, 2 * wanted)
        return 2 + 2 * wanted
