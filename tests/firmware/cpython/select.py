"""CPython's select, whose poll answers with the streams themselves, as MicroPython's does."""

import uselect
from uselect import *  # noqa: F403


class poll:
    def __init__(self):
        self._poll = uselect.poll()
        self._streams = {}

    def register(self, stream, flags):
        self._streams[stream.fileno()] = stream
        self._poll.register(stream, flags)

    def modify(self, stream, flags):
        self._poll.modify(stream, flags)

    def unregister(self, stream):
        if self._streams.pop(stream.fileno(), None) is not None:
            self._poll.unregister(stream)

    def ipoll(self, timeout_ms):
        return [(self._streams[number], flags) for number, flags in self._poll.poll(timeout_ms)]
