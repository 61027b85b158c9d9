"""An update over the bus on an emulated Pico with stock MicroPython: brought, started on trial, proven; one that cannot start
goes back; and the power cut at every write to the flash. One controller lives through both, and all tests look at that."""

from __future__ import annotations

import pytest
from mallee.deploy.build import Bundle
from mallee.deploy.updating.registers import look
from mallee.errors import ExitCode

from .cuts import Looked
from .lived import FIRMWARE, Lived, SECOND_s, live, spread, unlike
from .updating import Rig, newer

# A second of the board's time takes this machine ten to twenty.
pytestmark = [pytest.mark.timeout(1800), pytest.mark.emulated]

LEAST = 500  # writes of an update: what differs is little, but a slot is filled


@pytest.fixture(scope="module")
def lived(image) -> Lived:
    return live(image)


@pytest.fixture(scope="module")
def looked(lived, tmp_path_factory) -> Looked:
    return lived.look(tmp_path_factory.mktemp("cuts"))


def test_it_is_brought_started_proven_and_stays(lived):
    """Only what differs is sent: a module, and what says the version."""
    good = lived.good
    assert good.error is None and good.sent_files == 2
    said = good.said
    assert (said.application, said.confirmed, said.outcome, said.state) == ("slot_a", "slot_a", "confirmed", "idle")
    assert good.firmware == FIRMWARE["new"]


def test_what_cannot_start_goes_back_by_itself(lived):
    bad = lived.bad
    assert bad is not None and bad.error is not None
    assert bad.error.code == ExitCode.FINDINGS and "did not start" in bad.error.what
    said = bad.said
    assert (said.application, said.confirmed, said.outcome) == ("slot_a", "slot_a", "did_not_start")
    assert bad.sent_files == 2 and bad.firmware == FIRMWARE["new"]  # the application, the module


def test_a_cut_at_every_write_leaves_the_old_or_the_new_application(lived, looked):
    print(f"{len(looked.outcomes)} cuts:", looked.told())
    assert not looked.failures
    assert len(lived.good.writes) > LEAST
    assert set(looked.told()) == {"old old", "new? old", "new new"}
    assert (looked.outcomes[0], looked.outcomes[-1]) == ("old old", "new new")
    assert {write.step for write in lived.good.writes} == {"begin", "manifest", "compare", "files", "start", "proof"}


def test_a_cut_at_every_write_of_an_update_that_goes_back_leaves_one_of_them_too(lived, tmp_path):
    found = lived.look_at_bad(tmp_path)
    print(f"{len(found.outcomes)} cuts:", found.told())
    assert not found.failures
    assert set(found.told()) == {"old old", "new? old"} and found.outcomes[-1] == "old old"


def test_the_judge_of_cuts_sees_what_is_wrong(lived, tmp_path):
    """Told of another new application, or of another chooser, than there is."""
    end = lived.good._replace(before=lived.left_by(2 * len(lived.good.writes)), writes=[])
    found = lived._replace(good=end, good_release=newer(lived.bundle, SECOND_s)).look(tmp_path)
    assert found.outcomes == ["failed"] and "slot_a/board.mpy is another one" in found.failures[0][1]
    other = Bundle(lived.bundle.manifest, {**lived.bundle.contents, "slots.mpy": b"another"})
    found = lived._replace(good=end, bundle=other).look(tmp_path)
    assert found.outcomes == ["failed"] and "slots.mpy is another one" in found.failures[0][1]


def test_after_cuts_of_every_step_it_answers(lived, looked):
    """Boards, not only file systems: stock MicroPython mounts it, the chooser on it chooses, the application answers."""
    tried = spread(lived, looked)
    assert len(tried) >= 9
    found = {name: unlike(lived.left_by(cut), looked.outcomes[cut]) for name, cut in tried.items()}
    assert not any(found.values()), found


def test_after_a_cut_it_is_brought_again(lived):
    """Of what was there nothing is sent once more."""
    torn = [2 * number + 1 for number, write in enumerate(lived.good.writes) if write.step == "compare"]
    rig = Rig(lived.left_by(torn[len(torn) // 2]))

    async def again():
        session = rig.session(await rig.connected(), lived.good_release)
        await session.bring()
        await session.start()
        return session, await look(session.device)

    session, said = rig.run(again)
    assert session.sent_files == 2 and (said.state, said.application) == ("trial", "slot_a")
