"""Set-points of the pod's cooling: pure, so every rule can be stated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee.pod.cooling.settings import CoolingSettings
from mallee.pod.cooling.supervisor import CoolingInput, CoolingState, RackHeat, SkidInput, step, taken_over
from mallee.pod.document import SkidSetPoints

SETTINGS = CoolingSettings()
maybe = st.none() | st.floats(-50, 100)


def one(name: str = "s", **values) -> SkidInput:
    return SkidInput(name=name, running=values.pop("running", True), **values)


def racks(heat_kW: float | None) -> tuple[RackHeat, ...]:
    """One rack whose power all goes into the coolant, at its rating."""
    rated = heat_kW or 1000.0
    return (RackHeat("r", heat_kW, rated, rated),)


@pytest.mark.parametrize(
    ("dew_points", "supply"),
    [([20.0], 37.0), ([36.0], 38.5), ([None, 36.0], 38.5), ([60.0], 45.0), ([None], 37.0)],
)
def test_supply_stays_above_the_dew_point_and_the_floor_below_45(dew_points, supply) -> None:
    skids = tuple(one(str(n), dew_point_degC=d) for n, d in enumerate(dew_points))
    _, wanted, _ = step(SETTINGS, CoolingState(), CoolingInput(skids=skids), 1.0)
    assert {points.supply_temperature_degC for points in wanted.values()} == {supply}


def test_heat_is_shared_by_the_skids_that_run() -> None:
    skids = (one("a"), one("b"), one("c", running=False))
    _, wanted, _ = step(SETTINGS, CoolingState(), CoolingInput(skids=skids, racks=racks(800.0)), 1.0)
    assert [wanted[name].heat_kW for name in "abc"] == [400.0, 400.0, None]


def test_no_feed_forward_without_knowledge_or_when_it_is_off() -> None:
    _, wanted, _ = step(SETTINGS, CoolingState(), CoolingInput(skids=(one(),)), 1.0)
    assert wanted["s"].heat_kW is None
    off = CoolingSettings(feed_forward=False)
    _, wanted, _ = step(off, CoolingState(), CoolingInput(skids=(one(),), racks=racks(800.0)), 1.0)
    assert wanted["s"].heat_kW is None


def test_the_trim_takes_out_droop_slowly() -> None:
    state, pressure = CoolingState(), 196.0
    for _ in range(600):
        state, wanted, _ = step(SETTINGS, state, CoolingInput(skids=(one(differential_pressure_kPa=pressure),)), 1.0)
        pressure = wanted["s"].differential_pressure_kPa - 4.0  # the skid's droop
    assert pressure == pytest.approx(200.0, abs=0.1)


def test_the_trim_rests_when_the_pressure_is_far_off() -> None:
    state = CoolingState(3.0)
    after, _, _ = step(SETTINGS, state, CoolingInput(skids=(one(differential_pressure_kPa=100.0),)), 1.0)
    assert after.trim_kPa == state.trim_kPa


@given(
    st.lists(st.tuples(st.booleans(), maybe, maybe), max_size=4),
    st.none() | st.floats(0, 5000),
    st.floats(-20, 20),
    st.floats(0, 100),
)
def test_any_input_gives_bounded_set_points(skids, heat, trim, dt_s) -> None:
    inputs = CoolingInput(
        skids=tuple(
            SkidInput(name=str(n), running=running, differential_pressure_kPa=pressure, dew_point_degC=dew_point)
            for n, (running, pressure, dew_point) in enumerate(skids)
        ),
        racks=racks(heat),
    )
    state, wanted, _ = step(SETTINGS, CoolingState(max(-10.0, min(10.0, trim))), inputs, dt_s)
    assert abs(state.trim_kPa) <= 10.0
    assert len(wanted) == len(skids)
    for points in wanted.values():
        assert 37.0 <= points.supply_temperature_degC <= 45.0
        assert 90.0 <= points.differential_pressure_kPa <= 210.0  # reset to half, and the trim
        assert points.heat_kW is None or points.heat_kW >= 0.0


def test_skids_are_told_of_heat_about_when_it_arrives() -> None:
    settings, state = CoolingSettings(heat_lag_s=8.0), CoolingState()
    told: list[float | None] = []
    for heat in [600.0] + [1000.0] * 24:
        state, wanted, _ = step(settings, state, CoolingInput(skids=(one(),), racks=racks(heat)), 1.0)
        told.append(wanted["s"].heat_kW)
    assert told[0] == 600.0  # nothing is known of before
    assert told[1] == pytest.approx(600.0 + 400.0 / 9.0)
    assert told[8] == pytest.approx(600.0 + 400.0 * (1.0 - (8.0 / 9.0) ** 8))
    assert told[24] == pytest.approx(1000.0, abs=25.0)


def test_heat_that_becomes_unknown_and_known_again_does_not_go_on_from_before() -> None:
    state = CoolingState(heat_kW=600.0)
    state, wanted, _ = step(SETTINGS, state, CoolingInput(skids=(one(),), racks=racks(None)), 1.0)
    assert wanted["s"].heat_kW is None
    _, wanted, _ = step(SETTINGS, state, CoolingInput(skids=(one(),), racks=racks(900.0)), 1.0)
    assert wanted["s"].heat_kW == 900.0


def test_heat_of_racks_that_are_not_known_counts_on_the_safe_side() -> None:
    def heat(*powers: float | None) -> float | None:
        return CoolingInput(racks=tuple(RackHeat(str(n), power, 120, 104) for n, power in enumerate(powers))).heat_kW

    assert heat(None, None) is None
    assert heat(60.0, None) == pytest.approx(52.0 + 104.0)


def loaded(*parts: float | None) -> tuple[RackHeat, ...]:
    return tuple(RackHeat(f"r{n}", None if p is None else 100.0 * p, 100.0, 90.0) for n, p in enumerate(parts))


def settled(settings: CoolingSettings, racks: tuple[RackHeat, ...], seconds: int = 300):
    inputs = CoolingInput(skids=(one(),), racks=racks)
    state, wanted, reasons = step(settings, CoolingState(), inputs, 1.0)
    for _ in range(seconds):
        state, wanted, reasons = step(settings, state, inputs, 1.0)
    return wanted["s"], {reason.of: reason for reason in reasons}


@pytest.mark.parametrize(
    ("parts", "pressure_kPa"),
    [((1.0, 0.2), 200.0), ((0.8, 0.2), 200.0 * 0.8**1.85), ((0.1, 0.1), 100.0), ((0.1, None), 200.0), ((), 200.0)],
)
def test_pressure_follows_the_most_loaded_rack(parts, pressure_kPa) -> None:
    """Flow in proportion to its power; never below half the pressure; a rack that is not known counts with its rating."""
    points, _ = settled(SETTINGS, loaded(*parts))
    assert points.differential_pressure_kPa == pytest.approx(pressure_kPa, rel=0.01)
    always, _ = settled(CoolingSettings(pressure_reset=False), loaded(*parts))
    assert always.differential_pressure_kPa == 200.0


def test_each_set_point_says_its_rule() -> None:
    _, reasons = settled(SETTINGS, loaded(0.8, 0.2))
    pressure = reasons["differential_pressure"]
    assert "the most loaded rack" in pressure.rule and pressure.lost[0].value == 100.0  # the floor
    assert next(each for each in pressure.inputs if each.name == "r0.load_averaged").value == pytest.approx(80.0)
    assert reasons["supply_temperature"].rule == "the setting" and reasons["operation"].rule == "all skids run"
    assert reasons["heat"].value == pytest.approx(90.0) and "equal share" in reasons["heat"].rule
    warm = (one("a", facility_supply_degC=30.0), one("b", facility_supply_degC=36.5, dew_point_degC=20.0))
    _, wanted, told = step(SETTINGS, CoolingState(), CoolingInput(skids=warm), 1.0)
    assert wanted["a"].supply_temperature_degC == 39.5 and "facility water" in told[0].rule
    assert [(each.name, each.value) for each in told[0].inputs] == [
        ("a.facility_supply_temperature", 30.0), ("b.facility_supply_temperature", 36.5),
    ]  # fmt: skip
    assert [(each.rule, each.value) for each in told[0].lost] == [
        ("the setting", 37.0), ("the warmest dew point plus 2.5 K", 22.5),
    ]  # fmt: skip


def test_a_rule_keeps_its_words_while_its_numbers_move() -> None:
    """Since when it sets the value, and what is noted of it, hang on that."""
    state = CoolingState()
    told = set()
    for second in range(60):
        skids = (one(differential_pressure_kPa=190.0 + second % 7),)
        state, _, reasons = step(SETTINGS, state, CoolingInput(skids=skids, racks=loaded(0.7 + second / 500, 0.2)), 1.0)
        told |= {(reason.of, reason.rule) for reason in reasons}
    assert len(told) == 4


def test_a_host_that_takes_over_moves_pressure_slowly_from_its_predecessors() -> None:
    state, wanted, _ = step(SETTINGS, CoolingState(), CoolingInput(skids=(one(),), racks=loaded(0.6)), 1.0)
    own_kPa = wanted["s"].differential_pressure_kPa
    state, before = taken_over(SETTINGS, state, 170.0), 170.0
    for _ in range(200):
        state, wanted, _ = step(SETTINGS, state, CoolingInput(skids=(one(),), racks=loaded(0.6)), 1.0)
        now = wanted["s"].differential_pressure_kPa
        assert abs(now - before) < 3.0
        before = now
    assert before == pytest.approx(own_kPa, abs=0.5)


def staged(load: float | None, seconds: int, state: CoolingState, skids=None):
    skids = skids or (one("a", run_h=10.0), one("b", run_h=20.0))
    racks = () if load is None else loaded(load)
    changes = []
    wanted: dict[str, SkidSetPoints] = {}
    for second in range(seconds):
        before = state.stage
        state, wanted, reasons = step(SETTINGS, state, CoolingInput(skids=skids, racks=racks), 1.0)
        if before is not None and state.stage is not None and before.off != state.stage.off:
            changes.append((second, next(r for r in reasons if r.of == "operation").rule))
    return state, wanted, changes


def test_the_skid_that_ran_longest_stands_by_after_five_minutes_of_little_load() -> None:
    state, wanted, changes = staged(0.3, 400, CoolingState())
    assert [second for second, _ in changes] == [299] and "b stands by" in changes[0][1]
    assert (wanted["a"].operation, wanted["b"].operation) == ("run", "standby")
    stopped = (one("a"), one("b", running=False, standing_by=True))
    state, _, changes = staged(0.42, 100, state, stopped)  # within the hysteresis
    assert changes == []
    state, wanted, changes = staged(0.5, 5, state, stopped)
    assert changes[0][0] == 0 and "above 44%" in changes[0][1] and wanted["b"].operation == "run"


@pytest.mark.parametrize("load", [0.3, 0.5])
def test_load_that_swings_across_the_threshold_stages_nothing(load) -> None:
    state = CoolingState()
    for _ in range(100):
        state, _, first = staged(0.30, 12, state)
        state, _, second = staged(0.50, 1, state)
        assert not first and not second


def test_the_skid_that_stands_by_runs_at_once_when_the_other_is_lost_or_the_load_unknown() -> None:
    state, _, _ = staged(0.3, 400, CoolingState())
    lost = (one("a", answering=False), one("b", running=False, standing_by=True))
    _, wanted, changes = staged(0.3, 1, state, lost)
    assert wanted["b"].operation == "run" and "no other skid is able" in changes[0][1]
    _, wanted, changes = staged(None, 1, state, (one("a"), one("b", running=False, standing_by=True)))
    assert wanted["b"].operation == "run" and "not known" in changes[0][1]


def test_a_new_host_leaves_in_standby_what_is() -> None:
    stopped = (one("a"), one("b", running=False, standing_by=True))
    _, wanted, changes = staged(0.3, 10, CoolingState(), stopped)
    assert wanted["b"].operation == "standby" and changes == []
