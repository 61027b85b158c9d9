"""Who it is, and that everything it says it has can be read and written within its limits."""

from __future__ import annotations

import pytest
from mallee.errors import MalleeError
from mallee.link import pdus
from mallee.link.failures import Refused

pytestmark = [pytest.mark.needs("bus"), pytest.mark.profile("pdu", "pump")]

HOLD_MAX_S = 3600
ILLEGAL_VALUE = 3


def test_it_says_what_it_is(board, controller):
    identity = controller.identity
    assert identity.profile == board.profile == controller.profile
    assert identity.unit == board.unit.unit
    assert identity.serial_number


def test_every_register_is_readable(controller, measure):
    found = controller.read_all()
    assert not found.failures
    assert len(found) == len(controller.dictionary.points)
    free = found["heap_free"]
    measure("heap_free", free, at_least=1.0)


def test_a_setting_is_written_and_read_back(controller):
    before = controller.value("lease_hold")
    written = 42 if before != 42 else 43
    try:
        assert controller.write(lease_hold=written).value("lease_hold") == written
        assert controller.value("lease_hold") == written
    finally:
        controller.write(lease_hold=before)


def test_beyond_a_limit_nothing_is_written(bus, controller):
    """Neither by the host, which knows the limit, nor by somebody who does not."""
    before = controller.value("lease_hold")
    with pytest.raises(MalleeError, match="lease_hold"):
        controller.write(lease_hold=HOLD_MAX_S + 1)
    point = controller.dictionary.by_name["lease_hold"]
    with pytest.raises(Refused) as refused:
        bus.ask(pdus.encode(pdus.write_registers(point.address, [HOLD_MAX_S + 1])))
    assert refused.value.exception_code == ILLEGAL_VALUE
    assert controller.value("lease_hold") == before
