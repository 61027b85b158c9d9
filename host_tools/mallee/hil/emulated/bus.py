"""The RS-485 line at an emulated board: what a master says goes in at the line's speed, what the board says comes out with its
times, and so do the edges of the direction pin. All moments are microseconds of the board's time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from ...deploy import board as board_data
from ...link.rtu_frames import answer_length, encode, silence_s, whole
from .pico import Pico
from .wiring import on_change

_ANSWER_LIMIT_us = 500_000  # of the slowest answer that a test waits for; 256 characters at 9600 Bd are 293 ms


class Character(NamedTuple):
    """One that the board sent: start of its start bit, end of its last stop bit."""

    began_us: float
    ended_us: float
    byte: int


class Exchange(NamedTuple):
    """One request, the frame that answered it (empty: none), and its times. `early_us` is how long before its first bit the
    driver was on, `late_us` how long after its last stop bit it still was; `silence_us` lies between request and answer."""

    asked_us: float
    request_ended_us: float
    answer: bytes
    silence_us: float
    early_us: float
    late_us: float
    driven: int  # times that the driver was switched on


class Bus:
    """The line of `RS485` in the board's data. `heard` is called with each byte that the board has sent."""

    def __init__(self, pico: Pico, board: str = "rp2_pico") -> None:
        pins = board_data.load(board).data["RS485"]
        self.pico = pico
        self._uart = pico.uarts[pins["uart"]]
        self._uart.sent = self._sent
        self._coming: deque[int] = deque()
        self._due = pico.mcu.clock.create_alarm(self._arrived)
        self.characters: list[Character] = []
        self.directions: list[tuple[float, bool]] = []
        self.heard: Callable[[int], None] = lambda byte: None
        self._last_us = 0.0  # end of what was on the line last, either way
        self._stop_at: Callable[[], bool] = lambda: False
        on_change(pico, pins["direction"], lambda level: self.directions.append((pico.now_us, level)))

    @property
    def idle(self) -> bool:
        """The master has nothing left to send."""
        return not self._coming

    @property
    def driven(self) -> bool:
        """The board's driver is on."""
        return bool(self.directions) and self.directions[-1][1]

    def send(self, data: bytes) -> None:
        """The master sends, from now on or behind what it is still sending, at the speed and framing of the board's UART."""
        begins = bool(data) and not self._coming
        self._coming.extend(data)
        if begins:
            self._begin()

    def ask(self, pdu: bytes, unit: int = 1, limit_us: float = _ANSWER_LIMIT_us) -> bytes:
        """A request PDU after 3.5 characters of silence; the PDU of its answer. Raises TimeoutError."""
        answer = self.exchange(encode(unit, pdu), limit_us).answer
        if not answer:
            said = bytes(character.byte for character in self.characters[-16:]).hex(" ")
            raise TimeoutError(
                f"unit {unit} does not answer function {pdu[0]} within {limit_us / 1000:.0f} ms; its last characters: {said}"
            )
        return answer[1:-2]

    def exchange(self, frame: bytes, limit_us: float = _ANSWER_LIMIT_us, after_us: float = 0.0) -> Exchange:
        """Send a frame after the silence that the standard wants and `after_us` more; wait for its answer, and until the driver
        is off again. An answer that does not come leaves `answer` empty."""
        pico = self.pico
        baud = round(1e9 / self._uart.bit_ns)
        quiet_us = pico.now_us - self._last_us
        pico.run(max(1.0, 1e6 * silence_s(baud) - quiet_us) + after_us)
        asked_us, first, edge = pico.now_us, len(self.characters), len(self.directions)
        self.send(frame)
        pico.run_until(lambda: self.idle, limit_us + len(frame) * self._uart.character_ns / 1000)
        request_ended_us = self._last_us

        def complete() -> bool:
            data = bytes(character.byte for character in self.characters[first:])
            return whole(data, 0, answer_length(data)) or (len(data) > 2 and whole(data, 0, len(data)))

        self._stop_at = complete
        end_us = pico.now_us + limit_us
        while not complete() and pico.now_us < end_us:
            pico.run(20_000 if end_us - pico.now_us > 20_000 else end_us - pico.now_us)
        self._stop_at = lambda: False
        if not complete():
            return Exchange(asked_us, request_ended_us, b"", 0.0, 0.0, 0.0, len(self.directions) - edge)
        if self.driven:
            pico.run_until(lambda: not self.driven, 100_000, step_us=50)
        sent = self.characters[first:]
        ups = [moment for moment, level in self.directions[edge:] if level]
        downs = [moment for moment, level in self.directions[edge:] if not level]
        return Exchange(
            asked_us, request_ended_us, bytes(character.byte for character in sent), sent[0].began_us - request_ended_us,
            sent[0].began_us - ups[0], downs[-1] - sent[-1].ended_us, len(ups),
        )  # fmt: skip

    def _begin(self) -> None:
        self._uart.begin(self._coming[0])
        self._due.schedule(self._uart.character_ns)

    def _arrived(self) -> None:
        byte = self._coming.popleft()
        self._last_us = self.pico.now_us
        self._uart.hear(byte)
        if self._coming:
            self._begin()

    def _sent(self, began_us: float, byte: int) -> None:
        self._last_us = self.pico.now_us
        self.characters.append(Character(began_us, self._last_us, byte))
        self.heard(byte)
        if self._stop_at():
            self.pico.stop()
