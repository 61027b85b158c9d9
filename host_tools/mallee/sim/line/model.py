"""The line itself, pure: give it bursts and times, get bytes and times. Everything random comes from one seed.

Half duplex: every end hears every other one, and itself where its dongle echoes. Where two send at once both are garbled.
Parity is not a bit here: a receiver that checks it is not assumed (the RP2040's port of MicroPython ignores it).
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from .faults import Counts, Faults
from .timing import character_ns

_NOISE = (0x00, 0xFF)
_TURNED_NS = 1_000_000  # silence behind which noise is a transceiver's that turns
_BABBLE_BYTES = 40
_NOBODY = -1  # sends what nobody's end sent: everybody hears it


class Arrival(NamedTuple):
    """A byte whose last bit ended at `time_us`, who hears it, and who sent it: an end, or -1 for babble."""

    time_us: int
    listener: int
    byte: int
    sender: int


@dataclass(slots=True)
class _Burst:
    sender: int
    data: deque[int]
    next_ns: int  # when the next byte ends
    begun: bool = False


class Line:
    """`ends` of a bus at one baud rate. `echo` are the ends that hear themselves; end 0 is a master, and so is what
    `add_end(master=True)` adds."""

    def __init__(
        self,
        ends: int = 2,
        *,
        baud: int = 19200,
        framing: str = "8E1",
        faults: Faults | None = None,
        echo: tuple[int, ...] = (),
        seed: int | str = 0,
    ) -> None:
        self.ends = ends
        self.faults = faults or Faults()
        self.masters = {0}
        self.echo = set(echo)
        self.counts = Counts()
        self.busy_ns = 0
        """How long somebody sent so far; two at once count twice."""
        self.cut: set[int] = set()
        """Ends whose wires are off: they neither hear nor are heard."""
        self.broken = False
        """The pair itself is cut: nobody hears anybody."""
        self.character_ns = character_ns(baud, framing)
        self._random = random.Random(f"line/{seed}")
        self._sending: dict[int, _Burst] = {}
        self._held: list[tuple[int, int, bytes]] = []  # due, sender, data
        self._free_ns = 0
        self._babble_ns = self._next_babble(0)

    def add_end(self, *, master: bool = False) -> int:
        """One more end, and its number."""
        self.ends += 1
        if master:
            self.masters.add(self.ends - 1)
        return self.ends - 1

    def disturb(self, faults: Faults, now_us: int) -> None:
        """From now on these faults, in place of those that were."""
        self.faults = faults
        self._babble_ns = self._next_babble(now_us * 1000)

    def stop(self, sender: int) -> None:
        """An end loses its supply: what it has not sent yet is never sent."""
        lost = sum(len(held[2]) for held in self._held if held[1] == sender)
        self._held = [held for held in self._held if held[1] != sender]
        burst = self._sending.pop(sender, None)
        self.counts["died"] += lost + (len(burst.data) if burst is not None else 0)

    def send(self, sender: int, data: bytes, now_us: int) -> None:
        """An end writes: a burst of its own, or more of the one that it is still sending."""
        if not data:
            return
        if self.broken or sender in self.cut:
            self.counts["cut"] += len(data)
            return
        burst = self._sending.get(sender)
        if burst is not None:
            burst.data.extend(data)
            return
        chance, faults = self._random.random, self.faults
        if faults.silent and chance() < faults.silent:
            self.counts["silent"] += 1
            return
        if faults.truncate and chance() < faults.truncate:
            self.counts["truncate"] += 1
            data = data[: self._random.randrange(len(data))]
        if not data:
            return
        before = [held for held in self._held if held[1] == sender]
        if before:  # late or not, a device answers in the order in which it was asked
            self._held.append((before[-1][0] + (len(before[-1][2]) + 5) * self.character_ns, sender, data))
            return
        if faults.late and sender not in self.masters and chance() < faults.late:
            self.counts["late"] += 1
            self._held.append((now_us * 1000 + int(chance() * faults.late_s * 1e9), sender, data))
            return
        self._begin(sender, data, now_us * 1000)

    @property
    def next_us(self) -> int | None:
        """When `step` has something to do next."""
        return self._earliest_us([burst.next_ns for burst in self._sending.values()])

    @property
    def next_change_us(self) -> int | None:
        """When a burst begins or ends next, as far as that is known: whoever does not wait for each byte steps then."""
        return self._earliest_us([b.next_ns + (len(b.data) - 1) * self.character_ns for b in self._sending.values()])

    def _earliest_us(self, times_ns: list[int]) -> int | None:
        times_ns += [held[0] for held in self._held]
        if self._babble_ns is not None:
            times_ns.append(self._babble_ns)
        return -(-min(times_ns) // 1000) if times_ns else None

    def step(self, now_us: int) -> list[Arrival]:
        """Everything that ended until `now_us`, in order."""
        arrivals: list[Arrival] = []
        now_ns = now_us * 1000
        while True:
            due = min((burst.next_ns for burst in self._sending.values()), default=None)
            starts = min((held[0] for held in self._held), default=None)
            babble = self._babble_ns
            first = min((t for t in (due, starts, babble) if t is not None), default=None)
            if first is None or first > now_ns:
                return arrivals
            if first == starts:
                self._release(first)
            elif first == babble:
                self._babble(first)
            else:
                self._end_byte(first, arrivals)

    @property
    def idle(self) -> bool:
        return not self._sending and not self._held

    def _begin(self, sender: int, data: bytes, start_ns: int) -> None:
        if data:
            self._sending[sender] = _Burst(sender, deque(data), start_ns + self.character_ns)

    def _release(self, due_ns: int) -> None:
        index = next(i for i, held in enumerate(self._held) if held[0] == due_ns)
        _, sender, data = self._held.pop(index)
        if sender in self._sending:
            self._sending[sender].data.extend(data)
        else:
            self._begin(sender, data, due_ns)

    def _next_babble(self, now_ns: int) -> int | None:
        rate = self.faults.babble
        return now_ns + int(self._random.expovariate(rate) * 1e9) if rate else None

    def _babble(self, now_ns: int) -> None:
        self.counts["babble"] += 1
        if _NOBODY not in self._sending:
            self._begin(_NOBODY, self._random.randbytes(self._random.randint(1, _BABBLE_BYTES)), now_ns)
        self._babble_ns = self._next_babble(now_ns)

    def _end_byte(self, now_ns: int, arrivals: list[Arrival]) -> None:
        """The byte of whoever ends first; those who send at the same time garble it, and it garbles theirs."""
        burst = next(burst for burst in self._sending.values() if burst.next_ns == now_ns)
        byte = burst.data.popleft()
        burst.next_ns += self.character_ns
        self.busy_ns += self.character_ns
        first, burst.begun = not burst.begun, True
        others = [
            other
            for other in self._sending.values()
            if other is not burst and other.next_ns - self.character_ns < now_ns
        ]
        if others:
            self.counts["collision"] += 1
            # A driven line is low where either end pulls it low, and shifted: the bytes do not begin together.
            byte = byte & (others[0].data[0] if others[0].data else 0xFF) ^ self._random.getrandbits(8)
        if not burst.data:
            del self._sending[burst.sender]
        heard = self._damage(byte, now_ns, first)
        self._free_ns = now_ns
        if self.broken or burst.sender in self.cut:
            self.counts["cut"] += 1
            return
        for damaged in heard:
            for listener in range(self.ends):
                if listener in self.cut or (listener == burst.sender and listener not in self.echo):
                    continue
                if listener == burst.sender:
                    self.counts["echo"] += 1
                arrivals.append(Arrival(-(-now_ns // 1000), listener, damaged, burst.sender))

    def _damage(self, byte: int, now_ns: int, first: bool) -> list[int]:
        chance, faults = self._random.random, self.faults
        heard: list[int] = []
        if first and faults.lead and chance() < faults.lead:
            self.counts["lead"] += 1
            heard.append(self._random.choice(_NOISE))
        if faults.insert and chance() < faults.insert:
            self.counts["insert"] += 1
            turned = now_ns - self.character_ns - self._free_ns > _TURNED_NS
            heard.append(self._random.choice(_NOISE) if turned else self._random.getrandbits(8))
        if faults.drop and chance() < faults.drop:
            self.counts["drop"] += 1
            return heard
        if faults.flip:
            for bit in range(8):
                if chance() < faults.flip:
                    self.counts["flip"] += 1
                    byte ^= 1 << bit
        heard.append(byte)
        return heard
