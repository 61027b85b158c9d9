"""What can go wrong on a link, told apart: silence, an exception answer, no connection."""

from __future__ import annotations

from ..errors import ExitCode, MalleeError

# MODBUS Application Protocol V1.1b3, chapter 7.
EXCEPTIONS: dict[int, tuple[str, str, str]] = {
    1: (
        "illegal function",
        "it does not know this request, or its access rules forbid it",
        "check the access level",
    ),
    2: (
        "illegal data address",
        "the register does not exist on this device",
        "compare its map with `mallee describe`",
    ),
    3: (
        "illegal data value",
        "a value is outside the limits of its register",
        "look at the limits with `mallee describe`",
    ),
    4: ("device failure", "an interlock or another host's lease forbids it", "read the point `refusal`"),
    5: ("acknowledge", "the device needs longer than one answer", "try again later"),
    6: ("device busy", "it is writing its flash or being updated", "try again in a few seconds"),
    8: ("memory parity error", "the device found its memory damaged", "restart it in a maintenance window"),
    10: (
        "gateway path unavailable",
        "the gateway has no route to this unit",
        "check the gateway's configuration",
    ),
    11: (
        "gateway target failed to respond",
        "the unit behind the gateway is silent",
        "check its wiring and address",
    ),
}


GATEWAY_PATH, GATEWAY_TARGET = 10, 11
"""Exceptions of a gateway, not of the device: nobody was reached, or nobody answered."""


class LinkError(MalleeError):
    """Base of what a link reports about one request."""


class NoAnswer(LinkError):
    """The request was sent (or held back from a unit known to be silent) and nothing usable came in time."""

    def __init__(self, where: str, unit: int, waited_s: float, *, asked: bool = True) -> None:
        how = f"within {waited_s:g} s" if asked else "recently, so it is only probed now and then"
        super().__init__(
            f"{where} unit {unit} did not answer {how}",
            "the controller is off, hangs, or has another unit address",
            "check its supply and its address; `mallee scan` lists what answers",
            ExitCode.NO_ANSWER,
        )


class Damaged(NoAnswer):
    """Something came back, but no frame with a good check sum: noise, a collision, or another baud rate."""

    def __init__(self, where: str, unit: int) -> None:
        super().__init__(where, unit, 0.0)
        self.what = f"what came back from {where} unit {unit} was damaged"
        self.likely = (
            "noise on the line, two units with one address, a missing terminator, or another baud rate or framing"
        )
        self.next = "check wiring, termination and baud rate; the counters of the link say how often it happens"
        self.args = (self.what,)


class LinkDown(LinkError):
    """There is no connection, so nothing was sent or the answer cannot come any more."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"no connection to {where}: {why}",
            "nothing listens there, the network is down, or the address is wrong",
            "check the address in the pod file; is the pod (or `mallee demo`) running?",
            ExitCode.NO_ANSWER,
        )


class OthersTalk(LinkError):
    """Nothing was sent: another master talks on this line, or may (`listening`)."""

    def __init__(self, where: str, hold_s: float, *, listening: bool) -> None:
        super().__init__(
            f"nothing is sent on {where}: "
            + (f"it is listened to for {hold_s:.1f} s first" if listening else "another master talks there"),
            "this host just began, or woke up" if listening else "another host controls this pod, or a tool is at work",
            "wait a moment" if listening else "this host goes on by itself when the other one falls silent",
            ExitCode.REFUSED,
        )
        self.listening = listening


class Closed(LinkError):
    """This program has closed the link, or the pod that it belongs to (`where` is None), and goes on using it."""

    def __init__(self, where: str | None = None) -> None:
        super().__init__(
            "this pod is closed" if where is None else f"no connection to {where}: this pod is closed",
            "its `with` block has ended or close() was called, and something that came of it is still in use",
            "keep what uses it inside the block, or open the pod again with mallee.open_pod",
        )


class Refused(LinkError):
    """The device answered with an exception. `exception_code` is the standard's."""

    def __init__(self, where: str, unit: int, function_code: int, exception_code: int) -> None:
        name, likely, next_step = EXCEPTIONS.get(
            exception_code, (f"exception {exception_code}", "not in the standard", "read the device's manual")
        )
        super().__init__(
            f"{where} unit {unit} refused function {function_code}: {name} (exception {exception_code:02d})",
            likely,
            next_step,
            ExitCode.REFUSED,
        )
        self.function_code = function_code
        self.exception_code = exception_code


class Unreached(NoAnswer):
    """A gateway answered in the unit's place: it has not heard it."""

    def __init__(self, where: str, unit: int, refused: Refused) -> None:
        super().__init__(where, unit, 0.0)
        self.what, self.likely, self.next = refused.what, refused.likely, refused.next
        self.args = (self.what,)


LISTEN_LEAST_S = 5.0
"""Silence shorter than this says nothing about wires: common masters poll each second, slow ones each few."""
GUESS_LEAST_S = 60.0
"""Two polls at each of 16 ways to speak, of a master that polls each second; and time to spare."""


def nothing_heard(where: str, seconds: float) -> MalleeError:
    """Somebody listened, and not a byte came."""
    if seconds < LISTEN_LEAST_S:
        return MalleeError(
            f"not a byte was heard on {where} in {seconds:.3g} s",
            "so short a time tells nothing: a master may poll each second, or more seldom",
            "listen longer",
            ExitCode.NO_ANSWER,
        )
    return MalleeError(
        f"not a byte was heard on {where} in {seconds:.3g} s",
        "no master asks anything on this line, or the adapter's wires are off or on another line",
        "`mallee scan` asks all units itself; look for A, B and ground at the adapter",
        ExitCode.NO_ANSWER,
    )


def nothing_understood(where: str, count: int, seconds: float, *, one_way: bool) -> MalleeError:
    """Bytes came, but no good frame. `one_way`: only one baud rate and framing was listened at."""
    if not one_way and seconds < GUESS_LEAST_S:
        return MalleeError(
            f"{count} bytes were heard on {where} in {seconds:.3g} s, and no good frame among them",
            "not every baud rate and framing was listened at in so short a time",
            f"listen longer: {GUESS_LEAST_S:g} s for a master that polls each second, or until it says how the line speaks",
            ExitCode.FINDINGS,
        )
    likely = "another protocol than Modbus RTU, wires A and B swapped, or noise on a line that nobody drives"
    return MalleeError(
        f"{count} bytes were heard on {where}, and no good frame among them",
        f"another baud rate or framing; {likely}" if one_way else likely,
        "leave ?baud=… out of the address, then both are looked for" if one_way else "swap A and B, and listen longer",
        ExitCode.FINDINGS,
    )


class Malformed(Exception):
    """Bytes that are no Modbus, or an answer that does not fit its request. Counted by the link, never shown
    raw."""
