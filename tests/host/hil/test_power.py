"""The probe of a switched supply: each way in which a switch can lie is found out."""

from __future__ import annotations

import pytest
from mallee.errors import MalleeError
from mallee.hil.boardtime import BoardTime
from mallee.hil.line import Line
from mallee.hil.power import CommandPower, Power, probe, switch_on
from mallee.hil.unit import Unit

from ..virtual_loop import VirtualLoop


class FakeUnit(Unit):
    """Answers while it has supply and for `fades_s` longer; its uptime counts from its last start."""

    def __init__(self, *, wired: bool = True, fades_s: float = 0.2, starts: bool = True) -> None:
        super().__init__(Line(BoardTime(VirtualLoop()), "serial:///dev/none"), 17)
        self.wired, self.fades_s, self.starts = wired, fades_s, starts
        self.started_s = -1000.0
        self.off_s: float | None = None

    def answers(self) -> bool:
        return self.off_s is None or self.time.now_s < self.off_s + self.fades_s

    def wait_until_it_runs(self, within_s: float) -> float:
        self.time.run(min(1.5, within_s))
        if not self.answers():
            raise MalleeError("unit 17 does not run", "", "")
        return self.time.now_s - self.started_s


class FakePower(Power):
    def __init__(self, unit: FakeUnit) -> None:
        super().__init__(unit, 10.0)
        self.fake = unit
        self.switched: list[str] = []

    def _off(self) -> None:
        self.switched.append("off")
        if self.fake.wired:
            self.fake.off_s = self.fake.time.now_s

    def _on(self) -> None:
        self.switched.append("on")
        if self.fake.wired and self.fake.starts:
            self.fake.off_s, self.fake.started_s = None, self.fake.time.now_s


@pytest.mark.parametrize(
    ("unit", "seen"),
    [
        (FakeUnit(), None),
        (FakeUnit(wired=False), "still answered 1 s after"),
        (FakeUnit(fades_s=5.0), "still answered 1 s after"),
        (FakeUnit(starts=False), "unit 17 does not run"),
    ],
)
def test_the_probe_believes_nothing(unit, seen):
    power = FakePower(unit)
    found = probe(power, unit)
    assert (found is None) is (seen is None) and (seen or "") in (found or "")
    assert power.switched == ["off", "on"], "whatever was seen, its supply is on again"


def test_a_board_that_is_silent_but_was_never_off_is_found_out():
    """Its bus was cut with the supply of something else: its uptime goes on."""
    unit = FakeUnit()
    power = FakePower(unit)
    power._on = lambda: setattr(unit, "off_s", None)  # type: ignore[method-assign]
    assert "it was never off" in (probe(power, unit) or "")


def test_a_command_that_failed_may_have_switched():
    unit = FakeUnit()
    power = FakePower(unit)

    def fails() -> None:
        unit.off_s = unit.time.now_s
        raise MalleeError("exit status 1", "", "")

    power._off = fails  # type: ignore[method-assign]
    assert probe(power, unit) == "exit status 1"
    assert power.switched == ["on"] and unit.answers()


def test_a_command_may_take_its_time_while_the_board_starts():
    unit = FakeUnit()
    power = FakePower(unit)
    switch = power._on

    def slow() -> None:
        switch()
        unit.time.run(8.0)

    power._on = slow  # type: ignore[method-assign]
    assert probe(power, unit) is None


def test_of_several_boards_each_gets_its_supply_back():
    class Stuck(FakePower):
        def _on(self) -> None:
            raise MalleeError("the relay is stuck", "", "")

    one, other, never_off = Stuck(FakeUnit()), FakePower(FakeUnit()), FakePower(FakeUnit())
    one.off()
    other.off()
    with pytest.raises(MalleeError, match="relay is stuck"):
        switch_on([one, other, never_off])
    assert one.is_off and not other.is_off and other.switched == ["off", "on"] and never_off.switched == []


def test_a_board_that_does_not_answer_before_is_not_switched():
    unit = FakeUnit()
    unit.off_s = -100.0
    power = FakePower(unit)
    assert "did not answer before" in (probe(power, unit) or "") and power.switched == []


def test_commands_are_of_the_shell_and_tell_what_failed(tmp_path):
    log = tmp_path / "log"
    unit = FakeUnit()
    power = CommandPower(unit, 10.0, f"echo off | cat >> {log}", "echo no relay >&2; exit 3")
    power.off()
    assert log.read_text() == "off\n" and power.is_off
    with pytest.raises(MalleeError, match="exit status 3: no relay"):
        power.on()
    assert power.is_off, "it is not known to be on"
