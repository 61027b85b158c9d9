"""Steps of a PDU: supply, every branch off and on, meters, leak ropes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .model import Limit, Step, Write

BRANCHES, PHASES, ROPES = range(1, 9), (1, 2, 3), (1, 2)
VOLTS = (204.0, 264.0)
_DEAD_A = 0.5
_OFF_S = 30.0
"""Until a branch is closed again: its minimum off time, and its turn."""


def pdu_steps(name: str, has: Collection[str]) -> Iterator[Step]:
    yield Step(
        id=f"{name}/supply",
        device=name,
        kind="measure",
        title="the three phases have voltage, of the right frequency",
        expect=(
            *(Limit(f"phase_voltage.{phase}", *VOLTS, unit="V") for phase in PHASES),
            Limit("frequency", 47.5, 62.0, unit="Hz"),
        ),
    )
    for branch in BRANCHES:
        yield _switch(name, branch)
    for branch in BRANCHES:
        yield _reference(name, branch)
    for rope in ROPES:
        if f"leak_rope.{rope}" in has:
            yield from _rope(name, rope)


def _switch(name: str, branch: int) -> Step:
    voltages = tuple(Limit(f"branch.{branch}.voltage.{phase}", *VOLTS, unit="V") for phase in PHASES)
    return Step(
        id=f"{name}/branch-{branch}",
        device=name,
        kind="move",
        title=f"branch {branch} switches off and on: contact and current follow, its meter sees the voltage",
        do=(Write(f"branch_switch.{branch}", False),),
        expect=(
            Limit(f"branch.{branch}.state", one_of=("open",)),
            Limit("closed", lacks=f"branch_{branch}"),
            Limit(f"branch.{branch}.current", high=_DEAD_A, unit="A"),
            *voltages,
        ),
        settle_s=5.0,
        back=(Limit(f"branch.{branch}.state", one_of=("closed",)), Limit("closed", holds=f"branch_{branch}")),
        back_s=_OFF_S,
        consequence=f"branch {branch} of {name} is off for about ten seconds: its rack must live on the other feed",
    )


def _reference(name: str, branch: int) -> Step:
    points = [
        f"branch.{branch}.{part}.{phase}" for part in ("voltage", "phase_current", "phase_power") for phase in PHASES
    ]
    return Step(
        id=f"{name}/meter-{branch}",
        device=name,
        kind="eyes",
        title=f"the meter of branch {branch} agrees with a reference meter within 1 %",
        expect=tuple(Limit(point) for point in points),
        question=f"Does a reference meter at branch {branch} of {name} show these within 1 %? If not: `mallee calibrate`.",
    )


def _rope(name: str, rope: int) -> Iterator[Step]:
    for state, what in (("wet", "Wet"), ("dry", "Dry")):
        opens = (
            " It opens the branches of that rack."
            if state == "wet"
            else " Then reset the latch and close its branches."
        )
        yield Step(
            id=f"{name}/leak-rope-{rope}-{state}",
            device=name,
            kind="hand",
            title=f"leak rope {rope} says {state}",
            expect=(Limit(f"leak_rope.{rope}", one_of=(state,)),),
            settle_s=30.0,
            consequence="the branches of that rack open" if state == "wet" else "",
            question=f"{what} leak rope {rope} of {name}, then say yes.{opens}",
        )
