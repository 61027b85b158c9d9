"""What `mallee update status` says of a controller."""

import msgspec
import pytest
from mallee.deploy.updating.registers import Said
from mallee.deploy.updating.reporting import Running, row

SAID = Said(
    state="idle", refusal="none", outcome="none", application="flashed", confirmed="flashed", policy=frozenset({"keyed"}),
    received_bytes=0, wanted=(), trial_remaining_s=None, failed_starts=0, board="virtual",
)  # fmt: skip


@pytest.mark.parametrize(("register", "failed"), [(0, 0), (1, 0), (2, 1), (5, 4)])
def test_the_start_that_has_not_lasted_yet_has_not_failed(register, failed):
    said = msgspec.structs.replace(SAID, failed_starts=register)
    assert row(Running(name="pdu-a1", said=said))["failed_starts"] == failed


def test_who_does_not_answer_has_no_numbers():
    told = row(Running(name="pdu-a1", error="no answer"))
    assert told["failed_starts"] is None and told["error"] == "no answer"
