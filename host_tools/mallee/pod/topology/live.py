"""What is known of each node of a pod now, in few words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import msgspec

from ..document import ControllerState, FeedState, PduState, PodDocument, RackState, SkidState
from ..power.sums import AIM, CAP
from .graph import Kind, branch_name
from .views import Disagreement

Key = tuple[Kind, str]


class NodeState(msgspec.Struct, frozen=True):
    """`word` is "" where all is well; else what is not, and it stands wherever colour does."""

    power_kW: float | None = None
    load: float | None = None
    """Part of the node's limit."""
    temperatures_degC: tuple[float | None, ...] = ()
    """Supply and return of a skid."""
    flow_l_min: float | None = None
    word: str = ""
    findings: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """Power with load or flow, and temperatures: lines for a narrow place."""
        parts = [f"{self.power_kW:.0f} kW" if self.power_kW is not None else ""]
        parts.append(f"{100 * self.load:.0f} %" if self.load is not None else "")
        parts.append(f"{self.flow_l_min:.0f} l/min" if self.flow_l_min is not None else "")
        degrees = ""
        if any(t is not None for t in self.temperatures_degC):
            degrees = " → ".join("?" if t is None else f"{t:.1f}" for t in self.temperatures_degC) + " °C"
        return tuple(line for line in (", ".join(part for part in parts if part), degrees) if line)

    @property
    def text(self) -> str:
        return ", ".join(self.lines)


def node_states(document: PodDocument, found: Sequence[Disagreement] = ()) -> Mapping[Key, NodeState]:
    """Of every feed, PDU, branch, rack and skid of the document, and of loops where the physics check has something to say."""
    said: dict[str, list[str]] = {}
    for each in found:
        said.setdefault(each.where, []).append(each.finding().what)
    states: dict[Key, NodeState] = {("feed", feed.name): _feed(feed) for feed in document.feeds}
    for pdu in document.pdus:
        states["pdu", pdu.name] = _pdu(pdu)
        for branch in pdu.branches:
            if branch.rack:
                word = "tripped" if branch.tripped else "open" if branch.closed is False else ""
                power = _kW(branch.power.number)
                key: Key = ("branch", branch_name(pdu.name, branch.number))
                states[key] = NodeState(power, word=word or ("unknown" if power is None else ""))
    states |= {("rack", rack.name): _rack(rack) for rack in document.racks}
    states |= {("skid", skid.name): _skid(skid) for skid in document.skids}
    for where, texts in said.items():
        key = _key(where, states)
        state = states.get(key, NodeState())
        states[key] = msgspec.structs.replace(state, word=state.word or "disagrees", findings=tuple(texts))
    return states


def branch_words(pdu: str, numbers: Sequence[int], states: Mapping[Key, NodeState]) -> str:
    """What is not well with branches of a PDU: `3 disagrees, 5–6 open`; the word alone where all are alike; "" where all are
    well."""
    words = [states.get(("branch", branch_name(pdu, number)), NodeState()).word for number in numbers]
    if len(set(words)) == 1:
        return words[0]
    runs = groupby(zip(numbers, words, strict=True), key=lambda each: each[1])
    return ", ".join(f"{span([number for number, _ in run])} {word}" for word, run in runs if word)


def span(numbers: Sequence[int]) -> str:
    """1–4, or 3."""
    return f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"


def _key(where: str, states: Mapping[Key, NodeState]) -> Key:
    for prefix in ("feed", "loop"):
        if where.startswith(f"{prefix} "):
            return prefix, where.removeprefix(f"{prefix} ")
    return next((key for key in states if key[1] == where and key[0] in ("branch", "pdu", "skid")), ("pdu", where))


def _kW(power_W: float | None) -> float | None:
    return None if power_W is None else power_W / 1000.0


def _load_word(load: float | None) -> str:
    if load is None:
        return "unknown"
    return "at its limit" if load >= CAP else "near its limit" if load >= AIM else ""


def _feed(feed: FeedState) -> NodeState:
    return NodeState(feed.power_kW, feed.load, word=_load_word(feed.load))


def _answering(controller: ControllerState) -> str:
    if not controller.answering:
        return "silent"
    if controller.quarantined:
        return "quarantined"
    return str(controller.state.value) if controller.state.value in ("tripped", "safe", "fault") else ""


def _pdu(pdu: PduState) -> NodeState:
    return NodeState(_kW(pdu.power.number), pdu.load, word=_answering(pdu) or _load_word(pdu.load))


def _rack(rack: RackState) -> NodeState:
    word = "off" if rack.off else "capped" if rack.cap_kW is not None else "unknown" if rack.power_kW is None else ""
    load = None if rack.power_kW is None else rack.power_kW / rack.rated_kW
    return NodeState(rack.power_kW, load, word=word)


def _skid(skid: SkidState) -> NodeState:
    temperatures = (skid.supply_temperature.number, skid.return_temperature.number)
    return NodeState(
        skid.heat.number,
        temperatures_degC=temperatures,
        flow_l_min=skid.flow.number,
        word=_answering(skid) or ("unknown" if skid.flow.number is None else ""),
    )
