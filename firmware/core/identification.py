"""Who a unit says it is, in the standard's own words: FC17 and FC43/14 (MODBUS Application Protocol V1.1b3, 6.13 and 6.21)."""

from micropython import const

from core.starting import at_start
from core.wire import copy

ILLEGAL_FUNCTION = const(1)
ILLEGAL_ADDRESS = const(2)
ILLEGAL_VALUE = const(3)

_PDU_MAX = const(253)
_READ_DEVICE_ID = const(14)
_CONFORMITY = const(0x83)  # basic, regular and extended objects, by stream and one by one
_ON = const(0xFF)


class Identification:
    """`objects` maps object id to bytes (0-6 are the standard's, 0x80 up our own); `server_id` is what FC17 begins with."""

    @at_start
    def __init__(self, objects, server_id):
        self.objects = objects
        self.server_id = server_id
        self.running = True
        self._ids = sorted(objects)

    def report(self, request, at, length, answer, to):
        """FC17: the server id, and 0xFF while the equipment is under control, 0 in the safe mode."""
        if length != 1:
            return -ILLEGAL_VALUE
        count = len(self.server_id)
        answer[to + 1] = count + 1
        copy(answer, to + 2, self.server_id, 0, count)
        answer[to + 2 + count] = _ON if self.running else 0
        return 3 + count

    def identify(self, request, at, length, answer, to):
        """FC43/14. A stream that does not fit goes on where the answer says."""
        if length < 2 or request[at + 1] != _READ_DEVICE_ID:
            return -ILLEGAL_FUNCTION if length > 1 else -ILLEGAL_VALUE
        if length != 4:
            return -ILLEGAL_VALUE
        level, wanted = request[at + 2], request[at + 3]
        if not 1 <= level <= 4:
            return -ILLEGAL_VALUE
        last = 2 if level == 1 else 0x7F if level == 2 else 0xFF
        if wanted not in self.objects or wanted > last:
            if level == 4:
                return -ILLEGAL_ADDRESS
            wanted = 0  # an unknown object starts the stream from the beginning
        used, number, more = 7, 0, 0
        for each in self._ids:
            if each < wanted or each > (wanted if level == 4 else last):
                continue
            data = self.objects[each]
            if used + 2 + len(data) > _PDU_MAX:
                more = each
                break
            answer[to + used] = each
            answer[to + used + 1] = len(data)
            copy(answer, to + used + 2, data, 0, len(data))
            used += 2 + len(data)
            number += 1
        answer[to + 1] = _READ_DEVICE_ID
        answer[to + 2] = level
        answer[to + 3] = _CONFORMITY
        answer[to + 4] = 0xFF if more else 0
        answer[to + 5] = more
        answer[to + 6] = number
        return used
