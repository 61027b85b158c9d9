"""Steps of a PDU: supply, every branch off and on, meters; then protection and alarms. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ..device.dictionary import Dictionary
from .model import Calibration, Limit, Step, Write
from .plan_pdu_alarms import pdu_alarm_steps

BRANCHES, PHASES = range(1, 9), (1, 2, 3)
VOLTS = (204.0, 264.0)
_DEAD_A = 0.5
_OFF_S = 30.0
"""Until a branch is closed again: its minimum off time, and its turn."""


def pdu_steps(name: str, dictionary: Dictionary) -> Iterator[Step]:
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
    if "close_branch" in dictionary.by_name:
        for branch in BRANCHES:
            yield _no_load(name, branch)
            yield _nominal(name, branch)
    yield from pdu_alarm_steps(name, dictionary)


def back_as_it_was(branch: int) -> tuple[Limit, ...]:
    """A branch that was on is closed again, one that was off is open."""
    switch, state = f"branch_switch.{branch}", f"branch.{branch}.state"
    return (
        Limit(state, one_of=("closed",), when=(switch, True)),
        Limit("closed", holds=f"branch_{branch}", when=(switch, True)),
        Limit(state, one_of=("open",), when=(switch, False)),
        Limit("closed", lacks=f"branch_{branch}", when=(switch, False)),
    )


def _switch(name: str, branch: int) -> Step:
    """A branch that is off is closed before, and off again afterwards. One that a host did not permit stays so: only a host could
    make it that again."""
    state = f"branch.{branch}.state"
    return Step(
        id=f"{name}/branch-{branch}",
        device=name,
        kind="move",
        title=f"branch {branch} switches off and on: contact and current follow, its meter sees the voltage",
        given=(Limit(state, one_of=("open", "closed", "waiting", "tripped", "disagrees")),),
        first=(Write(f"branch_switch.{branch}", True),),
        first_until=(Limit(state, one_of=("closed",)), Limit("closed", holds=f"branch_{branch}")),
        first_s=_OFF_S,
        do=(Write(f"branch_switch.{branch}", False),),
        expect=(*_open(branch), *(Limit(f"branch.{branch}.voltage.{phase}", *VOLTS, unit="V") for phase in PHASES)),
        settle_s=5.0,
        back=back_as_it_was(branch),
        back_s=_OFF_S,
        consequence=f"branch {branch} of {name} is off for about ten seconds: its rack must live on the other feed. Where it is "
        "off now, its rack gets power from it for some seconds before, and it is off again afterwards",
    )


def _open(branch: int) -> tuple[Limit, ...]:
    return (
        Limit(f"branch.{branch}.state", one_of=("open",)),
        Limit("closed", lacks=f"branch_{branch}"),
        Limit(f"branch.{branch}.current", high=_DEAD_A, unit="A"),
    )


def _no_load(name: str, branch: int) -> Step:
    return Step(
        id=f"{name}/meter-{branch}/no-load",
        device=name,
        kind="calibrate",
        title=f"the meter of branch {branch} shows nothing while it is off; what it shows is taken away",
        needs=(f"{name}/branch-{branch}",),
        do=(Write(f"branch_switch.{branch}", False),),
        expect=_open(branch),
        settle_s=5.0,
        back=back_as_it_was(branch),
        back_s=_OFF_S,
        consequence=f"branch {branch} of {name} is off for some twenty seconds: its rack must live on the other feed",
        calibrate=Calibration(branch, "no-load"),
    )


def _nominal(name: str, branch: int) -> Step:
    return Step(
        id=f"{name}/meter-{branch}/nominal",
        device=name,
        kind="calibrate",
        title=f"the meter of branch {branch} shows what a reference meter shows, or is made to",
        question=f"Is a reference meter at branch {branch} of {name}, at a load that stands still, power factor 1?",
        calibrate=Calibration(branch, "nominal"),
    )
