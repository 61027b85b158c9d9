"""Documents of the default pod in which all measurements bear each other out, by the equations of pumps, racks and heat; and the
same with one of them lying."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
from mallee.pod.document import BranchState, PduState, PodDocument, RackState, SkidState, Value
from mallee.pod.power import sums
from mallee.reading import Quality

from . import documents
from .documents import CONFIG

UNKNOWN = Value(quality=Quality.NO_ANSWER)
_VOLTS = 415.0 / math.sqrt(3.0)
_L_MIN_PER_KG_S = 60.0 / 1.015
_PUMPS = CONFIG.plant.pumps


def healthy(load: float = 0.8, supply_degC: float = 37.0, facility_degC: float = 32.0) -> PodDocument:
    """Every rack at that part of its rating; flow follows, so that the coolant warms up by 10 K."""
    pdus = tuple(_pdu(index, 15_000.0 * load) for index in range(len(CONFIG.pdus)))
    skids = tuple(_skid(index, 104.0 * 8 * load / 2, load, supply_degC, facility_degC) for index in range(2))
    return documents.document(skids, pdus)


def _value(number: float, unit: str = "") -> Value:
    return Value(value=number, unit=unit, age_s=0.1, quality=Quality.GOOD)


def _pdu(index: int, branch_W: float) -> PduState:
    plain = documents.pdu(index)
    amps = branch_W / (3 * _VOLTS)
    branches = tuple(
        msgspec.structs.replace(branch, power=_value(branch_W, "W"), current=_value(amps, "A"))
        for branch in plain.branches
    )
    return msgspec.structs.replace(
        plain,
        power=_value(branch_W * len(branches), "W"),
        phase_current=(_value(amps * len(branches), "A"),) * 3,
        phase_voltage=(_value(_VOLTS, "V"),) * 3,
        branches=branches,
    )


def _skid(index: int, heat_kW: float, load: float, supply_degC: float, facility_degC: float) -> SkidState:
    flow = 832 * 1.5 / 2 * load
    pressure = 200.0 * load**1.85
    facility_flow = 0.7 * flow
    speed = _value(100 * _speed(flow, pressure), "%")
    return msgspec.structs.replace(
        documents.skid(index),
        flow=_value(flow, "l/min"),
        differential_pressure=_value(pressure, "kPa"),
        pump_speed=(speed, speed),
        supply_temperature=_value(supply_degC, "degC"),
        return_temperature=_value(supply_degC + heat_kW * 60 / (4.008 * flow), "degC"),
        facility_supply_temperature=_value(facility_degC, "degC"),
        facility_return_temperature=_value(facility_degC + heat_kW * 60 / (4.15 * facility_flow), "degC"),
        facility_flow=_value(facility_flow, "l/min"),
        heat=_value(heat_kW, "kW"),
    )


def _speed(flow_l_min: float, head_kPa: float) -> float:
    """Of both pumps, 0 to 1: where their curve gives that flow against that head, by bisection over the curve's flow."""
    flow = flow_l_min / _L_MIN_PER_KG_S / _PUMPS.rated_flow_kg_s
    low, high = 1e-6, 1.0
    for _ in range(60):
        at = (low + high) / 2
        low, high = (at, high) if _head(at) * (flow / at) ** 2 > head_kPa else (low, at)
    return flow / low


def _head(at: float) -> float:
    for n in range(len(_PUMPS.head_flow) - 1):
        a, b = _PUMPS.head_flow[n : n + 2]
        if at <= b:
            return _PUMPS.head_kPa[n] + (_PUMPS.head_kPa[n + 1] - _PUMPS.head_kPa[n]) * (at - a) / (b - a)
    return _PUMPS.head_kPa[-1]


Change = Callable[[Value], Value]


def times(factor: float) -> Change:
    return lambda value: msgspec.structs.replace(value, value=value.value * factor)  # type: ignore[operator]


def plus(more: float) -> Change:
    return lambda value: msgspec.structs.replace(value, value=value.value + more)  # type: ignore[operator]


def lost(value: Value) -> Value:
    return UNKNOWN


def with_skid(document: PodDocument, index: int, point: str, change: Change) -> PodDocument:
    skid = document.skids[index]
    skids = list(document.skids)
    skids[index] = msgspec.structs.replace(skid, **{point: change(getattr(skid, point))})
    return msgspec.structs.replace(document, skids=tuple(skids))


def with_pdu(document: PodDocument, index: int, **changed: object) -> PodDocument:
    pdus = list(document.pdus)
    pdus[index] = msgspec.structs.replace(pdus[index], **changed)
    return msgspec.structs.replace(document, pdus=tuple(pdus))


def with_total(document: PodDocument, index: int, change: Change) -> PodDocument:
    return with_pdu(document, index, power=change(document.pdus[index].power))


def with_branch(document: PodDocument, index: int, number: int, point: str, change: Change) -> PodDocument:
    branches = list(document.pdus[index].branches)
    branch: BranchState = branches[number - 1]
    branches[number - 1] = msgspec.structs.replace(branch, **{point: change(getattr(branch, point))})
    return with_pdu(document, index, branches=tuple(branches))


def summed(document: PodDocument) -> PodDocument:
    """As a controller and the pod's host have it: totals are the sums of what they stand for, wrong or not."""
    for index, pdu in enumerate(document.pdus):
        powers = [branch.power.number or 0.0 for branch in pdu.branches]
        amps = sum(branch.current.number or 0.0 for branch in pdu.branches)
        document = with_pdu(document, index, power=_value(sum(powers)), phase_current=(_value(amps),) * 3)
    racks: tuple[RackState, ...] = sums.rack_states(
        [(rack.name, rack.power_kW, rack.liquid_kW) for rack in CONFIG.racks], document.pdus
    )
    feeds = sums.feed_states(CONFIG.feeds, document.pdus)
    return msgspec.structs.replace(document, feeds=feeds, racks=racks)
