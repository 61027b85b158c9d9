"""Consequences are told under their cause (ISA-18.2: suppression by design). Pure.

Each active alarm looks for causes among the other active ones by the rules and the pod's topology. The root of the chain is what
people see; nothing is hidden without one, also where rules point at each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from .cause_rules import RULES, Rule
from .conditions import Key, number, severity, stem
from .topology import Topology


class Standing(msgspec.Struct, frozen=True):
    """One alarm that may be a cause, a consequence or both. `order` counts comings over the whole pod."""

    key: Key
    priority: str
    order: int
    since: datetime | None = None
    active: bool = True
    """Not any more: it can still be the cause of what outlasts it, for as long as the rule says."""
    ended_ago_s: float = 0.0
    holds: bool = True
    """Its condition, now: one that chatters is active without, and does not blind people for what is more urgent."""
    telling: bool = True
    """Out of service it explains nothing: it may be wrong."""


def causes(standing: Sequence[Standing], topology: Topology, rules: Sequence[Rule] = RULES) -> dict[Key, Key]:
    """Of each alarm that is a consequence the root of what it follows from."""
    by_key = {each.key: each for each in standing}
    by_stem: dict[str, list[Standing]] = {}
    for each in standing:
        by_stem.setdefault(stem(each.key[1]), []).append(each)
    direct: dict[Key, list[Standing]] = {}
    for rule in rules:
        for cause in by_stem.get(rule.cause, ()):
            if not cause.telling or not (cause.active or cause.ended_ago_s < rule.linger_s):
                continue
            for effect in _explained(rule, cause, by_stem, standing, topology):
                direct.setdefault(effect.key, []).append(cause)
    roots: dict[Key, Key] = {}
    for each in standing:
        if each.active and (root := _root(each, direct)) != each.key:
            roots[each.key] = root
    return {key: root for key, root in roots.items() if by_key[root].telling}


def _explained(
    rule: Rule, cause: Standing, by_stem: Mapping[str, list[Standing]], standing: Sequence[Standing], topology: Topology
) -> list[Standing]:
    found: list[Standing] = []
    for name in rule.explains:
        same = name == "="
        effects = standing if name == "*" else by_stem.get(rule.cause if same else name, [])
        for effect in effects:
            if effect is cause or not effect.active or not _there(rule, cause.key, effect.key, topology):
                continue
            if not (rule.blind and cause.holds) and severity(effect.priority) < severity(cause.priority):
                continue
            if not _together(rule, cause, effect):
                continue
            # Of the same alarm in several places the one that came first is the cause.
            if (same or stem(effect.key[1]) == rule.cause) and effect.order < cause.order:
                continue
            found.append(effect)
    return found


def _together(rule: Rule, cause: Standing, effect: Standing) -> bool:
    if rule.within_s is None or cause.since is None or effect.since is None:
        return rule.within_s is None
    return abs((effect.since - cause.since).total_seconds()) <= rule.within_s


def _there(rule: Rule, cause: Key, effect: Key, topology: Topology) -> bool:
    match rule.where:
        case "device":
            return cause[0] == effect[0]
        case "number":
            return cause[0] == effect[0] and number(cause[1]) == number(effect[1])
        case "inside":
            return effect[0] in topology.inside.get(cause[0], ())
        case "loop":
            return cause[0] != effect[0] and any({cause[0], effect[0]} <= loop for loop in topology.loops)
        case "racks":
            racks = topology.racks.get(cause[0])
            alike = racks is not None and racks == topology.racks.get(effect[0])
            return alike and cause[0] != effect[0] and number(cause[1]) == number(effect[1])
        case "pod":
            return True


def _root(of: Standing, direct: Mapping[Key, list[Standing]]) -> Key:
    """Follow causes up, the earliest first. Where that leads in a circle, the earliest of the circle is its root."""
    path: list[Standing] = []
    at = of
    while True:
        if any(at.key == passed.key for passed in path):
            circle = path[next(i for i, passed in enumerate(path) if passed.key == at.key) :]
            return min(circle, key=lambda each: (each.order, each.key)).key
        path.append(at)
        above = direct.get(at.key)
        if not above:
            return at.key
        at = min(above, key=lambda each: (not each.active, each.order, each.key))
