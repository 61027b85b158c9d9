"""The PDU on stock MicroPython, on an emulated Pico: fits, starts, ticks, trips, and stays within its budgets."""

import pytest
from mallee.hil.emulated.costs import TICKS_WRAP_us, lateness_us

from .started import Started

# A second of the board's time takes this machine twenty.
pytestmark = [pytest.mark.timeout(600), pytest.mark.emulated]


@pytest.fixture(scope="module")
def pdu(image) -> Started:
    return Started(image, "pdu")


def test_it_runs_and_leaves_heap(pdu):
    assert "KeyboardInterrupt" in pdu.ended, pdu.ended
    assert pdu.rig.pico.resets == 0
    assert pdu.costs["free"][0] >= 80_000


def test_it_ticks_a_thousand_times_a_second_across_the_wrap_of_its_clock(pdu):
    moments = pdu.sampled_us[12:]  # the first ones are the start's own
    assert moments[0] < TICKS_WRAP_us < moments[-1]
    assert len(moments) >= (moments[-1] - moments[0]) / 1000 - 1
    assert lateness_us(moments) <= 100


def test_the_tick_within_its_budget_and_without_the_heap(pdu):
    assert pdu.costs["tick"][1] <= 400
    assert pdu.costs["tick_allocates"][0] == 0  # its counters included, where they would leave the small integers


def test_an_overcurrent_opens_its_branch_within_three_milliseconds(pdu):
    moment, bits = pdu.opened[0]
    assert bits == 1 << 2
    assert moment - pdu.injected_us <= 3000


def test_regulation_and_modbus_within_their_budgets(pdu):
    assert pdu.costs["regulate"][1] <= 8000
    assert pdu.costs["housekeep"][1] <= 3000  # while it lasts, nobody listens to the bus
    assert pdu.costs["modbus"][1] <= 1500 and pdu.costs["modbus_registers"][0] == 125
    assert pdu.costs["modbus_allocates"][0] == 0
