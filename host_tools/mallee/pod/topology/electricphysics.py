"""Electrical measurements against each other: branches, PDUs and feeds measure the same power in several ways. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from ..document import BranchState, FeedState, PduState, PodDocument
from .graph import branch_name
from .settings import PhysicsSection
from .views import Disagreement, View, middle, odd_one, total

_SUM = "the sum of its branches"
_CURRENTS = "phase currents times voltages"


def electrical(settings: PhysicsSection, document: PodDocument) -> tuple[Disagreement, ...]:
    """Branches first: one that lies is not to be told a second time as the sum that it spoils."""
    found = tuple(_branches(settings, document.pdus))
    powers = believed_W(document, found)
    sums = [_pdu(settings, pdu, powers) for pdu in document.pdus]
    feeds = [_feed(settings, feed, document.pdus, powers) for feed in document.feeds]
    return (*found, *(each for each in (*sums, *feeds) if each is not None))


def believed_W(document: PodDocument, found: Sequence[Disagreement]) -> Mapping[str, float | None]:
    """Power of each branch by its name, with what the others say in place of one that was found to be wrong."""
    wrong = {d.where: d.expected for d in found if d.sensor == "power"}
    return {
        name: wrong.get(name, branch.power.number)
        for pdu in document.pdus
        for branch in pdu.branches
        for name in (branch_name(pdu.name, branch.number),)
    }


def _branches(settings: PhysicsSection, pdus: Sequence[PduState]) -> Iterator[Disagreement]:
    for pdu in pdus:
        for branch in pdu.branches:
            beside = _beside(pdu, branch, pdus)
            views = (
                View("power", branch.power.number),
                View("current", _branch_VA(pdu, branch)),
                View(f"the other branches of {branch.rack}", beside),
            )
            expected = middle(views)
            if expected is None or not branch.rack:
                continue
            odd = odd_one(views, max(settings.branch_power * abs(expected), settings.least_branch_W))
            if odd is None or odd[0] is views[2] or odd[0].value is None:
                continue
            others = tuple(view.sensor for view in views if view is not odd[0])
            name = branch_name(pdu.name, branch.number)
            yield Disagreement("power", name, odd[0].sensor, odd[0].value, odd[1], "W", others)


def _beside(pdu: PduState, branch: BranchState, pdus: Sequence[PduState]) -> float | None:
    """Median power of the other closed branches of that rack; None where there are less than two: one may be the liar."""
    powers = [
        power
        for other in pdus
        for each in other.branches
        if each.rack == branch.rack
        and each.closed is not False
        and (other.name, each.number) != (pdu.name, branch.number)
        if (power := each.power.number) is not None
    ]
    return median(powers) if len(powers) >= 2 else None


def _branch_VA(pdu: PduState, branch: BranchState) -> float | None:
    """Three phases at the mean current; power shelves have a power factor above 0.95."""
    volts, amps = total([value.number for value in pdu.phase_voltage]), branch.current.number
    return None if volts is None or amps is None else volts * amps


def _pdu(settings: PhysicsSection, pdu: PduState, powers: Mapping[str, float | None]) -> Disagreement | None:
    """The sum as measured and as believed: a controller that adds up a wrong branch is not wrong a second time."""
    amps, volts = [v.number for v in pdu.phase_current], [v.number for v in pdu.phase_voltage]
    phases = [None if a is None or v is None else a * v for a, v in zip(amps, volts, strict=False)]
    by_current = total(phases) if len(amps) == len(volts) else None
    raw = total([branch.power.number for branch in pdu.branches])
    believed = total([powers[branch_name(pdu.name, branch.number)] for branch in pdu.branches])
    told: list[tuple[View, float]] = []
    for sum_W in (raw, believed):
        views = (View("power", pdu.power.number), View(_SUM, sum_W), View(_CURRENTS, by_current))
        expected = middle(views)
        if expected is None:
            return None
        odd = odd_one(views, max(settings.sum_power * abs(expected), settings.least_branch_W))
        if odd is None or odd[0] is views[1]:
            return None
        told.append(odd)
    odd, expected = told[1]
    if told[0][0].sensor != odd.sensor or odd.value is None:
        return None
    others = tuple(name for name in ("power", _SUM, _CURRENTS) if name != odd.sensor)
    return Disagreement("power", pdu.name, odd.sensor, odd.value, expected, "W", others)


def _feed(
    settings: PhysicsSection, feed: FeedState, pdus: Sequence[PduState], powers: Mapping[str, float | None]
) -> Disagreement | None:
    """Where a feed has a meter of its own, it is one view of three; else its power is the sum of its PDUs and agrees."""
    its = [pdu for pdu in pdus if pdu.feed == feed.name]
    by_branch = total([powers[branch_name(pdu.name, branch.number)] for pdu in its for branch in pdu.branches])
    by_pdu = total([pdu.power.number for pdu in its])
    views = (
        View("power", None if feed.power_kW is None else 1000.0 * feed.power_kW),
        View("the sum of its PDUs", by_pdu),
        View("the sum of its branches", by_branch),
    )
    expected = middle(views)
    if expected is None:
        return None
    odd = odd_one(views, max(settings.sum_power * abs(expected), settings.least_branch_W))
    if odd is None or odd[0] is not views[0] or odd[0].value is None:
        return None
    others = (views[1].sensor, views[2].sensor)
    return Disagreement("power", f"feed {feed.name}", "power", odd[0].value / 1000, odd[1] / 1000, "kW", others)
