"""The board's raw REPL through mpremote, with errors that a person can act on and nothing on stdout."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import struct
from collections.abc import Callable, Iterator
from typing import Any

from ...errors import ExitCode, MalleeError
from . import on_board
from .door import Door

_ATTEMPTS = 3
_PROMPT = b">>> "
_AGAIN = "plug it in again and run the same command: what was copied is kept"


class BoardRaised(Exception):
    """Code on the board raised; the message is its traceback."""

    @property
    def last_line(self) -> str:
        lines = [line for line in str(self).splitlines() if line.strip()]
        return lines[-1] if lines else "it gave no reason"


class Console:
    """One board at its prompt. Every method raises MalleeError (code 3) when the board or the cable goes away."""

    def __init__(self, door: Door, how_to_install: str = "") -> None:
        _need_mpremote()
        self.door = door
        self._how_to_install = how_to_install
        self._transport: Any = None

    def open(self) -> None:
        """Open the port and take the prompt; whatever runs is interrupted."""
        self._transport = _transport(self.door.open())
        self.take()

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    def run(self, code: str) -> str:
        """Raises BoardRaised with the traceback."""
        with self._guarded():
            printed, error = self._transport.exec_raw(code, timeout=self.door.answer_s)
        return _result(printed, error)

    def stream(self, code: str, blocks: list[bytes], sent: Callable[[int], None]) -> str:
        """Run `code`, which takes `blocks` from its stdin and answers each with a `k`; what it prints then.

        Raises BoardRaised.
        """
        ahead = self.door.blocks_ahead
        with self._guarded():
            transport = self._transport
            transport.exec_raw_no_follow(code)
            waiting = blocks[::-1]
            for number in range(len(blocks)):
                while waiting and len(waiting) > len(blocks) - number - ahead:
                    transport.serial.write(waiting.pop())
                answer = transport.read_until(1, b"k", timeout=self.door.answer_s)
                if not answer.endswith(b"k"):
                    raise OSError(f"a block of data was not acknowledged: {answer[-80:]!r}")
                sent(number)
            printed, error = transport.follow(self.door.answer_s)
        return _result(printed, error)

    def reset(self) -> None:
        """Restart the board as power-on does; its port is closed afterwards."""
        with self._guarded():
            self._transport.exec_raw_no_follow(on_board.RESET)
        self.close()

    def reset_and_take(self) -> None:
        """Restart the board, wait for it, and take its prompt."""
        self.reset()
        self._transport = _transport(self.door.reopen())
        self.take()

    def listen(self) -> bytes:
        """After reset(): what the board says while it starts, without being interrupted, and to a return key in the end."""
        self._transport = _transport(self.door.reopen())
        with self._guarded():
            said = self._until_prompt(self.door.start_s)
            if not said.endswith(_PROMPT):
                self._transport.serial.write(b"\r")
                said += self._until_prompt(self.door.start_s / 4)
            if said.endswith(_PROMPT) and b"Traceback" not in said:
                # Said before the port was back. A soft reset starts the application once more, and now it is heard.
                self._transport.serial.write(b"\x04")
                said = self._until_prompt(self.door.start_s)
        self.close()
        return said

    def _until_prompt(self, within_s: float) -> bytes:
        return self._transport.read_until(1, _PROMPT, timeout=within_s, timeout_overall=within_s)

    def close(self) -> None:
        if self._transport is not None:
            with contextlib.suppress(Exception):  # a port that is gone closes badly
                self._transport.close()
            self._transport = None

    def take(self) -> None:
        """Interrupt whatever runs, and take the prompt."""
        from mpremote.transport import TransportError

        for attempt in range(_ATTEMPTS):  # an interrupt may fall into a hard tick and be spent there
            with self._guarded():
                try:
                    self._transport.enter_raw_repl(soft_reset=False, timeout_overall=self.door.answer_s)
                    return
                except TransportError:
                    if attempt + 1 < _ATTEMPTS:
                        continue
        self.close()
        raise MalleeError(
            f"{self.door.name} has no MicroPython prompt",
            "it is another device, a board without MicroPython, or one that hangs",
            f"unplug it and plug it in again; if that does not help, {self._how_to_install}",
            ExitCode.NO_ANSWER,
        )

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        from mpremote.transport import TransportError

        try:
            with contextlib.redirect_stdout(io.StringIO()):  # mpremote prints what it cannot make sense of
                yield
        # TypeError and AttributeError are pyserial's, of a port that closed meanwhile; struct.error is a read cut short.
        except (OSError, TransportError, struct.error, AssertionError, TypeError, AttributeError) as error:
            self.close()
            raise MalleeError(
                f"the board at {self.door.name} went away: {error}",
                "the cable was pulled or is bad, or the board was reset",
                _AGAIN,
                ExitCode.NO_ANSWER,
            ) from error


def _need_mpremote() -> None:
    if importlib.util.find_spec("mpremote") is None:
        raise MalleeError(
            "mpremote is not installed", "mallee was installed without its deploy extra", "pip install 'mallee[deploy]'"
        )


def _transport(port: Any) -> Any:
    """mpremote's transport on a port that is open: its own opening hides why a port does not open."""
    from mpremote.transport_serial import SerialTransport

    class OnOpenPort(SerialTransport):
        def __init__(self) -> None:
            self.serial = port
            self.device_name = getattr(port, "name", "") or ""
            self.in_raw_repl = self.mounted = False
            self.use_raw_paste = True
            self.is_pty = self._is_pty_device(self.device_name)

    return OnOpenPort()


def _result(printed: bytes, error: bytes) -> str:
    if error:
        raise BoardRaised(error.decode(errors="replace"))
    return printed.decode(errors="replace").replace("\r\n", "\n")
