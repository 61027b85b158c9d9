"""`mallee flash` on an emulated Pico with stock MicroPython: installs, changes, resumes, refuses, and never half-applies."""

import pytest
from mallee.deploy.build import build
from mallee.deploy.flashing.confirming import at_console
from mallee.deploy.flashing.console import Console
from mallee.deploy.flashing.install import install, listen, look
from mallee.deploy.identity import Who
from mallee.deploy.updating.keyfiles import KeyFiles
from mallee.deploy.updating.keys import on_controller, read_keys
from mallee.errors import ExitCode, MalleeError
from mallee.hil.emulated import littlefs
from mallee.hil.emulated.boards import PduBench
from mallee.hil.emulated.flash import install as emulated_install
from mallee.hil.emulated.pico import Pico
from mallee.hil.emulated.usb import EmulatedDoor

from .flashing import OTHER, SMALL, WHO, Silent, WeakDoor, bundle_of, files_on, flashed, listed, powered, run_for

STARTED_us = 2_600_000  # from power-on to the main loop
CHOSEN_us = 300_000  # to the small bundle's application
# A second of the board's time takes this machine about twenty.
pytestmark = [pytest.mark.timeout(600), pytest.mark.emulated]


@pytest.fixture(scope="module")
def small(image):
    """A board with the small bundle and a file of a person's on it."""
    pico = powered(image)
    console = Console(EmulatedDoor(pico))
    console.open()
    console.run(
        "f=open('settings.a','wb')\nf.write(b'mine')\nf.close()\nimport os\nos.mkdir('pdu')\nopen('pdu/old.py','w').close()"
    )
    console.close()
    job, _ = flashed(pico, SMALL)
    assert not job.state.running and "pdu/old.py" in job.plan.remove
    return pico


def _runs_application(pico: Pico) -> bool:
    run_for(pico, CHOSEN_us)  # to open the console interrupts whatever runs
    console = Console(EmulatedDoor(pico))
    console.open()
    said = console.run("import sys\nprint('application' in sys.modules)")
    console.close()
    return said == "True\n"


def test_what_was_installed_is_there_and_starts(small):
    pico = powered(small)
    assert _runs_application(pico)
    found = files_on(pico)
    assert {path: found[path] for path in SMALL.contents} == SMALL.contents
    assert found["settings.a"] == b"mine" and b"UNIT = 11" in found["build_info.py"]
    assert set(found) == {*SMALL.contents, "settings.a", "build_info.py"}


def test_a_second_time_nothing_is_written_and_the_identity_is_kept(small):
    pico = powered(small)
    before = files_on(pico)
    job, progress = flashed(pico, SMALL, Who())
    assert job.plan.nothing and progress.copied == [] and job.who.name == "pdu-a1"
    assert pico.resets == 1  # it starts again: it was interrupted in order to ask
    assert files_on(pico) == before


def test_another_profile_copies_only_what_differs(small):
    pico = powered(small)
    _, progress = flashed(pico, OTHER, Who(unit=12))
    assert set(progress.copied) == {"pump/profile.mpy", "build_info.new", "main.new"}
    found = files_on(pico)
    assert set(found) == {*OTHER.contents, "settings.a", "build_info.py"}
    assert b"UNIT = 12" in found["build_info.py"] and b"pdu-a1" in found["build_info.py"]


def test_a_device_key_is_kept_there_and_here(small, tmp_path):
    """`--keys`: a new one is made once; whoever flashes without it takes nothing away."""
    pico, place = powered(small), tmp_path / "keys.toml"
    keys = KeyFiles(place, allow_unsigned=False, allow_older=True)
    keys.keep(look(EmulatedDoor(pico), SMALL, Who(), keys.files).who)
    _, progress = flashed(pico, SMALL, Who(), keys)
    made = on_controller(read_keys(place)["pdu-a1"], allow_older=True)
    assert progress.copied == ["device.key", "main.new"] and files_on(pico)["device.key"] == made
    for again in (None, KeyFiles(place, allow_unsigned=False, allow_older=True)):
        job, _ = flashed(pico, SMALL, Who(), again)
        assert job.plan.nothing
    assert files_on(pico)["device.key"] == made
    policy = KeyFiles(None, allow_unsigned=True, allow_older=False)
    with pytest.raises(MalleeError, match="has a device key"):
        policy.check(look(EmulatedDoor(pico), SMALL, Who(), policy.files).state.files)


@pytest.fixture(scope="module")
def bytes_of_change(small) -> int:
    """What the host sends to the board in order to make it the other profile."""
    door = WeakDoor(powered(small), 1_000_000)
    install(door, OTHER, WHO, Silent())
    return 1_000_000 - door.bytes_left


@pytest.mark.parametrize("part", [0.02, 0.35, 0.5, 0.65, 0.8, 0.98])
def test_a_pulled_cable_is_resumed_by_the_same_command(small, bytes_of_change, part):
    """Wherever it is pulled: the board has its old application whole, the new one whole, or a bare prompt."""
    pico = powered(small)
    with pytest.raises(MalleeError) as raised:
        install(WeakDoor(pico, int(part * bytes_of_change)), OTHER, WHO, Silent())
    assert raised.value.code == ExitCode.NO_ANSWER and "same command" in raised.value.next
    cut = files_on(powered(pico))
    if "main.py" in cut:
        assert any({p: cut.get(p) for p in made.contents} == made.contents for made in (SMALL, OTHER))
    flashed(pico, OTHER)  # the board was never without power: it still waits for the rest of a block
    assert set(files_on(pico)) == {*OTHER.contents, "settings.a", "build_info.py"}


def test_an_altered_file_is_noticed(small):
    pico = powered(small)
    console = Console(EmulatedDoor(pico))
    console.open()
    console.run("f=open('core/bytes.mpy','r+b')\nf.seek(9)\nf.write(b'x')\nf.close()")
    console.close()
    job, _ = flashed(pico, SMALL)
    assert job.plan.write == ("core/bytes.mpy",)
    assert files_on(pico)["core/bytes.mpy"] == SMALL.contents["core/bytes.mpy"]


def test_an_application_that_ends_is_told(small):
    pico = powered(small)
    door = EmulatedDoor(pico)
    console = Console(door)
    console.open()
    console.run("f=open('application.py','w')\nf.write('import nothing_like_it')\nf.close()")
    console.reset()
    with pytest.raises(MalleeError) as raised:
        at_console(listen(door))
    assert "nothing_like_it" in raised.value.what


FILL = """
import os
def fill(left):
 f=open('log.csv','wb');b=bytes(16384)
 for i in range((os.statvfs('/')[3]-left)//4):f.write(b)
 f.close()
"""


@pytest.fixture(scope="module")
def crowded(small):
    """The small board, with a log of somebody's that leaves some ten blocks."""
    pico = powered(small)
    console = Console(EmulatedDoor(pico))
    console.open()
    console.run(FILL + "fill(10)")
    console.close()
    return pico


LARGER = bundle_of("pdu", {**SMALL.contents, **{f"core/table{n}.mpy": bytes(5000) for n in range(8)}})


def test_too_little_space_is_told_before_anything_is_touched(crowded):
    pico = powered(crowded)
    before = listed(pico).files
    with pytest.raises(MalleeError) as raised:
        install(EmulatedDoor(pico), LARGER, WHO, Silent())
    assert raised.value.code == ExitCode.REFUSED and "log.csv" in raised.value.likely, raised.value
    assert pico.resets == 1 and "nothing was changed" in raised.value.next  # it starts again: it was interrupted
    assert _runs_application(pico)
    assert listed(pico).files == before


def test_a_file_system_that_fills_up_in_the_middle_is_resumed_when_there_is_room(crowded, monkeypatch):
    pico = powered(crowded)
    monkeypatch.setattr("mallee.deploy.flashing.install.check_space", lambda *anything: None)
    with pytest.raises(MalleeError) as raised:
        install(EmulatedDoor(pico), LARGER, WHO, Silent())
    assert raised.value.code == ExitCode.REFUSED and "core/table" in raised.value.what and "full" in raised.value.what
    monkeypatch.undo()
    assert "main.py" not in listed(pico).files
    with pytest.raises(MalleeError):  # and the check knows it, too
        install(EmulatedDoor(pico), LARGER, WHO, Silent())
    console = Console(EmulatedDoor(pico))
    console.open()
    console.run("import os\nos.remove('log.csv')")
    console.close()
    flashed(pico, LARGER, Who())
    found = files_on(pico)
    assert {path: found[path] for path in LARGER.contents} == LARGER.contents and found["settings.a"] == b"mine"


@pytest.fixture(scope="module")
def running(image):
    """A PDU that mallee flash installed, running, its watchdog armed."""
    pico = powered(image)
    PduBench(pico)
    began = pico.now_us
    job, _ = flashed(pico, build("rp2_pico", "pdu"))
    spent = pico.now_us - began
    print(f"\ninstalling took {spent / 1e6:.2f} s of the board's time")
    run_for(pico, STARTED_us)
    return pico, job, spent


def test_the_shipped_bundle_installs_quickly(running):
    _, job, spent = running
    assert len(job.rows) > 30 and all(row.action == "written" for row in job.rows)
    spent -= 4_000 * len(job.wanted)  # microseconds a file: looked up, opened, closed, hashed
    assert spent <= 18 * sum(len(data) for data in job.wanted.values())  # and a byte


def test_a_running_controller_is_stopped_and_flashed(running):
    """With its hard tick, its watchdog and its bus: interrupted, asked, started again; then stopped, and made another."""
    pico, _, _ = running
    asked = look(EmulatedDoor(pico), build("rp2_pico", "pdu"), Who())
    assert asked.state.running and asked.state.watchdog and asked.plan.nothing
    assert pico.resets == 2
    run_for(pico, STARTED_us)
    job, progress = flashed(pico, build("rp2_pico", "pump"), Who(unit=3))
    assert job.state.running and job.state.watchdog  # it had started again
    assert pico.resets == 4  # ours, before and after; never the watchdog's
    assert "core/loop.mpy" not in progress.copied and "pump/profile.mpy" in progress.copied
    assert {"pdu/profile.mpy", "maps/pdu.mpy"} <= set(job.plan.remove)
    found = listed(pico)
    assert not any(path.startswith("pdu/") for path in found.files) and "UNIT = 3\n" in found.info
    assert {path: found.files[path][0] for path in job.wanted} == {p: len(data) for p, data in job.wanted.items()}


def test_a_file_system_made_on_this_computer_is_one_to_the_board(image, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # nothing of an earlier run
    if littlefs.made({"x": b""}) is None:
        pytest.skip("no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON")
    files = {path: data for path, data in SMALL.contents.items() if path != "application.py"}
    board = powered(emulated_install(image, files))
    assert files_on(board) == files
