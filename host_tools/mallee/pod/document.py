"""The pod at one moment as plain data: what the table shows, what `-o jsonl` prints, what a parent process
receives."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from ..link.reporting import LinkView
from ..link.statistics import BusSummary
from ..reading import Quality, Reading
from .reasons import Reason


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """One value with its unit, age and quality. `value` is None when it is not known."""

    value: float | int | str | bool | list[str] | None = None
    unit: str = ""
    age_s: float | None = None
    quality: Quality = Quality.NOT_YET

    @property
    def number(self) -> float | None:
        """The number while it is good, else None: what control may use."""
        if self.quality is not Quality.GOOD or isinstance(self.value, bool | str | list):
            return None
        return self.value


def value_of(reading: Reading | None) -> Value:
    """A reading as it stands in a document: sets become sorted lists."""
    if reading is None:
        return Value(quality=Quality.NO_ANSWER)
    value = sorted(reading.value) if isinstance(reading.value, frozenset) else reading.value
    return Value(value=value, unit=reading.unit, age_s=reading.age_s, quality=reading.quality)


class LeaseView(msgspec.Struct, frozen=True, kw_only=True):
    """Who sets a controller's set-points. `note` says why it is not us, "" when it is."""

    state: str | None = None
    holder: int | None = None
    epoch: int | None = None
    remaining_s: float | None = None
    ours: bool = False
    note: str = ""


class TrustView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a controller is believed (docs/quarantine.md). `quarantined`: frozen, impossible or clock; "" while it is believed.
    The counts are since the host started."""

    quarantined: str = ""
    evidence: str = ""
    since: datetime | None = None
    left_s: float | None = None
    """Until it is believed again if all goes well; None: not before somebody resets the alarm."""
    doubted: tuple[str, ...] = ()
    """Points whose value cannot be, and is not used in this scan."""
    frozen: int = 0
    impossible: int = 0
    clock: int = 0
    returns: int = 0
    glitches: int = 0
    """Doubts that came to nothing."""


class ControllerState(msgspec.Struct, frozen=True, kw_only=True):
    """What every controller has. `answering` is about this scan; `silent_s` how long it has not answered."""

    name: str
    address: str
    unit: int
    answering: bool
    silent_s: float | None = None
    reason: str = ""
    not_asked: bool = False
    """Another master talks on its line, or may: that it does not answer says nothing about it."""
    profile: str | None = None
    firmware: str | None = None
    state: Value = Value()
    lease: LeaseView = LeaseView()
    trust: TrustView = TrustView()

    @property
    def quarantined(self) -> bool:
        """Nothing that it says is used, and nothing is written to it."""
        return bool(self.trust.quarantined)


class SkidSetPoints(msgspec.Struct, frozen=True, kw_only=True):
    """What the pod wants of one skid. `heat_kW` is the feed-forward, None without one."""

    supply_temperature_degC: float
    differential_pressure_kPa: float
    heat_kW: float | None = None
    operation: str = "run"
    """run, or standby"""


class SkidState(ControllerState, frozen=True, kw_only=True):
    supply_temperature: Value = Value()
    return_temperature: Value = Value()
    facility_supply_temperature: Value = Value()
    facility_return_temperature: Value = Value()
    active_supply_temperature: Value = Value()
    differential_pressure: Value = Value()
    active_differential_pressure: Value = Value()
    supply_pressure: Value = Value()
    return_pressure: Value = Value()
    flow: Value = Value()
    facility_flow: Value = Value()
    heat: Value = Value()
    dew_point: Value = Value()
    level: Value = Value()
    valve_position: Value = Value()
    valve_command: Value = Value()
    mode: Value = Value()
    pump_speed: tuple[Value, ...] = ()
    pump_command: tuple[Value, ...] = ()
    pump_state: tuple[Value, ...] = ()
    wanted: SkidSetPoints | None = None
    """Set-points that the pod control computed in this scan; written unless it only advises."""


class BranchState(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    rack: str
    power: Value
    current: Value
    thermal: Value
    closed: bool | None = None
    tripped: bool | None = None


class PduState(ControllerState, frozen=True, kw_only=True):
    feed: str
    main_A: float
    power: Value = Value()
    energy: Value = Value()
    unbalance: Value = Value()
    frequency: Value = Value()
    phase_current: tuple[Value, ...] = ()
    phase_voltage: tuple[Value, ...] = ()
    branches: tuple[BranchState, ...] = ()
    load: float | None = None
    """Largest phase current over main_A."""
    survivor_current_A: float | None = None
    """What it would carry if the worst other feed were lost."""


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of one feed; None where a PDU of it is not known. Currents are of the most loaded phase."""

    name: str
    main_A: float
    pdus: int
    pdus_known: int
    power_kW: float | None = None
    energy_kWh: float | None = None
    current_A: float | None = None
    load: float | None = None
    survivor_current_A: float | None = None
    headroom_A: float | None = None
    """main_A less the survivor current: negative when losing another feed would overload this one (N-1)."""


class RackState(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    rated_kW: float
    liquid_kW: float
    power_kW: float | None = None
    """Measured on all its branches; None as long as one of them is not known."""
    estimate_kW: float | None = None
    """The known branches extended to all of them, at most the rating; None when no branch is known."""
    branches: int = 0
    branches_known: int = 0
    branches_closed: int = 0
    priority: int = 100
    """Racks with a large number give way first."""
    cap_kW: float | None = None
    """Power limit that is in force at the rack, None: none, or not known."""
    wanted_cap_kW: float | None = None
    """Power limit that the pod decided on; None: none."""
    cap_reason: str = ""
    off: bool = False
    """The pod took the permit of its branches."""


class LimitView(msgspec.Struct, frozen=True, kw_only=True):
    """One electrical limit and what stands against it, in `unit` (A of the most loaded phase, or kW)."""

    name: str
    kind: str
    """site, feed, pdu; reserve: a feed or a PDU as it would be without the other feed"""
    unit: str
    limit: float
    load: float
    measured: bool
    """False: parts are not known, and count with their rating."""
    capping: bool = False
    left_s: float | None = None
    """Until its main may open at this current; None: it does not."""


class AlarmState(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm as docs/alarms.md has it. `device` is a place (`feed A`) for alarms of the pod itself, which have no `code`."""

    device: str
    code: int | None
    name: str
    priority: str
    group: str
    since: datetime
    condition: str
    cause: str
    consequence: str
    remedy: str
    first_out: bool = False
    """It came before the others of its group at this place."""
    state: str = "unacknowledged"
    """normal, unacknowledged, acknowledged, returned_unacknowledged, latched_unacknowledged, latched_acknowledged, shelved,
    suppressed_by_design or out_of_service"""
    active: bool = True
    acknowledged_by: str | None = None
    note: str = ""
    """Of whoever acknowledged it, shelved it or put it out of service."""
    shelved_by: str | None = None
    shelved_until: datetime | None = None
    out_of_service_by: str | None = None
    suppressed_by: str | None = None
    """DEVICE: NAME of the alarm that it follows from."""
    explains: int = 0
    """How many active alarms are suppressed under this one."""
    chattering: bool = False
    """It came three times in a minute, and is held active until it is calm."""
    count: int = 1
    """How often it came since it was last forgotten as normal."""


class AlarmLoad(msgspec.Struct, frozen=True, kw_only=True):
    """How much people are told, and what was not told (EEMUA 191). Counts are since the alarm book was begun."""

    in_10_min: int = 0
    flood: bool = False
    floods: int = 0
    told: int = 0
    suppressed: int = 0
    while_aside: int = 0
    """Came while shelved or out of service."""
    chattering: int = 0
    actions_refused: int = 0
    actions_damaged: int = 0


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that asks for attention and is no alarm of a controller. `level`: warning or limit."""

    level: str
    where: str
    what: str


class Event(msgspec.Struct, frozen=True, kw_only=True):
    time: datetime
    kind: str
    """master, standby, listening; lost, returned, leased, lease_refused, lease_lost, restarted, quarantined, believed,
    host_clock; power_limit, shed, restored; alarm, alarm_gone,
    alarm_suppressed, alarm_acknowledged, alarm_reset, alarm_shelved, alarm_unshelved, alarm_out_of_service,
    alarm_in_service, alarm_chattering, alarm_flood, alarm_flood_over, action_refused, action_damaged"""
    device: str
    text: str
    alarm: str = ""
    """Its name, where the event is about one."""
    priority: str = ""


class PodTotals(msgspec.Struct, frozen=True, kw_only=True):
    power_kW: float | None = None
    energy_kWh: float | None = None
    heat_kW: float | None = None
    flow_l_min: float | None = None


class PodDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of the pod after one scan."""

    pod: str
    time: datetime
    scan: int
    scan_s: float
    host_id: int
    advise: bool
    skids: tuple[SkidState, ...]
    pdus: tuple[PduState, ...]
    feeds: tuple[FeedState, ...]
    racks: tuple[RackState, ...]
    totals: PodTotals
    alarms: tuple[AlarmState, ...]
    findings: tuple[Finding, ...]
    events: tuple[Event, ...]
    bus: BusSummary
    role: Literal["listening", "standby", "master", "advising"] = "master"
    """master: it controls the pod. standby: another host does. listening: not known yet. advising: it never writes."""
    other_host: int | None = None
    """Number of the host that controls the pod in place of this one, where it said so."""
    requests_per_s: float | None = None
    links: tuple[LinkView, ...] = ()
    """Of each line, gateway or connection; `bus` is their sum."""
    cycle_s: float | None = None
    """From when this scan was due until all was read, decided and written; None: it was a scan by itself."""
    scan_overruns: int = 0
    trim_kPa: float = 0.0
    limits: tuple[LimitView, ...] = ()
    reasons: tuple[Reason, ...] = ()
    """Of everything that the pod control sets, after this scan."""
    devices: tuple[ControllerState, ...] = ()
    """Devices that are not ours."""
    returned: tuple[AlarmState, ...] = ()
    """Alarms that are gone, and that nobody has acknowledged."""
    suppressed: tuple[AlarmState, ...] = ()
    """Alarms that are not told: shelved, out of service, or under the alarm that they follow from."""
    alarm_load: AlarmLoad = AlarmLoad()
    host_clock_jumps: int = 0
    """Times that most controllers' clocks seemed to jump together: it was this computer's."""

    @property
    def members(self) -> tuple[ControllerState, ...]:
        return (*self.skids, *self.pdus, *self.devices)


def to_json(document: PodDocument) -> bytes:
    """One line of JSON, UTF-8."""
    return msgspec.json.encode(document)


def from_json(data: bytes | str) -> PodDocument:
    """The inverse of `to_json`. Raises msgspec.ValidationError."""
    return msgspec.json.decode(data, type=PodDocument)
