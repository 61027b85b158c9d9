"""The module `select` of a virtual board: poll over virtual sockets. Waiting lets virtual time pass; timers fire meanwhile."""

import _world
from micropython import const

POLLIN = const(1)
POLLOUT = const(4)
POLLERR = const(8)
POLLHUP = const(16)
_FOREVER = const(1 << 60)


class _Poll:
    def __init__(self):
        self._entries = []  # [stream, flags]
        self._result = [None, 0]  # handed out again and again, as the ports do
        self._index = 0
        self._one_shot = 0

    def register(self, stream, flags=POLLIN | POLLOUT):
        for entry in self._entries:
            if entry[0] is stream:
                entry[1] = flags
                return
        if not hasattr(stream, "poll_state"):
            raise OSError(22)  # EINVAL, as the ports raise for an object without a stream
        self._entries.append([stream, flags])

    def modify(self, stream, flags):
        for entry in self._entries:
            if entry[0] is stream:
                entry[1] = flags
                return
        raise OSError(2)  # ENOENT

    def unregister(self, stream):
        for index, entry in enumerate(self._entries):
            if entry[0] is stream:
                del self._entries[index]
                return

    def _wait(self, timeout):
        """Wait until something is ready; False when the time is over."""
        deadline = _FOREVER if timeout is None or timeout < 0 else _world.now + timeout * 1000
        while True:
            for entry in self._entries:
                if self._state(entry):
                    return True
            if _world.now >= deadline:
                return False
            _world.advance(deadline, True)

    @staticmethod
    def _state(entry):
        return entry[0].poll_state() & (entry[1] | POLLERR | POLLHUP)

    def poll(self, timeout=-1):
        if not self._wait(timeout):
            return []
        return [(entry[0], self._state(entry)) for entry in self._entries if self._state(entry)]

    def ipoll(self, timeout=-1, flags=0):
        self._one_shot = flags & 1
        self._index = 0 if self._wait(timeout) else len(self._entries)
        return self

    def __iter__(self):
        return self

    def __next__(self):
        while self._index < len(self._entries):
            entry = self._entries[self._index]
            self._index += 1
            state = self._state(entry)
            if state:
                self._result[0] = entry[0]
                self._result[1] = state
                if self._one_shot:
                    entry[1] = 0
                return self._result
        raise StopIteration


def poll():
    return _Poll()
