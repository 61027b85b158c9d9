"""An update over the bus on an emulated Pico with stock MicroPython: one that cannot start goes back; one is brought, started on
trial, proven; and the power cut at every write to the flash. One controller lives through both, and all tests look at that."""

from __future__ import annotations

import pytest
from mallee.deploy.build import Bundle
from mallee.deploy.updating.registers import look
from mallee.errors import ExitCode
from mallee.hil.emulated.pico import STACK_bytes, STACK_SPARE_bytes

from .cuts import Looked
from .lived import FIRMWARE, Lived, SECOND_s, live, spread, unlike
from .updating import Rig, newer

# A second of the board's time takes this machine ten to twenty.
pytestmark = [pytest.mark.timeout(3600), pytest.mark.emulated]

LEAST = 100  # writes of an update of which most is there


@pytest.fixture(scope="module")
def lived(image, tmp_path_factory) -> Lived:
    return live(image, tmp_path_factory.mktemp("board"))


@pytest.fixture(scope="module")
def bad(lived, tmp_path_factory) -> Looked:
    return lived.look(lived.bad, tmp_path_factory.mktemp("bad"))


@pytest.fixture(scope="module")
def good(lived, tmp_path_factory) -> Looked:
    return lived.look(lived.good, tmp_path_factory.mktemp("good"))


def test_what_cannot_start_goes_back_by_itself(lived):
    """Only what differs was sent: the application, two modules, and what says the version."""
    found = lived.bad.recorded
    assert found.error is not None
    assert found.error.code == ExitCode.FINDINGS and "did not start" in found.error.what
    said = found.said
    assert (said.application, said.confirmed, said.outcome) == ("flashed", "flashed", "did_not_start")
    assert found.sent_files == 4 and found.firmware == FIRMWARE["old"]
    assert found.restarts == 2 and "Traceback" in found.printed  # the restart cuts off the rest of it


def test_one_is_brought_started_proven_and_stays(lived):
    """What the one before brought is there, and what it changed is taken from the application that runs: a module is sent."""
    found = lived.good.recorded
    assert found.error is None and found.sent_files == 1
    said = found.said
    assert (said.application, said.confirmed, said.outcome, said.state) == ("slot_a", "slot_a", "confirmed", "idle")
    assert found.firmware == FIRMWARE["new"] and found.restarts == 1


def test_the_hard_tick_has_room_on_the_stack_throughout(lived):
    """One that had not would raise, and MicroPython would never call it again."""
    for update in (lived.bad, lived.good):
        found = update.recorded
        print(f"{found.stack_bytes} bytes of {STACK_bytes} on the stack at most")
        assert 0 < found.stack_bytes < STACK_bytes - STACK_SPARE_bytes
        assert "Uncaught" not in found.printed, found.printed


def test_a_cut_at_every_write_leaves_the_old_or_the_new_application(lived, bad, good):
    for looked in (bad, good):
        print(f"{len(looked.outcomes)} cuts:", looked.told())
        assert not looked.failures
    assert len(lived.bad.recorded.writes) > LEAST
    assert set(bad.told()) == {"old old", "new? old"} and bad.outcomes[-1] == "old old"
    assert set(good.told()) == {"old old", "new? old", "new new"} and good.outcomes[-1] == "new new"
    steps = {write.step for update in (lived.bad, lived.good) for write in update.recorded.writes}
    assert steps >= {"begin", "manifest", "compare", "files", "start", "proof"}


def test_the_judge_of_cuts_sees_what_is_wrong(lived, tmp_path):
    """Told of another new application, or of another chooser, than there is."""
    update = lived.good
    end = update.recorded._replace(before=update.left_by(2 * len(update.recorded.writes)), writes=[])
    found = lived.look(update._replace(recorded=end, release=newer(lived.bundle, SECOND_s + 1)), tmp_path)
    assert found.outcomes == ["failed"] and "slot_a/board.mpy is another one" in found.failures[0][1]
    other = Bundle(lived.bundle.manifest, {**lived.bundle.contents, "slots.mpy": b"another"})
    found = lived._replace(bundle=other).look(update._replace(recorded=end), tmp_path)
    assert found.outcomes == ["failed"] and "slots.mpy is another one" in found.failures[0][1]


def test_after_cuts_of_every_step_it_answers(lived, bad, good):
    """Boards, not only file systems: stock MicroPython mounts it, the chooser on it chooses, the application answers."""
    found = {name: unlike(*left) for name, left in spread(lived, bad, good).items()}
    assert not any(found.values()), found


def test_after_a_cut_it_is_brought_again(lived):
    """All that was there is recognised, but for the file that was cut off."""
    torn = lived.good.torn("files")
    rig = Rig(lived.good.left_by(torn[len(torn) // 2]))

    async def again():
        session = rig.session(await rig.connected(), lived.good.release)
        await session.bring()
        return session, await look(session.device)

    session, said = rig.run(again)
    assert session.sent_files == 1 and said.state == "ready"
