"""A short circuit behind a branch, and a lost supply. Needs no knowledge of the board: what it does not have is skipped."""

import pytest

BRANCH = "branch.3"
SHORT_CIRCUIT_A = 700.0
STORE = 0xC0DE  # docs/registers.md, `commit`


@pytest.mark.profile("pdu")
@pytest.mark.needs("faults", "plant")
def test_a_short_circuit_is_cleared_in_time(board, controller, faults, measure):
    controller.wait_until(f"{BRANCH}.state", "closed", within_s=30)
    faults.begin("branch_overload", "3", by_A=SHORT_CIRCUIT_A)
    controller.wait_for_alarm("instantaneous_trip.3", within_s=2)

    board.run(1)  # the recording is whole half a second after its trip
    recording = controller.recording()
    assert recording is not None and recording.tripped == (f"{BRANCH}.current",)
    amps = recording.samples[recording.channels.index(f"{BRANCH}.current")]
    flowed = [value for value in amps if value is not None and value > SHORT_CIRCUIT_A / 2]
    measure("short circuit flowed for", len(flowed) * recording.sample_period_us / 1000, unit="ms", at_most=10)
    assert [entry.what for entry in controller.journal()].count("instantaneous_trip.3") == 1


@pytest.mark.needs("power")
def test_settings_outlive_a_lost_supply(controller, power, measure):
    before = controller.value("lease_hold")
    try:
        controller.write(lease_hold=before + 1)
        controller.write(commit=STORE)
        power.cycle(off_s=2)
        measure("uptime behind a power cycle", controller.read("uptime"), at_most=10)
        assert controller.value("reset_reason") == "power_on"
        assert controller.value("lease_hold") == before + 1
    finally:
        controller.write(lease_hold=before)
        controller.write(commit=STORE)


@pytest.mark.profile("pdu")
def test_every_branch_is_metered(controller, measure):
    for branch in range(1, 9):
        measure(f"voltage of branch {branch}", controller.read(f"branch.{branch}.voltage.1"), at_least=207, at_most=253)
        controller.read(f"branch.{branch}.current")
