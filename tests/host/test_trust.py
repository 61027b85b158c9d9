"""Whether a controller is believed: glitches, restarts and slow clocks are no lies; what lasts and cannot be, is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from mallee import resources
from mallee.pod.loader import load_pod
from mallee.pod.trust import judge
from mallee.pod.trust.clocks import ClockReading, compared
from mallee.pod.trust.judge import Heard, Kind, Trust
from mallee.pod.trust.limits import Rated, impossible
from mallee.pod.trust.settings import QuarantineSection
from mallee.pod.trust.watch import TrustWatch
from mallee.reading import Quality, Reading, Scalar, Snapshot

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = QuarantineSection()
PUMP, PDU = resources.dictionary("pump"), resources.dictionary("pdu")
RATED = Rated(500.0, 240.0)
STEADY_PDU: dict[str, Scalar] = {
    "power": 60_000,
    "energy": 5_000_000,
    **{f"phase_current.{phase}": 90.0 for phase in (1, 2, 3)},
    **{f"phase_voltage.{phase}": 239.0 for phase in (1, 2, 3)},
    "branch.1.power": 30_000,
    "alarm_count": 1,
    "first_out": 2,
}


def snapshot(sequence: int | None, values: dict[str, Scalar], bad: tuple[str, ...] = ()) -> Snapshot:
    found = {"sequence": sequence, "state": "leased", **values}
    readings = {
        name: Reading(name, value, "", NOW, 0.0, Quality.FAULT if name in bad else Quality.GOOD)
        for name, value in found.items()
    }
    return Snapshot("it", NOW, readings, sequence)


class Case:
    """A controller that is heard once a second. `uptime_s` and `sequence` go on by themselves unless they are told."""

    def __init__(self, dictionary=PDU, settings: QuarantineSection = SETTINGS, boots: int | None = 3) -> None:
        self.dictionary, self.settings = dictionary, settings
        self.trust = Trust()
        self.s = 100.0
        self.utc_s = NOW.timestamp()
        self.sequence = 5000
        self.uptime_s = 500.0
        self.boots = boots
        self.pace = 1.0
        self.serial = "A1"
        self.says: dict[str, Scalar] = {}
        self._read_s = -1e9

    def scan(self, seconds: float = 1.0, *, silent: bool = False, moving: bool = True, **values: Scalar) -> Trust:
        self.s += seconds
        self.utc_s += seconds
        if moving:
            self.uptime_s += self.pace * seconds
            self.sequence = (self.sequence + round(10 * self.pace * seconds)) & 0x7FFF
        steady = STEADY_PDU if self.dictionary is PDU else {}
        said = snapshot(self.sequence, {**steady, **self.says, **values})
        heard = Heard() if silent else Heard(said, self.dictionary, self._clock(), self.serial)
        self.trust = judge.step(self.settings, RATED, self.trust, heard, self.s)
        return self.trust

    def scans(self, count: int, **arguments) -> Trust:
        for _ in range(count):
            self.scan(**arguments)
        return self.trust

    def _clock(self) -> ClockReading | None:
        if self.s - self._read_s < self.settings.clock_every_s and not self.trust.doubtful:
            return None
        self._read_s = self.s
        return ClockReading(int(self.uptime_s), self.s - 0.01, self.s, self.utc_s, self.boots, 100, self.sequence)

    def restart(self) -> None:
        self.uptime_s, self.sequence = 0.0, 0
        if self.boots is not None:
            self.boots += 1


def test_a_controller_that_says_what_can_be_is_believed() -> None:
    case = Case()
    assert case.scans(1000) == case.trust and case.trust.kind is None
    assert case.trust.counts == judge.Counts() and not case.trust.doubtful


def test_a_sequence_that_stands_still_is_a_lie_after_its_time_and_not_before() -> None:
    case = Case()
    case.scans(20)
    assert case.scans(9, moving=False).kind is None
    trust = case.scans(2, moving=False)
    assert trust.kind is Kind.FROZEN
    assert "sequence number stands still at 5200" in trust.evidence and "so does its uptime" in trust.evidence


def test_a_loop_that_hangs_while_its_time_goes_on_is_told_from_answers_that_repeat() -> None:
    case = Case()
    case.scans(20)
    for _ in range(12):
        case.uptime_s += 1.0
        case.scan(moving=False)
    assert case.trust.kind is Kind.FROZEN and "while its uptime goes on" in case.trust.evidence


def test_an_uptime_that_stands_still_is_a_lie_too() -> None:
    case = Case()
    case.scans(20)
    for _ in range(25):
        case.sequence += 10
        case.scan(moving=False)
    assert case.trust.kind is Kind.FROZEN and "its uptime stands still" in case.trust.evidence


def test_a_slow_line_sees_one_number_twice_and_believes_it() -> None:
    case = Case()
    for _ in range(40):
        case.scan(20.0)
        case.scan(20.0, moving=False)
        case.uptime_s += 20.0
    assert case.trust.kind is None


def test_an_update_may_take_minutes() -> None:
    case = Case()
    case.scans(5)
    assert case.scans(300, moving=False, state="updating").kind is None
    assert case.scans(310, moving=False, state="updating").kind is Kind.FROZEN


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"phase_voltage.2": 500.0}, "phase_voltage.2 is 500"),
        ({"phase_current.1": 1100.0}, "phase_current.1 is 1100"),
        ({"branch.1.power": 250_000}, "branch.1.power is 250000"),
        ({"power": 400_000}, "its voltages and currents make 64530 VA"),
        ({"alarm_count": 300}, "of its"),
        ({"first_out": 999}, "no such alarm"),
        ({"state": "unknown_77"}, "which its map does not know"),
    ],
)
def test_a_pdu_that_says_what_cannot_be_is_a_liar_after_three_scans(values: dict[str, Scalar], said: str) -> None:
    case = Case()
    case.scans(5)
    case.says = values
    assert case.scans(2).kind is None
    assert case.trust.doubted == set(values), "it is not used, not even once"
    trust = case.scan()
    assert trust.kind is Kind.IMPOSSIBLE and said in trust.evidence and trust.held


@pytest.mark.parametrize(
    ("name", "value", "can_be"),
    [
        ("supply_temperature", 126.0, False),
        ("supply_temperature", 101.0, True),
        ("dew_point", -41.0, False),
        ("return_pressure", -120.0, False),
        ("supply_pressure", 1000.0, True),
        ("flow", 5000.0, False),
        ("flow", 2000.0, True),
        ("level", 150.0, False),
        ("pump_speed.2", 103.0, True),
        ("pump_state.1", "unknown_9", False),
    ],
)
def test_what_a_skid_can_measure(name: str, value: Scalar, can_be: bool) -> None:
    found = impossible(SETTINGS, PUMP, snapshot(1, {name: value}), Rated())
    assert [each.points for each in found] == ([] if can_be else [(name,)])
    assert impossible(SETTINGS, PUMP, snapshot(1, {name: value}, bad=(name,)), Rated()) == ()


def test_one_glitch_does_nothing_and_is_counted() -> None:
    case = Case()
    case.scans(5)
    case.scan(power=400_000)
    assert case.trust.doubted and case.scan().doubted == frozenset()
    assert case.trust.kind is None and case.trust.counts.glitches == 1


def test_a_meter_that_falls_is_a_lie_unless_the_controller_started_anew() -> None:
    case = Case()
    case.scans(15)
    assert case.scans(5, energy=4_000_000).kind is Kind.IMPOSSIBLE
    assert "energy fell from 5000000 to 4000000 Wh" in case.trust.evidence
    case = Case()
    case.scans(15)
    case.restart()
    assert case.scans(30, energy=100).kind is None


def test_nothing_is_judged_where_it_is_silent() -> None:
    case = Case()
    case.scans(20)
    case.scans(8, moving=False)
    assert case.scans(30, silent=True).kind is None
    assert case.scans(5, moving=False).kind is None, "what was seen before the silence does not count any more"


@pytest.mark.parametrize("by_s", [86_400.0, 30.0, -30.0, -400.0])
def test_a_clock_that_jumps_is_a_lie_once_three_readings_say_so(by_s: float) -> None:
    case = Case()
    case.scans(25)
    case.uptime_s += by_s
    assert case.scans(4).kind is None
    trust = case.scans(10)
    assert trust.kind is Kind.CLOCK and "without a restart" in trust.evidence and not trust.held


def test_one_wrong_uptime_is_a_glitch() -> None:
    case = Case()
    case.scans(21)
    case.uptime_s += 5000
    while not case.trust.clock_off:
        case.scan()
    case.uptime_s -= 5000
    case.scans(30)
    assert case.trust.kind is None and case.trust.counts.glitches == 1


@pytest.mark.parametrize("pace", [0.8, 0.99, 1.01])
def test_a_clock_that_is_slow_or_fast_does_not_jump(pace: float) -> None:
    case = Case()
    case.scans(5)
    case.pace = pace
    assert case.scans(2000).kind is None


@pytest.mark.parametrize("boots", [7, None])
@pytest.mark.parametrize("away_s", [0, 3, 600, 20_000])
def test_a_restart_is_no_jump(boots: int | None, away_s: int) -> None:
    case = Case(boots=boots)
    case.scans(25)
    case.restart()
    case.scans(away_s // 100, seconds=100.0, silent=True)
    case.scans(60)
    assert case.trust.kind is None and case.trust.counts == judge.Counts()


def test_a_restart_whose_count_was_lost_is_known_by_its_sequence() -> None:
    case = Case()
    case.scans(25)
    case.restart()
    case.boots = 3
    assert case.scans(60).kind is None


def test_a_computer_that_slept_explains_the_jump_by_its_date() -> None:
    before = ClockReading(500, 100.0, 100.1, 1e9)
    slept = ClockReading(4110, 110.0, 110.1, 1e9 + 3610.0)
    assert compared(SETTINGS, before, slept).off_s == 0.0
    assert compared(SETTINGS, before, ClockReading(4110, 110.0, 110.1, 1e9 + 10.0)).off_s == pytest.approx(3600, abs=1)
    late = ClockReading(500 + 300, 100.2, 400.0, 1e9 + 300.0)  # asked, and the answer was read much later
    assert compared(SETTINGS, before, late).off_s == 0.0


def test_it_returns_by_itself_after_a_minute_without_doubt_but_not_for_ever() -> None:
    case = Case()
    for number in range(4):
        case.scans(15)
        assert case.scans(15, moving=False).kind is Kind.FROZEN
        assert case.trust.counts.frozen == number + 1
        assert case.trust.held == (number == 3)
        assert case.scans(50).kind is Kind.FROZEN, "it has to go on well for its time"
        case.scans(40)
    assert case.trust.kind is Kind.FROZEN and "came back 3 times" in case.trust.evidence
    assert judge.left_s(SETTINGS, case.trust, case.s) is None
    assert case.scans(5000).kind is Kind.FROZEN
    case.trust = judge.release(case.trust)
    assert case.scans(2).kind is None
    assert case.trust.counts.returns == 4


def test_a_doubt_in_quarantine_begins_the_minute_anew() -> None:
    case = Case()
    case.scans(15)
    case.scans(15, moving=False)
    case.scans(50)
    case.scan(power=400_000)
    assert case.scans(55).kind is Kind.FROZEN
    assert case.scans(10).kind is None


def test_impossible_values_are_forgiven_by_people_alone_and_only_when_they_are_gone() -> None:
    case = Case()
    case.scans(5)
    case.scans(5, power=400_000)
    assert case.scans(500).kind is Kind.IMPOSSIBLE
    case.trust = judge.release(case.trust)
    assert case.scans(200, power=400_000).kind is Kind.IMPOSSIBLE
    assert case.scans(58).kind is Kind.IMPOSSIBLE
    assert case.scans(5).kind is None


def test_another_controller_in_its_place_is_judged_anew() -> None:
    case = Case()
    case.scans(15)
    case.scans(5, power=400_000)
    case.serial, case.boots, case.uptime_s = "B2", 40, 90_000.0
    assert case.scans(30, energy=1).kind is None
    assert case.trust.counts.impossible == 1


def test_switched_off_it_judges_nothing() -> None:
    case = Case(settings=QuarantineSection(enabled=False))
    assert case.scans(50, moving=False, power=400_000) == Trust()


def watched(offsets: dict[str, float]) -> TrustWatch:
    """A pod whose controllers' uptimes jump by these times after 20 s, each read in every scan."""
    config = load_pod(resources.examples_dir() / "pod.toml")
    watch = TrustWatch(config)
    for second in range(40):
        heard = {}
        for name in watch.trust:
            uptime_s = 1000 + second + (round(offsets.get(name, 0.0)) if second > 20 else 0)
            clock = ClockReading(uptime_s, second, second, 1e9 + second)
            dictionary = PUMP if name.startswith("skid") else PDU
            heard[name] = Heard(snapshot(10 * second, {}), dictionary, clock)
        watch.step(heard, float(second), NOW)
    return watch


def test_clocks_of_all_do_not_jump_together_it_is_the_hosts() -> None:
    names = list(watched({}).trust)
    watch = watched(dict.fromkeys(names, 3600.0))
    assert not any(trust.kind for trust in watch.trust.values()) and watch.host_clock_jumps == 1
    watch = watched({names[0]: 3600.0})
    assert [name for name, trust in watch.trust.items() if trust.kind] == names[:1] and not watch.host_clock_jumps
    assert watch.view(names[0]).quarantined == "clock" and watch.view(names[0]).since is not None


def test_quarantine_outlives_the_process_that_found_it() -> None:
    config = load_pod(resources.examples_dir() / "pod.toml")
    watch = TrustWatch(config)
    watch.adopt({"skid-1": "impossible: what it said", "skid-2": "nonsense", "gone": "frozen: x"}, 5.0)
    assert watch.view("skid-1").quarantined == "impossible" and watch.view("skid-1").evidence == "what it said"
    assert watch.trust["skid-1"].held and not watch.trust["skid-2"].kind
