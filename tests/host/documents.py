"""Documents to draw and to judge: the default pod as it would be seen, healthy or with things wrong."""

from __future__ import annotations

from datetime import UTC, datetime

from mallee import resources
from mallee.link.statistics import BusSummary
from mallee.pod import state
from mallee.pod.alarms import pod_alarms
from mallee.pod.alarms.records import Record
from mallee.pod.alarms.showing import alarm_state
from mallee.pod.document import (
    AlarmState,
    BranchState,
    LeaseView,
    PduState,
    PodDocument,
    SkidState,
    Value,
)
from mallee.pod.loader import load_pod
from mallee.pod.power import sums as power
from mallee.reading import Quality

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
CONFIG = load_pod(resources.examples_dir() / "pod.toml")


def good(value: float | str | None, unit: str = "", quality: Quality = Quality.GOOD) -> Value:
    return Value(value=value, unit=unit, age_s=0.1, quality=quality)


def skid(index: int, *, silent: bool = False) -> SkidState:
    quality = Quality.STALE if silent else Quality.GOOD
    config = CONFIG.skids[index]
    return SkidState(
        name=config.name,
        address=config.address,
        unit=config.unit,
        answering=not silent,
        silent_s=13.0 if silent else None,
        state=good("leased"),
        lease=LeaseView(ours=True),
        supply_temperature=good(38.2, "degC", quality),
        return_temperature=good(45.6, "degC", quality),
        active_supply_temperature=good(37.0),
        facility_supply_temperature=good(None, "degC", Quality.FAULT),
        differential_pressure=good(199.4, "kPa", quality),
        active_differential_pressure=good(200.0),
        flow=good(1192.0, "l/min", quality),
        heat=good(415.3, "kW", quality),
        pump_speed=(good(61.2, "%", quality), good(60.9, "%", quality)),
        pump_state=(good("running"), good("running")),
        valve_position=good(42.2, "%", quality),
    )


def pdu(index: int, *, tripped: int = 0, unknown: bool = False, current_A: float = 168.0) -> PduState:
    config = CONFIG.pdus[index]
    missing = Value(quality=Quality.NO_ANSWER)
    return PduState(
        name=config.name,
        address=config.address,
        unit=config.unit,
        answering=not unknown,
        feed=config.feed,
        main_A=config.main_A,
        state=good("tripped" if tripped else "leased"),
        power=missing if unknown else good(120_000.0, "W"),
        energy=missing if unknown else good(5_000_000.0, "Wh"),
        phase_current=() if unknown else (good(current_A), good(current_A - 1), good(current_A - 2)),
        branches=tuple(
            BranchState(
                number=number,
                rack=rack,
                power=missing if unknown else good(15_000.0, "W"),
                current=missing if unknown else good(current_A / 8, "A"),
                thermal=missing if unknown else good(11.0, "%"),
                closed=None if unknown else number != tripped,
                tripped=None if unknown else number == tripped,
            )
            for number, rack in enumerate(config.racks, 1)
        ),
    )


def document(
    skids: tuple[SkidState, ...] | None = None,
    pdus: tuple[PduState, ...] | None = None,
    active: tuple[AlarmState, ...] = (),
) -> PodDocument:
    skids = skids or (skid(0), skid(1))
    pdus = power.with_loads(pdus or tuple(pdu(index) for index in range(8)))
    feeds = power.feed_states(CONFIG.feeds, pdus)
    return PodDocument(
        pod=CONFIG.pod.name,
        time=NOW,
        scan=77,
        scan_s=1.0,
        host_id=1,
        advise=False,
        skids=skids,
        pdus=pdus,
        feeds=feeds,
        racks=power.rack_states([(r.name, r.power_kW, r.liquid_kW) for r in CONFIG.racks], pdus),
        totals=state.totals(skids, feeds),
        alarms=active,
        findings=power.findings(feeds, pdus),
        events=(),
        bus=BusSummary(requests=12345, answers=12345, rtt_p99_ms=4.0),
        requests_per_s=20.0,
    )


def troubled(alarm_count: int = 1) -> PodDocument:
    entry = resources.dictionary("pdu").alarm_by_code[19]
    trip = AlarmState(
        device="pdu-a4",
        code=entry.code,
        name=entry.name,
        priority=entry.priority,
        group=entry.group,
        since=NOW,
        condition=entry.condition,
        cause=entry.cause,
        consequence=entry.consequence,
        remedy=entry.remedy,
        first_out=True,
    )
    lost = tuple(
        alarm_state(Record(device=f"skid-{n}", alarm=pod_alarms.NO_ANSWER, since=NOW, detail="connection refused"))
        for n in range(2, 2 + alarm_count)
    )
    pdus = tuple(pdu(index, tripped=4 if index == 3 else 0, unknown=index == 5) for index in range(8))
    return document((skid(0), skid(1, silent=True)), pdus, (trip, *lost))
