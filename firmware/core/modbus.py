"""The Modbus server: request PDU in, answer PDU out. No I/O, no transport (MODBUS Application Protocol V1.1b3).

Reads and writes are all or nothing: an address outside the map is exception 02, never a hole read as 0; a value outside
its limits, or half of a wide one, is exception 03 and changes nothing.
"""

from micropython import const

from core.wire import copy, get16, put16

ILLEGAL_FUNCTION = const(1)
ILLEGAL_ADDRESS = const(2)
ILLEGAL_VALUE = const(3)
DEVICE_FAILURE = const(4)

PDU_MAX = const(253)


class Server:
    """Serves the four tables of one unit, its files and its identification objects.

    `files(number)` returns an object with `size` (bytes) and `read(position, count, target, at)`, or None.
    `objects` maps object id to bytes.
    """

    def __init__(self, inputs, holdings, coils, discretes, files, objects):
        self.inputs = inputs
        self.holdings = holdings
        self.coils = coils
        self.discretes = discretes
        self.files = files
        self.objects = objects
        self.messages = 0
        self.errors = 0
        self.exceptions = 0
        self.faults = 0  # requests that ended in an error of the controller itself, answered with exception 04
        self._functions = {
            1: self._read_bits,
            2: self._read_bits,
            3: self._read_registers,
            4: self._read_registers,
            5: self._write_coil,
            6: self._write_register,
            8: self._diagnose,
            15: self._write_coils,
            16: self._write_registers,
            20: self._read_file,
            22: self._mask_register,
            23: self._read_write_registers,
            43: self._identify,
        }

    def handle(self, request, at, length, answer, to):
        """Serve the PDU request[at:at+length]; write the answer PDU to answer[to:] and return its length."""
        self.messages += 1
        function = request[at]
        serve = self._functions.get(function)
        try:
            size = -ILLEGAL_FUNCTION if serve is None else serve(request, at, length, answer, to)
        except (OSError, MemoryError):
            # Whatever a request asks for, the controller goes on: it has equipment to look after.
            self.faults += 1
            size = -DEVICE_FAILURE
        if size < 0:
            self.exceptions += 1
            answer[to] = function | 0x80
            answer[to + 1] = -size
            return 2
        answer[to] = function
        return size

    # Each function below returns the length of the answer, or minus the exception code.

    def _read_registers(self, request, at, length, answer, to):
        if length != 5:
            return -ILLEGAL_VALUE
        table = self.holdings if request[at] == 3 else self.inputs
        return self._answer_registers(table, get16(request, at + 1), get16(request, at + 3), answer, to)

    def _answer_registers(self, table, address, count, answer, to):
        if not 1 <= count <= 125:
            return -ILLEGAL_VALUE
        offset = table.locate(address, count)
        if offset < 0:
            return -ILLEGAL_ADDRESS
        answer[to + 1] = 2 * count
        copy(answer, to + 2, table.image, offset, 2 * count)
        return 2 + 2 * count

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
        for i in range(size):
            answer[to + 2 + i] = 0
        for i in range(count):
            if table.get(address + i):
                answer[to + 2 + (i >> 3)] |= 1 << (i & 7)
        return 2 + size

    def _write_coil(self, request, at, length, answer, to):
        address, value = get16(request, at + 1), get16(request, at + 3)
        if length != 5 or value not in (0, 0xFF00):
            return -ILLEGAL_VALUE
        return self._store_coils(address, 1, request, at, answer, to, lambda i: value != 0)

    def _write_coils(self, request, at, length, answer, to):
        if length < 7:
            return -ILLEGAL_VALUE
        count, size = get16(request, at + 3), request[at + 5]
        if not 1 <= count <= 1968 or size != count + 7 >> 3 or length != 6 + size:
            return -ILLEGAL_VALUE
        return self._store_coils(
            get16(request, at + 1), count, request, at, answer, to, lambda i: request[at + 6 + (i >> 3)] >> (i & 7) & 1
        )

    def _store_coils(self, address, count, request, at, answer, to, value):
        coils = self.coils
        if not coils.exists(address, count):
            return -ILLEGAL_ADDRESS
        for i in range(count):
            code = coils.may_write(address + i, value(i))
            if code:
                return -code
        for i in range(count):
            coils.put(address + i, value(i))
            coils.written(address + i, value(i))
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
        if self.holdings.locate(get16(request, at + 1), wanted) < 0:
            return -ILLEGAL_ADDRESS
        code = self.holdings.write(get16(request, at + 5), count, request, at + 10)  # the write comes first (6.17)
        if code:
            return -code
        return self._answer_registers(self.holdings, get16(request, at + 1), wanted, answer, to)

    def _diagnose(self, request, at, length, answer, to):
        """Sub-function 0 only: the loopback with which a host proves that an answer belongs to its request."""
        if length < 3 or get16(request, at + 1) != 0:
            return -ILLEGAL_FUNCTION
        copy(answer, to, request, at, length)
        return length

    def _read_file(self, request, at, length, answer, to):
        """File records (6.14): reference type 6, records are registers, 10,000 a file."""
        size = request[at + 1] if length > 1 else 0
        if not 7 <= size <= 245 or size % 7 or length != 2 + size:
            return -ILLEGAL_VALUE
        used = 2
        for group in range(at + 2, at + length, 7):
            number, record, count = get16(request, group + 1), get16(request, group + 3), get16(request, group + 5)
            if request[group] != 6 or record > 9999 or used + 2 + 2 * count > PDU_MAX:
                return -ILLEGAL_VALUE if request[group] == 6 and record <= 9999 else -ILLEGAL_ADDRESS
            file = self.files(number)
            if file is None or not count or 2 * (record + count) > file.size + 1:
                return -ILLEGAL_ADDRESS
            answer[to + used] = 1 + 2 * count
            answer[to + used + 1] = 6
            file.read(2 * record, 2 * count, answer, to + used + 2)
            used += 2 + 2 * count
        answer[to + 1] = used - 2
        return used

    def _identify(self, request, at, length, answer, to):
        """Read device identification (6.21), basic, regular, extended and individual access: conformity level 0x83."""
        if length != 4 or request[at + 1] != 14:
            return -ILLEGAL_FUNCTION if length == 4 else -ILLEGAL_VALUE
        level, wanted = request[at + 2], request[at + 3]
        if not 1 <= level <= 4:
            return -ILLEGAL_VALUE
        ids = sorted(self.objects)
        if level == 4:
            if wanted not in self.objects:
                return -ILLEGAL_ADDRESS
            ids = [wanted]
        else:
            last = (2, 0x7F, 0xFF)[level - 1]
            ids = [i for i in ids if i <= last]
            if wanted not in ids:
                wanted = ids[0]  # an unknown object id starts from the beginning (6.21)
            ids = [i for i in ids if i >= wanted]
        used, number, more = 7, 0, 0
        for i in ids:
            data = self.objects[i]
            if used + 2 + len(data) > PDU_MAX:
                more = i
                break
            answer[to + used] = i
            answer[to + used + 1] = len(data)
            copy(answer, to + used + 2, data, 0, len(data))
            used += 2 + len(data)
            number += 1
        answer[to + 1] = 14
        answer[to + 2] = level
        answer[to + 3] = 0x83
        answer[to + 4] = 0xFF if more else 0
        answer[to + 5] = more
        answer[to + 6] = number
        return used
