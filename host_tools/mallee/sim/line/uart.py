"""What a receiver makes of a line that it is not set for: another baud rate or framing, or its two wires swapped.

Bits as they are on the wire, sampled in the middle of where the receiver expects them; of two stop bits it looks at the first. A
character whose stop bit is low comes as 0x00, as terminals have it (termios(3): neither IGNPAR nor PARMRK), and the receiver
waits for the line to be high again.
"""

from __future__ import annotations

from bisect import bisect_right

_HIGH, _LOW = 1, 0


class Misreader:
    """Feed it the bytes of a line at `sent`, (baud, framing); `read` has what a port at `port` hears. `swapped`: A and B are, so
    that silence is low to it. `strict`: it drops characters with a wrong parity, which terminals do not by themselves."""

    def __init__(
        self, sent: tuple[int, str], port: tuple[int, str], *, swapped: bool = False, strict: bool = False
    ) -> None:
        self._sent_ns, self._framing = 1e9 / sent[0], sent[1]
        self._bit_ns, self._parity = 1e9 / port[0], port[1][1]
        self._bits = 9 if self._parity == "N" else 10  # before the stop bit
        self._strict = strict
        self._flip = int(swapped)
        self._times = [0.0]
        self._levels = [_HIGH ^ self._flip]
        self._next_ns = 0.0  # from when on a start bit may begin
        self._waits_for_high = swapped  # such a line is low from the beginning

    def feed(self, byte: int, ended_ns: float) -> None:
        """A byte whose last bit ended then."""
        bits = [_LOW, *(byte >> n & 1 for n in range(8))]
        if self._framing[1] != "N":
            bits.append((byte.bit_count() & 1) ^ (self._framing[1] == "O"))
        bits += [_HIGH] * int(self._framing[2])
        began_ns = ended_ns - len(bits) * self._sent_ns
        for index, bit in enumerate(bits):
            self._set(began_ns + index * self._sent_ns, bit)
        self._set(ended_ns, _HIGH)

    def driven(self, from_ns: float, to_ns: float) -> None:
        """While the port itself sends its receiver hears nothing: high. A line whose silence is low to it falls after that, which
        begins a character that is all low."""
        self._set(from_ns, _HIGH ^ self._flip)
        self._set(to_ns, _HIGH)

    def _set(self, time_ns: float, level: int) -> None:
        times, level = self._times, level ^ self._flip
        if time_ns <= times[-1]:  # a byte that follows another one begins where that ended, but for rounding
            time_ns = times[-1]
        if self._levels[-1] != level:
            times.append(time_ns)
            self._levels.append(level)

    def read(self, now_ns: float) -> bytes:
        """What it heard until then and was not read yet."""
        found = bytearray()
        while True:
            start_ns = self._edge()
            if start_ns is None or start_ns + (self._bits + 1) * self._bit_ns > now_ns:
                self._forget()
                return bytes(found)
            if self._level(start_ns + self._bit_ns / 2) == _HIGH:  # a glitch, no start bit
                self._next_ns = start_ns + self._bit_ns / 2
                continue
            byte = sum(self._level(start_ns + (1.5 + n) * self._bit_ns) << n for n in range(8))
            self._next_ns = start_ns + (self._bits + 0.5) * self._bit_ns
            stop = self._level(self._next_ns)
            self._waits_for_high = stop == _LOW
            if self._right(byte, start_ns):
                found.append(byte if stop else 0)

    def _right(self, byte: int, start_ns: float) -> bool:
        if not self._strict or self._parity == "N":
            return True
        odd = (byte.bit_count() + self._level(start_ns + 9.5 * self._bit_ns)) & 1
        return odd == (self._parity == "O")

    def _edge(self) -> float | None:
        """When the next start bit begins: the line falls, or is low already and the receiver was not waiting for it to rise."""
        for index in range(max(0, bisect_right(self._times, self._next_ns) - 1), len(self._times)):
            if self._levels[index] == _HIGH:
                self._waits_for_high = False
            elif not self._waits_for_high:
                return max(self._times[index], self._next_ns)
        return None

    def _level(self, time_ns: float) -> int:
        return self._levels[bisect_right(self._times, time_ns) - 1]

    def _forget(self) -> None:
        keep = max(0, bisect_right(self._times, self._next_ns) - 1)
        if keep > 1000:
            del self._times[:keep], self._levels[:keep]
