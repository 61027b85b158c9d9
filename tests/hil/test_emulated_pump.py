"""The pump skid on stock MicroPython, on an emulated Pico: fits, starts, ticks, and stays within its budgets."""

import pytest
from mallee.hil.emulated.costs import TICKS_WRAP_us, lateness_us

from .started import Started

# A second of the board's time takes this machine twenty.
pytestmark = [pytest.mark.timeout(600), pytest.mark.emulated]


@pytest.fixture(scope="module")
def skid(image) -> Started:
    return Started(image, "pump")


def test_it_runs_and_leaves_heap(skid):
    assert "KeyboardInterrupt" in skid.ended, skid.ended
    assert skid.rig.pico.resets == 0
    assert skid.costs["free"][0] >= 80_000


def test_it_ticks_a_thousand_times_a_second_across_the_wrap_of_its_clock(skid):
    moments = skid.sampled_us[12:]  # the first ones are the start's own
    assert moments[0] < TICKS_WRAP_us < moments[-1]
    assert len(moments) >= (moments[-1] - moments[0]) / 1000 - 1
    assert lateness_us(moments) <= 100


def test_the_tick_without_the_heap_and_within_its_budget(skid):
    assert skid.costs["tick_allocates"][0] == 0
    assert skid.costs["tick"][1] <= 300


def test_regulation_and_modbus_within_their_budgets(skid):
    assert skid.costs["regulate"][1] <= 8000
    assert skid.costs["housekeep"][1] <= 3000  # while it lasts, nobody listens to the bus
    assert skid.costs["modbus"][1] <= 1500
    assert skid.costs["modbus_allocates"][0] == 0


def test_a_dry_tank_stops_the_pumps(skid):
    assert skid.rig.console.run("print(p.stopped_bits)").strip() == "1"
