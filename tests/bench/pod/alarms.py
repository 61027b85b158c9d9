"""What people are told: nothing in 20 minutes of training, and of each single fault its cause first and little else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mallee.sim.scenario.invariants import AlarmRecord
from mallee.sim.scenario.reading import parse
from mallee.sim.scenario.runner import run

from ..figure import Figure

SEED = 1
NORMAL_S = 1200  # design control.md, alarms: 20 virtual minutes
FAULT_S = 40.0


class Case(NamedTuple):
    """A fault at 5 s in the default pod at full load. `causes`: what may be told first; any of them names it."""

    fault: str
    target: str
    causes: tuple[str, ...]
    parameters: str = "{}"
    for_s: float = FAULT_S
    load: str = "constant = 1.0"


CASES = (
    Case("feed_lost", "A", ("feed_lost",)),
    Case("breaker_open", "pdu-a1", ("supply_lost",)),
    Case("phase_lost", "pdu-a1", ("phase_loss",)),
    Case("ground_fault", "pdu-b2", ("ground_fault",)),
    Case("branch_overload", "pdu-a1/1", ("overload_warning", "trip_ahead", "overload_trip"), "{ by_A = 181.0 }"),
    Case("rope_wet", "pdu-a1/1", ("leak",)),
    Case("rope_cut", "skid-1", ("leak_rope_fault",)),
    Case("leak", "skid-1", ("leak_balance", "leak_rope")),
    Case("pump_stop", "skid-1/1", ("pump_no_effect",)),
    Case("pump_seize", "skid-2/2", ("pump_no_effect",)),
    Case("pump_feedback_lost", "skid-1/1", ("speed_feedback_fault",)),
    # Told when it lasts longer than the valve's stroke: 130 s.
    Case("valve_stick", "skid-1", ("valve_deviation",), load="steps = [[0, 0.4], [6, 1.0]]", for_s=180.0),
    Case("filter_clog", "skid-1", ("filter_loaded", "filter_blocked"), "{ by_kPa = 400.0 }"),
    Case("facility_gone", "", ("facility_lost", "over_temperature")),
    Case("sensor_open", "skid-1/supply_temperature_1", ("supply_sensor_fault",)),
    Case("sensor_short", "skid-2/differential_pressure", ("differential_pressure_lost",)),
    Case("controller_kill", "pdu-a1", ("no_answer", "restarted")),
    Case("network_cut", "pdu-b3", ("no_answer",)),
    Case("network_cut", "all", ("gateway_silent",)),
)


def told(text: str) -> tuple[Sequence[AlarmRecord], Sequence[AlarmRecord]]:
    """Of a scenario as text: the alarms that were told, and all that came, both in the order in which they came."""
    records = sorted(run(parse(text, Path("fault.toml")), SEED).alarms, key=lambda record: record.first_s)
    return [record for record in records if record.told], records


def of_fault(case: Case) -> tuple[Sequence[AlarmRecord], Sequence[AlarmRecord]]:
    return told(f"""
title = "{case.fault} of {case.target}"
for_s = {case.for_s}
may_throttle = true
[[event]]
at_s = 5
fault = "{case.fault}"
target = "{case.target}"
with = {case.parameters}
[load]
{case.load}
[[expect]]
name = "it runs"
kpi = "it_power_kW"
at_least = 0
[alarms]
standing = ["*: *"]
""")


def _name(record: AlarmRecord) -> str:
    """Without the number of the pump, the branch or the phase."""
    return record.name.partition(".")[0]


def normal(for_s: float, event: str = "") -> int:
    """Alarms told under training load with the noise of sensors."""
    return len(
        told(f"""
title = "Training, and nothing else"
for_s = {for_s}
noise_percent = 0.05
[load]
training = 0.8
{event}
[[expect]]
name = "it runs"
kpi = "it_power_kW"
at_least = 0
[alarms]
standing = ["*: *"]
""")[0]
    )


def measure() -> dict[str, Figure]:
    seen = {case: of_fault(case) for case in CASES}
    wrong = [case for case, (heard, _) in seen.items() if not heard or _name(heard[0]) not in case.causes]
    shifted = [
        case
        for case, other in zip(CASES, (*CASES[1:], CASES[0]), strict=True)
        if seen[case][0] and _name(seen[case][0][0]) not in other.causes
    ]
    most = max(CASES, key=lambda case: len(seen[case][0]))
    how = f"{len(CASES)} single faults, each for {FAULT_S:g} s or more in the default pod with its host, seed {SEED}"
    return {
        "normal": Figure(
            normal(NORMAL_S),
            f"told in {NORMAL_S} virtual s of training with sensor noise, default pod with its host, seed {SEED}",
            normal(60.0, '[[event]]\nat_s = 5\nfault = "pump_stop"\ntarget = "skid-1/1"'),
            "a pump stops",
        ),
        "most_of_a_fault": Figure(
            len(seen[most][0]),
            f"{how}; most of {most.fault} {most.target}",
            max(len(every) for _, every in seen.values()),
            "suppression by cause undone: all that came",
        ),
        "first_is_another": Figure(
            len(wrong),
            f"{how}: faults whose first alarm is not their cause's ({', '.join(f'{c.fault} {c.target}' for c in wrong)})",
            len(shifted),
            "each judged by the causes of the next fault",
        ),
    }
