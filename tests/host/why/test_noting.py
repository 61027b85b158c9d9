"""What of the host's decisions is written down: changes, not what moves a little in each scan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mallee.pod.reasons import Reason
from mallee.pod.why import noting
from mallee.pod.why.noting import MOVED_EACH_S, OFTEN, WITHIN_S, Note

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Watch:
    """Scans a second apart; `notes` are all that were made."""

    def __init__(self) -> None:
        self.state: noting.State = {}
        self.notes: list[Note] = []
        self.s = 0.0

    def scan(self, *reasons: Reason, seconds: float = 1.0) -> tuple[Reason, ...]:
        self.s += seconds
        self.state, told, notes = noting.step(self.state, reasons, self.s, START + timedelta(seconds=self.s))
        self.notes += notes
        return tuple(told)


def pressure(value: float, rule: str = "load", outcome: str = "written") -> Reason:
    of = "skid-1.remote_differential_pressure"
    return Reason(of=of, value=value, unit="kPa", rule=rule, outcome=outcome)  # pyright: ignore[reportArgumentType]


def cap(value: float | None, rule: str = "feed B", outcome: str = "asked") -> Reason:
    return Reason(of="rack-1.power_limit", value=value, unit="kW", rule=rule, outcome=outcome)  # pyright: ignore[reportArgumentType]


def test_a_set_point_that_follows_measurements_is_noted_beyond_its_dead_band_only() -> None:
    watch = Watch()
    for second in range(300):
        watch.scan(pressure(150.0 + (second % 10)))
    assert len(watch.notes) == 1 and watch.notes[0].old is None
    watch.scan(pressure(161.0))
    assert [(note.old, note.new) for note in watch.notes[1:]] == [(150.0, 161.0)]
    watch.scan(pressure(150.9))
    assert len(watch.notes) == 2  # not twice in a minute
    watch.scan(pressure(150.9), seconds=MOVED_EACH_S)  # since the last note, not since the last scan
    assert [(note.old, note.new) for note in watch.notes[2:]] == [(161.0, 150.9)]


def test_small_steps_add_up() -> None:
    watch = Watch()
    for step in range(24):
        watch.scan(pressure(150.0 + step), seconds=MOVED_EACH_S)
    assert [note.new for note in watch.notes] == [150.0, 161.0, 172.0]


def test_rules_that_take_turns_in_each_scan_are_bounded_and_counted() -> None:
    watch = Watch()
    for second in range(int(WITHIN_S)):
        watch.scan(pressure(150.0, rule=("load", "floor")[second % 2]))
    assert len(watch.notes) == 1 + OFTEN
    for second in range(int(WITHIN_S)):
        watch.scan(pressure(150.0, rule=("floor", "load")[second % 2]))
    assert len(watch.notes) <= 1 + 2 * OFTEN
    assert sum(note.unnoted for note in watch.notes) >= WITHIN_S - 2 * OFTEN
    last = watch.notes[-1]
    watch.scan(pressure(150.0, rule="other"), seconds=WITHIN_S)
    assert watch.notes[-1].rule == "other" and watch.notes[-1] is not last  # what stands in the end is noted


def test_a_ramp_does_not_hide_the_rule_that_ends_it() -> None:
    watch = Watch()
    for second in range(100):
        watch.scan(pressure(200.0 - second))
    watch.scan(pressure(100.0, rule="floor"))
    assert [(note.new, note.rule) for note in watch.notes] == [(200.0, "load"), (140.0, "load"), (100.0, "floor")]


def test_each_change_of_a_limit_and_what_came_of_it_is_noted() -> None:
    watch = Watch()
    watch.scan(cap(None, "nothing asks", outcome=""))
    assert watch.notes == []  # there was nothing to do
    for _ in range(20):  # more often than OFTEN: control itself holds each for a while
        watch.scan(cap(50.0))
        watch.scan(cap(None, "given back"))
    assert [note.new for note in watch.notes] == [50.0, None] * 20
    watch.scan(cap(50.0), seconds=WITHIN_S)
    watch.scan(cap(50.0, outcome="written"))
    watch.scan(cap(50.0, outcome="written"))
    assert [note.outcome for note in watch.notes[-2:]] == ["asked", "written"]


def test_the_first_note_of_a_permit_knows_what_it_was() -> None:
    watch = Watch()
    watch.scan(Reason(of="rack-1.permit", value="on", unit="", rule="no main", outcome=""))
    watch.scan(Reason(of="rack-1.permit", value="off", unit="", rule="pdu-b1", outcome="written"))
    assert [(note.old, note.new) for note in watch.notes] == [("on", "off")]


def test_since_is_of_the_rule_not_of_its_numbers() -> None:
    watch = Watch()
    (first,) = watch.scan(pressure(150.0))
    (later,) = watch.scan(pressure(170.0), seconds=60)
    assert first.since == later.since == START + timedelta(seconds=1)
    (other,) = watch.scan(pressure(170.0, rule="floor"))
    assert other.since == START + timedelta(seconds=62)


def test_what_is_not_told_in_a_scan_stays_as_it_was() -> None:
    watch = Watch()
    (first,) = watch.scan(cap(50.0))
    watch.scan()
    (again,) = watch.scan(cap(50.0))
    assert again.since == first.since and len(watch.notes) == 1


def test_heat_is_passed_on_and_not_noted_but_its_rule_is() -> None:
    watch = Watch()
    for heat_kW in (400.0, 250.0, None, 500.0):
        watch.scan(Reason(of="skid-1.remote_heat", value=heat_kW, unit="kW", rule="share of 2", outcome="written"))
    watch.scan(Reason(of="skid-1.remote_heat", value=500.0, unit="kW", rule="share of 1", outcome="written"))
    assert [note.rule for note in watch.notes] == ["share of 2", "share of 1"]
