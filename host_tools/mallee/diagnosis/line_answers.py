"""Whether units answer on a line at all, and each for itself. Pure."""

from __future__ import annotations

from ..device.duplicates import serial_numbers
from ..device.linesearch import asking_settings
from ..link.address import SerialAddress
from .finding import Cause, Finding
from .line_evidence import LineEvidence, damaged, lost

_ALWAYS = 0.75  # of short answers damaged: more than noise does that leaves others alone

_OFF = Cause(
    "the units have no supply, or are not on this line",
    "",
    "look at their lamps and supplies, and for the two wires at the adapter",
    "a second unit on a short cable at the adapter",
)
_SWAPPED = Cause(
    "wires A and B are swapped",
    "",
    "swap the two wires at the adapter; makers do not agree which is A",
    "run this again with them swapped: it harms nothing",
)
_ADDRESS = Cause(
    "the units have other addresses than were asked",
    "",
    "`mallee scan PORT` asks 1 to 247",
    "the number of addresses asked here",
)
_ODD = Cause(
    "a baud rate or framing that was not tried",
    "",
    "look at the units' settings, and name them in the address: ?baud=…&framing=…",
    "the units' settings",
)

COLLISIONS = Cause(
    "collisions with the other master hid or garbled the answers",
    "where two ask, silence and damage say nothing about the units, nor about the setting",
    "stop one of the two, and run this again",
    "the same question without the other master",
)


_THEIRS = Cause(
    "the other master asked the same unit, and one of the answers was its",
    "it talks on this line",
    "stop one of the two, and run this again",
    "the same question without the other master",
)
_OTHER_SETTING = "another baud rate or framing"


def _because(cause: Cause, because: str) -> Cause:
    return Cause(cause.cause, because, cause.remedy, cause.tell)


FOREIGN = (
    _because(_SWAPPED, "what others send is no frame to a receiver with swapped wires, at no baud rate"),
    Cause(
        "another protocol on this line, or noise on wires that nobody drives",
        "the bytes form no Modbus frame",
        "look what hangs on the line; terminate and bias it",
        "swap A and B: the bytes become frames, or they do not",
    ),
)
"""Of bytes that are good frames at no baud rate."""


def answering(evidence: LineEvidence) -> Finding:
    """Somebody answers."""
    if not evidence.asked:
        return Finding("answers", "unknown", "nothing was asked, for others talk")
    said = _spoken(evidence.address)
    if evidence.answering:
        units = ", ".join(map(str, evidence.answering))
        return Finding("answers", "ok", f"units {units} answer at {said}")
    if evidence.elsewhere is not None and evidence.elsewhere.good:
        right = evidence.elsewhere.address
        cause = Cause(_OTHER_SETTING, f"units answer at {_spoken(right)}", f"use {right}")
        seen = f"nobody answers well at {said}, but at {_spoken(right)}"
        facts: dict[str, float | int | str | None] = {"baud": right.baud, "framing": right.framing}
        if evidence.master is not None:
            return Finding("answers", "fail", seen, (COLLISIONS, cause), evidence=facts)
        return Finding("answers", "fail", seen, (cause,), certain=True, evidence=facts)
    return _spoilt(evidence) if evidence.verdicts else _silence(evidence)


def _spoilt(evidence: LineEvidence) -> Finding:
    """Something came after requests, and not once a good answer."""
    told = "not one answer of it was good"
    causes = (
        Cause(
            "two units with one address that answer at once",
            told,
            "take units off the line, one by one, until the answers are good",
            "with one of the two off the other answers well",
        ),
        Cause(
            "a damaged line: no terminator, no bias, or a bad transceiver",
            told,
            "try the unit alone on a short cable",
            "the unit alone on a short cable answers well",
        ),
        _odd(evidence),
    )
    return Finding(
        "answers",
        "fail",
        f"something comes from {_listed(list(evidence.verdicts))}, and not one good answer",
        causes if evidence.master is None else (COLLISIONS, *causes),
        evidence={"asked": len(evidence.asked)},
    )


def _odd(evidence: LineEvidence) -> Cause:
    """What is left of baud rates and framings."""
    tried, units = len(asking_settings("")), f"{evidence.asked_elsewhere} addresses were asked"
    if evidence.elsewhere is None:
        return _because(_ODD, f"{units} at each of {tried} baud rates and framings")
    there = evidence.elsewhere.address
    return Cause(
        _OTHER_SETTING,
        f"something came at {_spoken(there)}, though damaged",
        f"run this again at '{there}'",
        "answers are good there, or are not",
    )


def _silence(evidence: LineEvidence) -> Finding:
    asked, said = len(evidence.asked), _spoken(evidence.address)
    breaks = sum(probe.noise_bytes == 1 and b"\0" in probe.pieces[0][1] for probe in evidence.nobody)
    came = sum(probe.size for probe in evidence.nobody if not probe.echoed)
    facts: dict[str, float | int | str | None] = {
        "asked": asked,
        "breaks": breaks,
        "came_bytes": came,
        "heard_bytes": evidence.listened.bytes,
    }
    whose = _because(_ADDRESS, f"{asked} of 247 addresses were asked")
    others = (whose, _odd(evidence)) if asked < 247 else (_odd(evidence),)
    if evidence.elsewhere is not None:
        others = others[::-1]
    if evidence.master is not None:
        there = evidence.master
        speaks = Cause(
            _OTHER_SETTING,
            f"the other master talks at {_spoken(there)}",
            f"use {there}",
            "units answer there, or do not",
        )
        return Finding(
            "answers",
            "fail",
            f"nobody answers at {said}, while another master talks at {_spoken(there)}",
            (*(() if there == evidence.address else (speaks,)), COLLISIONS, _because(_OFF, "no answer came"), *others),
            evidence=facts,
        )
    if evidence.nobody and breaks == len(evidence.nobody):
        return Finding(
            "answers",
            "fail",
            "nobody answers, and a single 0x00 follows each request",
            (
                _because(
                    _SWAPPED, "a line whose silence is low to the receiver begins with 0x00 when the sender lets it go"
                ),
                Cause(
                    "a line that nobody biases, with no unit that answers",
                    "it may fall when the sender lets it go",
                    "bias resistors at one place, and see below",
                    "with A and B swapped nothing changes",
                ),
                _because(_OFF, "no answer came"),
                *others,
            ),
            evidence=facts,
        )
    if evidence.listened.bytes:
        return Finding(
            "answers",
            "fail",
            f"nobody answers, and {evidence.listened.bytes} bytes came that nobody asked for",
            (*FOREIGN, *others),
            evidence=facts,
        )
    near = f", nor from {evidence.asked_elsewhere} of them at other baud rates and framings"
    nothing = "not a byte came" if not came else f"{came} bytes came, and no frame"
    seen = f"nobody answers: {nothing} from {asked} addresses at {said}"
    deaf = (_because(_OFF, nothing), _because(_SWAPPED, "units hear nothing that they understand"))
    if evidence.elsewhere is not None:
        return Finding("answers", "fail", seen, (*others, *deaf), evidence=facts)
    return Finding("answers", "fail", seen + near, (*deaf, *others), evidence=facts)


def addresses(evidence: LineEvidence) -> Finding:
    """Each address belongs to one unit."""
    if not evidence.verdicts:
        return Finding("addresses", "unknown", "nobody answers")
    two = [unit for unit, verdict in evidence.verdicts.items() if verdict == "two"]
    if two:
        cause = Cause(
            "two units with one address",
            "two good answers came to one request, or two serial numbers",
            "take one of them off the line, and give it an address of its own",
        )
        known = all(len(serial_numbers(evidence.long.get(unit, ()))) > 1 for unit in two)
        if evidence.master is None or known:
            return Finding("addresses", "fail", f"two units answer at {_listed(two)}", (cause,), certain=True)
        seen = f"two answers came to one request at {_listed(two)}"
        doubted = Cause(cause.cause, "two good answers came to one request", cause.remedy, COLLISIONS.tell)
        return Finding("addresses", "fail", seen, (_THEIRS, doubted), evidence={"units": ", ".join(map(str, two))})
    doubtful = [unit for unit in evidence.verdicts if collides(evidence, unit)]
    if not doubtful:
        return Finding("addresses", "ok", "each address is one unit's")
    clean = [unit for unit in evidence.verdicts if unit not in doubtful]
    because = "short answers are damaged as often as long ones, and other units' are not" if clean else (
        "short answers are damaged as often as long ones"
    )  # fmt: skip
    return Finding(
        "addresses",
        "fail",
        f"something answers at {_listed(doubtful)}, and hardly ever well",
        (
            *(() if evidence.master is None else (COLLISIONS,)),
            Cause(
                "two units with one address that answer at once",
                because,
                "take units off the line, one by one, until the answers are good",
                "with one of the two off the other answers well",
            ),
            Cause(
                "a bad transceiver or stub at that unit, or another baud rate there",
                "every answer of it is damaged",
                "measure there; compare its baud rate and framing with the others'",
                "the unit alone on a short cable",
            ),
        ),
        evidence={"damaged": sum(damaged(evidence.short.get(unit, ())) for unit in doubtful)},
    )


def collides(evidence: LineEvidence, unit: int) -> bool:
    """Nearly every answer is damaged, short ones too: what two that answer at once do."""
    short = evidence.short.get(unit, ())
    return bool(short) and damaged(short) >= _ALWAYS * (len(short) - lost(short)) > 0


def _listed(units: list[int]) -> str:
    return ("address " if len(units) == 1 else "addresses ") + ", ".join(map(str, units))


def _spoken(address: SerialAddress) -> str:
    return f"{address.baud} Bd {address.framing}"
