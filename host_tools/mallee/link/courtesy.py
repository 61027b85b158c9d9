"""Two masters on one serial line: never send while another one talks, nor before it was listened for.

Modbus over serial line knows one master (V1.02, 2.1), and nothing on the line says who it is. So a host that shares its line
sends only when it has heard no request of anybody else for a while. Who was there first goes on, whoever comes: a tool that asks
something beside it must not leave the pod without its host. A host that was not awake (a closed laptop, a stopped process) does
not know who talks now: it listens again before it sends.
"""

from __future__ import annotations

import msgspec

from .overhearing import Heard, Overhearing
from .rtu_frames import asks

_ECHO_S = 0.05
"""An adapter holds bytes back for 16 ms at the most, and the computer is busy too."""


class Manners(msgspec.Struct, frozen=True):
    """Times in which a master that lives is heard, and sends, for sure."""

    quiet_s: float
    """So long nobody else was heard: the line is free."""
    settled_s: float
    """Who has had the line for so long was there first. Before that it yields to whoever began in the same moment."""
    asleep_s: float
    """Who did nothing for so long listens first. Less than `quiet_s`, after which another one may have begun."""


class Courtesy:
    """Of one end of a line. Times are the loop's, and are given."""

    def __init__(self, manners: Manners, character_s: float, silence_s: float) -> None:
        self.manners = manners
        self.foreign_requests = 0
        self._overhearing = Overhearing(character_s, silence_s)
        self._own: list[tuple[bytes, float]] = []  # the latest, which an adapter may repeat, and when they ended
        self._free_at_s: float | None = None
        self._began_s: float | None = None  # to send
        self._awake_s: float | None = None
        self._other = False

    def opened(self, now_s: float) -> None:
        """Nobody knows who was on the line before."""
        self._awake_s = now_s
        self._listen(now_s)

    def listen(self, now_s: float) -> None:
        """This end has no right to the line any more, until nobody else talks."""
        self._listen(now_s)

    def heard(self, data: bytes, now_s: float) -> None:
        self._wake(now_s)
        for heard in self._overhearing.feed(data, now_s):
            if heard.role == "request" and asks(heard.data) and not self._echoes(heard):
                self.foreign_requests += 1
                if not self._settled(now_s):
                    self._other = True
                    self._listen(now_s)

    def sent(self, frame: bytes, ends_s: float) -> None:
        if self._began_s is None:
            self._began_s = ends_s
        self._own = [*self._own[-3:], (frame, ends_s)]
        self._overhearing.feed(frame, ends_s)

    def hold_s(self, now_s: float) -> float:
        """For how long nothing may be sent; 0: now it may."""
        self._wake(now_s)
        left_s = 0.0 if self._free_at_s is None else self._free_at_s - now_s
        if left_s <= 0.0:
            self._other = False
        return max(0.0, left_s)

    @property
    def other_master(self) -> bool:
        """It is somebody who was heard that holds this end back, not the listening before."""
        return self._other

    def _wake(self, now_s: float) -> None:
        if self._awake_s is not None and now_s - self._awake_s > self.manners.asleep_s:
            self._listen(now_s)
        self._awake_s = now_s

    def _echoes(self, heard: Heard) -> bool:
        """Own bytes come back while they are sent or soon behind; later they are another host's that asks the same."""
        return any(heard.data == frame and heard.ended_s - ends_s <= _ECHO_S for frame, ends_s in self._own)

    def _settled(self, now_s: float) -> bool:
        return self._began_s is not None and now_s - self._began_s >= self.manners.settled_s

    def _listen(self, now_s: float) -> None:
        self._began_s = None
        self._free_at_s = now_s + self.manners.quiet_s
