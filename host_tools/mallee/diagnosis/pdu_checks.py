"""Whether a PDU measures and switches what it is told: meters, phases, contactors, supply, leak ropes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..pod.power.balance import THRESHOLD
from .evidence import Evidence
from .finding import Cause, Finding
from .naming import Facts, Likely, found, named, unknown, well

BRANCHES = range(1, 9)
PHASES = (1, 2, 3)
LEAST_A = 1.0
LEAST_VA = 200.0
BACKWARDS = -0.3
FORWARDS = 0.5

REVERSED = Likely(
    "the current transformer of that phase sits the wrong way round, or its two wires are swapped",
    "with the branch dead: turn the transformer round (K towards the supply), or swap its two wires",
    "the sign turns with the two wires",
)
ALL_REVERSED = Likely(
    "all transformers of the branch are the wrong way round, or it feeds back",
    "look which way they sit (K towards the supply); a load that generates is told by a clamp-on meter",
    "a clamp-on power meter at the branch",
)
CROSSED = Likely(
    "current transformers of two phases are in each other's place",
    "swap them, so that each measures the phase whose voltage its meter has",
    "power factors are 0.5 and negative on these, and right on the third",
)


@named("meters", REVERSED, ALL_REVERSED, CROSSED)
def meters(evidence: Evidence) -> Finding:
    """The power factor of each phase of each branch, power over voltage times current: shelves draw at 0.95 and more, all three
    phases alike, and none of them gives power back."""
    wrong: list[str] = []
    causes: list[Cause] = []
    facts: Facts = {}
    sure, judged = True, 0
    for branch in BRANCHES:
        factors = _power_factors(evidence, branch)
        judged += factors is not None
        if factors is None or min(factors) > BACKWARDS:
            continue
        backwards = [phase for phase, factor in zip(PHASES, factors, strict=True) if factor < BACKWARDS]
        facts |= {f"branch_{branch}_L{phase}": round(factor, 2) for phase, factor in zip(PHASES, factors, strict=True)}
        told = ", ".join(f"L{phase} {factor:+.2f}" for phase, factor in zip(PHASES, factors, strict=True))
        wrong.append(f"branch {branch} gives power back on {_phases(backwards)} (power factors {told})")
        cause, certain = _wiring(factors, backwards)
        causes += [cause.because(f"branch {branch}: {told}", proven=certain)]
        sure = sure and certain
    if wrong:
        return found("fail", "; ".join(wrong), *causes, certain=sure and len(causes) == 1, evidence=facts)
    if not judged:
        return unknown("no branch carries enough to tell")
    return well(f"power flows outwards on every phase of {judged} branches")


def _wiring(factors: Sequence[float], backwards: list[int]) -> tuple[Likely, bool]:
    """Sines of the line's frequency: a transformer the wrong way round turns its phase by 180°, one of another phase by 120°."""
    if len(backwards) == len(factors):
        return ALL_REVERSED, False
    right = [factor for phase, factor in zip(PHASES, factors, strict=True) if phase not in backwards]
    alike = all(abs(-factors[phase - 1] - sum(right) / len(right)) < 0.15 for phase in backwards)
    if alike:
        return REVERSED, True
    return CROSSED, False


def _power_factors(evidence: Evidence, branch: int) -> list[float] | None:
    factors: list[float] = []
    for phase in PHASES:
        names = (f"branch.{branch}.{part}.{phase}" for part in ("voltage", "phase_current", "phase_power"))
        known = evidence.numbers(*names)
        if known is None or known[0] * known[1] < LEAST_VA:
            return None
        factors.append(known[2] / (known[0] * known[1]))
    return factors


UNBALANCED = 2 * THRESHOLD
SINGLE_LOAD = Likely(
    "loads between one phase and neutral are not spread over the phases",
    "move some of them to another phase; `mallee report balance` says which branches to connect in another order",
)
OPEN_PHASE = Likely(
    "a phase of that branch is open behind the meter: a fuse, a pole of its contactor or breaker, or a conductor",
    "look for the open phase behind the branch's meter, with the branch dead",
    "voltage at the shelf's terminals",
)


WRONG_RATIO = Likely(
    "a current transformer of that phase has another ratio than the others",
    "compare the phases with a clamp-on meter; exchange the transformer, or calibrate the meter (docs/calibration.md)",
    "the fast channel reads the largest phase by itself",
)


@named("phases", OPEN_PHASE, SINGLE_LOAD, WRONG_RATIO)
def phases(evidence: Evidence) -> Finding:
    """How evenly the three phases are loaded (largest deviation from their mean), of the PDU and of each branch, so that the
    branches that make it uneven are named."""
    if evidence.active("phase_loss"):
        return unknown("a phase of the supply is lost, see below")
    amps = evidence.numbers(*(f"phase_current.{phase}" for phase in PHASES))
    if amps is None:
        return unknown("a phase current is not known")
    mean, neutral = sum(amps) / 3, evidence.number("neutral_current")
    facts: Facts = {f"L{phase}_A": round(value, 1) for phase, value in zip(PHASES, amps, strict=True)}
    facts["neutral_A"] = None if neutral is None else round(neutral, 1)
    if mean < LEAST_A:
        return well("no load", facts)
    for branch in BRANCHES:
        if evidence.value(f"branch_switch.{branch}") is False:
            continue  # what flows there all the same is its contactor's
        currents = _currents(evidence, branch)
        if currents is not None and max(currents) > 2 * LEAST_A and min(currents) < 0.1 * max(currents):
            phase = currents.index(min(currents)) + 1
            seen = f"branch {branch} carries {min(currents):.1f} A on L{phase}, and {max(currents):.1f} A on another"
            causes = (
                OPEN_PHASE.because("a three-phase shelf draws from all"),
                SINGLE_LOAD.because("it may be no such load"),
            )
            return found("fail", seen, *causes, evidence=facts)
    deviation = max(abs(value - mean) for value in amps) / mean
    facts["unbalance_percent"] = round(100 * deviation, 1)
    told = " / ".join(f"{value:.0f}" for value in amps)
    if deviation <= THRESHOLD:
        return well(f"phases carry {told} A, {100 * deviation:.0f} % from their mean at most", facts)
    worst = max(PHASES, key=lambda phase: amps[phase - 1])
    uneven = [branch for branch in BRANCHES if _uneven(evidence, branch)]
    named_ = f"branches {', '.join(map(str, uneven))}" if uneven else "no branch alone"
    seen = f"phases carry {told} A, {100 * deviation:.0f} % from their mean: most on L{worst}, by {named_}"
    neutral_told = "" if neutral is None else f", and the neutral carries {neutral:.0f} A"
    told_twice = bool(uneven) and all(_fast_agrees(evidence, branch) for branch in uneven)
    causes = [SINGLE_LOAD.because(f"every branch draws on all three phases, {named_} unevenly{neutral_told}")]
    if not told_twice:
        causes.append(WRONG_RATIO.because("the fast channel does not read the same"))
    return found("fail" if deviation > UNBALANCED else "warn", seen, *causes, certain=told_twice, evidence=facts)


def _fast_agrees(evidence: Evidence, branch: int) -> bool:
    """The fast channel, another converter, reads the largest phase as the meter does."""
    currents, fast = _currents(evidence, branch), evidence.number(f"branch.{branch}.current")
    return currents is not None and fast is not None and abs(fast - max(currents)) <= THRESHOLD * max(currents)


def _currents(evidence: Evidence, branch: int) -> tuple[float, ...] | None:
    return evidence.numbers(*(f"branch.{branch}.phase_current.{phase}" for phase in PHASES))


def _uneven(evidence: Evidence, branch: int) -> bool:
    currents = _currents(evidence, branch)
    if currents is None or sum(currents) < 3 * LEAST_A:
        return False
    mean = sum(currents) / 3
    return max(abs(value - mean) for value in currents) > THRESHOLD * mean


WELDED = Likely(
    "contacts of the contactor are welded",
    "the branch is live: isolate it upstream, then replace the contactor. Nobody may work on it until then",
    "with the branch isolated: its poles with an ohmmeter",
)
COIL = Likely(
    "its coil, or the driver of the coil, does not act",
    "measure the coil's pulse while the branch is switched; replace contactor or driver",
    "a click at the contactor",
)
BY_HAND = Likely("somebody moved it by hand", "switch the branch off and on again")
AUXILIARY = Likely("its auxiliary contact tells the wrong position", "replace the contact block", "")


@named("contactors", WELDED, AUXILIARY, COIL, BY_HAND, explains=("contactor_disagrees", "contactor_welded"))
def contactors(evidence: Evidence) -> Finding:
    """Each contactor against its command (switch, permit, trips): what its auxiliary contact says, and whether current flows."""
    closed, tripped = evidence.flags("closed"), evidence.flags("tripped")
    if closed is None or tripped is None:
        return unknown("it does not tell")
    wrong: list[str] = []
    causes: list[Cause] = []
    sure = True
    facts: Facts = {}
    for branch in BRANCHES:
        doubtful = evidence.active(f"contactor_welded.{branch}", f"contactor_disagrees.{branch}")
        if not doubtful and evidence.value(f"branch.{branch}.state") != "disagrees":
            continue  # the controller itself waits until a pulse is over
        name = f"branch_{branch}"
        wanted = evidence.value(f"branch_switch.{branch}") is True and name not in tripped
        amps, shut = evidence.once(f"branch.{branch}.current"), name in closed
        live = amps is not None and amps > LEAST_A
        if wanted and live:  # open by its contact, and current flows as it should
            causes.append(AUXILIARY.because("current flows as it should", proven=True))
        elif wanted:
            causes += [COIL.because("it was told to close"), BY_HAND.because("it was told to close")]
            sure = False
        elif live and _some_poles(evidence, branch):
            causes.append(
                WELDED.because("current flows on some of its phases only, and it was told to open", proven=True)
            )
        elif live:
            because = f"{amps:.1f} A flow through a contactor that was told to open"
            others = (COIL, BY_HAND) if shut else (AUXILIARY,)
            causes += [each.because(because) for each in (WELDED, *others)]
            sure = False
        else:
            because = "its contact says closed, and nothing flows"
            causes += [
                WELDED.because(because),
                COIL.because(because),
                AUXILIARY.because(because),
                BY_HAND.because(because),
            ]
            sure = False
        position = "closed" if shut else "open"
        flows = "an unknown current" if amps is None else f"{amps:.1f} A"
        wrong.append(
            f"branch {branch} was told to {'close' if wanted else 'open'}: its contact says {position}, {flows} flow"
        )
        facts |= {f"branch_{branch}": position, f"branch_{branch}_A": None if amps is None else round(amps, 2)}
    if not wrong:
        return well(f"{len(closed)} contactors are closed, all as they were told", facts)
    return found("fail", "; ".join(wrong), *causes, certain=sure and len(causes) == 1, evidence=facts)


def _some_poles(evidence: Evidence, branch: int) -> bool:
    """One or two of three carry current: these cannot be coil, driver or auxiliary contact."""
    currents = _currents(evidence, branch)
    return currents is not None and 0 < sum(each > LEAST_A for each in currents) < len(currents)


PHASE_LOST = Likely(
    "a fuse, a broken conductor or a loose terminal upstream",
    "find the open phase upstream; move load to the other feed until then",
    "voltages in front of the PDU's main breaker",
)
NO_SUPPLY = Likely("the feed or its main breaker is off", "look at the feed and at the PDU's main breaker")
OUT_OF_LIMITS = Likely(
    "the feed is overloaded, its neutral is lost, or the transformer's tap is wrong",
    "measure phase to neutral at the main breaker; check neutral and tap",
    "with all three phases off by the same it is the tap or the load",
)
EVEN = 0.05


@named("supply", PHASE_LOST, NO_SUPPLY, OUT_OF_LIMITS, explains=("phase_loss", "undervoltage", "overvoltage"))
def supply(evidence: Evidence) -> Finding:
    """Voltages of the three phases against the PDU's limits and against each other."""
    volts = evidence.numbers(*(f"phase_voltage.{phase}" for phase in PHASES))
    if volts is None:
        return unknown("a voltage is not known")
    low, high = evidence.number("undervoltage") or 204.0, evidence.number("overvoltage") or 264.0
    facts: Facts = {f"L{phase}_V": round(value, 1) for phase, value in zip(PHASES, volts, strict=True)}
    told = " / ".join(f"{value:.0f}" for value in volts)
    if max(volts) < 0.1 * low:
        return found("fail", "no phase has voltage", NO_SUPPLY.because(f"{told} V"), evidence=facts)
    if min(volts) < 0.5 * max(volts):
        lost = [phase for phase in PHASES if volts[phase - 1] < 0.5 * max(volts)]
        return found(
            "fail", f"{_phases(lost)} has no voltage: {told} V", PHASE_LOST.because("the others have"), evidence=facts
        )
    if not low <= min(volts) <= max(volts) <= high:
        seen = f"{told} V, and {low:.0f} to {high:.0f} are allowed"
        return found("fail", seen, OUT_OF_LIMITS.because(f"{told} V"), evidence=facts)
    mean = sum(volts) / 3
    if max(abs(value - mean) for value in volts) > EVEN * mean:
        seen = f"voltages lie apart: {told} V"
        return found("warn", seen, OUT_OF_LIMITS.because("phases differ by more than 5 %"), evidence=facts)
    return well(f"{told} V", facts)


WET = Likely(
    "coolant, or water that condensed, at that rope", "find and mend the leak; dry the rope, then reset the latch"
)
CUT = Likely(
    "a wire of the rope, its plug or its end resistor is missing, or its wires touch",
    "mend or replace the rope",
    "the rope's resistance at its plug",
)


@named("leak ropes", WET, CUT, explains=("leak", "leak_rope", "leak_rope_fault"))
def leak_ropes(evidence: Evidence) -> Finding:
    """What each leak rope says: wet, or cut or shorted, so that it could not say so."""
    names = [name for name in ("leak_rope", "leak_rope.1", "leak_rope.2") if evidence.value(name) is not None]
    states = {name: str(evidence.value(name)) for name in names}
    facts: Facts = dict(states)
    wet = [name for name, state in states.items() if state == "wet"]
    broken = [f"{name} is {state}" for name, state in states.items() if state in ("cut", "shorted")]
    if wet:
        return found("fail", f"water on {', '.join(wet)}", WET.because("its resistance says so"), evidence=facts)
    if broken:
        seen = "; ".join(broken)
        return found("fail", seen, CUT.because("a leak there would not be seen"), certain=True, evidence=facts)
    return well(", ".join(f"{name} {state}" for name, state in states.items()) or "none is fitted", facts)


def _phases(numbers: list[int]) -> str:
    return " and ".join(f"L{number}" for number in numbers)
