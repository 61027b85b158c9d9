"""What a controller does when nobody looks after it: a lost lease, a lost supply, a lost converter."""

from __future__ import annotations

import pytest
from mallee.device.remote import Grant

LEASE_S = 2
HOST = 7
OFF_S = 2.0


async def _take_lease(device) -> None:
    epoch = (await device.read("lease_epoch")).value or 0
    points = await device.read_remote()
    await device.write_remote(Grant(holder=HOST, epoch=epoch + 1, seconds=LEASE_S), points)


@pytest.mark.needs("bus")
@pytest.mark.profile("pdu", "pump")
def test_a_lost_lease_leads_back_to_its_own_set_points(controller, measure):
    hold_s = controller.value("lease_hold")
    controller.write(lease_hold=0)
    try:
        controller.do(_take_lease)
        controller.wait_until("lease_state", "active", within_s=1)
        assert controller.value("state") == "leased" and controller.value("lease_holder") == HOST
        lost_s = controller.wait_until("state", "local", within_s=LEASE_S + 2)
        measure("lease lost after", lost_s, unit="s", at_least=LEASE_S - 1.0, at_most=LEASE_S + 1.0)
        controller.wait_for_alarm("lease_lost", within_s=2)
    finally:
        controller.write(lease_hold=hold_s)


@pytest.mark.needs("bus", "power")
@pytest.mark.profile("pdu")
def test_a_power_cycle_is_silence_and_then_an_entry_in_the_journal(board, controller, power):
    before_s = controller.number("uptime")
    power.off()
    board.run(OFF_S)
    assert not board.unit.answers()
    power.on()
    assert power.wait() < before_s + OFF_S
    last = [entry for entry in controller.journal() if entry.kind == "start"][-1]
    assert last.what == "power_on"
    assert controller.value("reset_reason") == "power_on"


@pytest.mark.needs("faults")
@pytest.mark.profile("pdu", "pump")
def test_without_converters_its_console_says_why_it_protects_nothing(dut, faults, controller):
    faults.begin("controller_converters_lost")
    dut.expect("no converter for the .*: not fitted", timeout=300)
    controller.wait_until("safe_reason", "no_converter", within_s=10)
