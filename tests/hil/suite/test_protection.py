"""Protection and alarms, by values that come from a plant or are set by hand."""

from __future__ import annotations

import pytest

BRANCH = 3
SHORT_A = 700.0
TOO_HIGH_kPa = 700.0
BURST_ms = 10.0


@pytest.mark.profile("pdu")
def test_a_short_circuit_opens_its_branch_and_is_recorded(board, controller, disturb, measure):
    branch = f"branch.{BRANCH}"
    controller.wait_until(f"{branch}.state", "closed", within_s=20)
    disturb(f"{branch}.current", SHORT_A)
    controller.wait_for_alarm(f"instantaneous_trip.{BRANCH}", within_s=2)
    assert controller.value(f"{branch}.state") == "tripped"
    assert controller.value("tripped") == {f"branch_{BRANCH}"}
    board.run(1.0)
    recording = controller.recording()
    assert recording is not None and recording.tripped == (f"{branch}.current",)
    samples = recording.samples[recording.channels.index(f"{branch}.current")]
    over = [at for at, value in enumerate(samples) if value is not None and value > SHORT_A / 2]
    measure("current flowed for", len(over) * recording.sample_period_us / 1000, unit="ms", at_most=BURST_ms)


@pytest.mark.profile("pump")
def test_too_much_supply_pressure_stops_the_skid(controller, disturb):
    controller.wait_until("supply_pressure", lambda value: value is not None, within_s=2)
    disturb("supply_pressure", TOO_HIGH_kPa)
    controller.wait_for_alarm("supply_pressure_stop", within_s=3)
    controller.wait_until("state", "tripped", within_s=2)


@pytest.mark.needs("faults")
@pytest.mark.profile("pump")
def test_an_open_sensor_is_dropped_and_told_and_comes_back(controller, faults):
    with faults.begin("sensor_open", "supply_temperature_1"):
        controller.wait_for_alarm("supply_sensor_fault.1", within_s=5)
        assert controller.value("supply_temperature_sensor.1") is None
        assert controller.value("supply_temperature") is not None, "the other two vote"
    controller.wait_for_alarm("supply_sensor_fault.1", active=False, within_s=15)


@pytest.mark.needs("plant")
@pytest.mark.profile("pump")
def test_less_load_is_cooled_by_less_water(board, controller, plant):
    valve = controller.number("valve_position")
    plant.load = 0.5
    board.run(60)
    assert controller.number("valve_position") < valve
    assert controller.number("supply_temperature") == pytest.approx(plant.supply_temperature_degC, abs=1.5)
