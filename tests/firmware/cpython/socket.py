"""CPython's sockets as streams, as MicroPython's are: nothing there is None, not an exception."""

import usocket
from usocket import *  # noqa: F403


class socket(usocket.socket):
    def accept(self):
        number, address = self._accept()
        return socket(fileno=number), address

    def readinto(self, buffer, count):
        try:
            return self.recv_into(buffer, count) if count else 0
        except BlockingIOError:
            return None

    def read(self, count):
        try:
            return self.recv(count)
        except BlockingIOError:
            return None

    def write(self, data, *span):
        """write(data) or write(data, start, count)."""
        try:
            return self.send(memoryview(data)[span[0] : sum(span)] if span else data)
        except BlockingIOError:
            return None
