"""`mallee flash` without a board: plans, refusals, bundles that are not to be trusted, who a controller is, the command line."""

import hashlib
import subprocess
from pathlib import Path
from typing import cast

import cbor2
import msgspec
import pytest
from mallee.cli import flash as command
from mallee.cli import main
from mallee.deploy import board as boards
from mallee.deploy.build import MANIFEST, STARTER, Bundle, File, Manifest, write
from mallee.deploy.flashing import on_board, ports
from mallee.deploy.flashing.bundles import read_bundle
from mallee.deploy.flashing.confirming import at_console, bus_address
from mallee.deploy.flashing.console import BoardRaised, Console
from mallee.deploy.flashing.fitting import check_fit, check_space
from mallee.deploy.flashing.plan import make_plan, rows
from mallee.deploy.flashing.state import BoardState, hashes, survey
from mallee.deploy.flashing.transfer import blocks_of, explained, write_files
from mallee.deploy.identity import Who, build_info, check, known_from, merged
from mallee.errors import ExitCode, MalleeError

from ..conftest import ROOT
from .sim.worlds import needs_micropython

CONTENTS = {
    "main.py": STARTER,
    "application.mpy": b"M\x06app",
    "core/bank.mpy": b"M\x06bank",
    "pdu/profile.mpy": b"M\x06pdu",
}
WANTED = {**CONTENTS, "build_info.py": b"UNIT = 1\n"}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def bundle(**changes: object) -> Bundle:
    made = Manifest(
        format=1, mallee="0.1.0", board="rp2_pico", profile="pdu", architecture="armv6m", mpy="6.3", map_version=(1, 1),
        dictionary_hash=7, files=tuple(File(path, len(data), digest(data)) for path, data in CONTENTS.items()),
    )  # fmt: skip
    return Bundle(msgspec.structs.replace(made, **changes), CONTENTS)


def state(files: dict[str, bytes] | None = None, folders: tuple[str, ...] = (), **changes: object) -> BoardState:
    """A stock Pico with `files`."""
    held = {path: (len(data), digest(data)) for path, data in (files or {}).items()}
    return BoardState(
        version=(1, 25, 0), machine="Raspberry Pi Pico with RP2040", build="RPI_PICO", mpy=4870, serial="e6614104",
        block_bytes=4096, free_bytes=1_400_000, running=False, watchdog=False, info="", files=held, folders=frozenset(folders),
    )._replace(**changes)  # fmt: skip


# What is done.


def test_an_empty_board_gets_everything_and_main_last():
    plan = make_plan(WANTED, state())
    assert plan.write == ("application.mpy", "core/bank.mpy", "pdu/profile.mpy")
    assert plan.last == ("build_info.py", "main.py") and plan.make_folders == ("core", "pdu")


def test_nothing_to_do_where_all_is_there():
    plan = make_plan(WANTED, state(WANTED, ("core", "pdu")))
    assert plan.nothing and not plan.make_folders and set(plan.keep) == set(WANTED)


def test_only_what_differs_and_main_with_it():
    plan = make_plan(WANTED, state({**WANTED, "core/bank.mpy": b"M\x06bunk"}, ("core", "pdu")))
    assert plan.write == ("core/bank.mpy",) and plan.last == ("main.py",)


def test_what_is_not_ours_stays_and_what_was_ours_goes():
    others = dict.fromkeys(
        ("settings.a", "settings.b", "retained.bin", "boot.py", "lib/foo.py", "core/notes.txt", "x.mpy"), b"x"
    )
    stale = dict.fromkeys(("pump/profile.mpy", "core/old.mpy", "application.py", "core/bank.py", "main.new"), b"x")
    there = state({**WANTED, **others, **stale}, ("core", "pdu", "pump", "lib"))
    plan = make_plan(WANTED, there)
    assert set(plan.remove) == set(stale)  # among them .py files that MicroPython would take instead of ours
    assert plan.remove_folders == ("pump",)
    assert {row.path for row in rows(plan, WANTED, there)} == set(WANTED) | set(stale)


@pytest.mark.parametrize(
    ("files", "folders"), [({}, ("application",)), ({}, ("core/bank",)), ({"core": b""}, ()), ({}, ("main.py",))]
)
def test_what_stands_in_the_way_is_named(files, folders):
    with pytest.raises(MalleeError) as raised:
        make_plan(WANTED, state(files, folders))
    assert raised.value.code == ExitCode.REFUSED


# What is refused.


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"build": "RPI_PICO_W"}, "RPI_PICO_W"),
        ({"build": "", "machine": "Adafruit Feather RP2040 with RP2040"}, "Feather"),
        ({"mpy": 0x0B06 | 5 << 10}, "arm"),
        ({"mpy": 0x306}, "no processor"),
        ({"version": (1, 22, 2)}, "too old"),
        ({"mpy": 4 << 10 | 1 << 8 | 6}, "6.1"),
    ],
)
def test_a_board_that_does_not_fit_is_refused(changes, word):
    with pytest.raises(MalleeError) as raised:
        check_fit(bundle().manifest, boards.load("rp2_pico"), state(**changes))
    assert raised.value.code == ExitCode.REFUSED
    assert word in raised.value.what and "nothing was changed" in raised.value.next


@pytest.mark.parametrize("changes", [{}, {"build": ""}, {"build": "RPI_PICO-FROZEN", "version": (1, 27, 0)}])
def test_a_board_that_fits(changes):
    check_fit(bundle().manifest, boards.load("rp2_pico"), state(**changes))


def test_too_little_space_counts_what_is_replaced():
    empty = state(free_bytes=12 * 4096)
    with pytest.raises(MalleeError) as raised:
        check_space(make_plan(WANTED, empty), WANTED, empty)
    assert raised.value.code == ExitCode.REFUSED and "4096" not in raised.value.likely
    held = state({**WANTED, "core/bank.mpy": b"other", "log.csv": bytes(9000)}, ("core", "pdu"), free_bytes=12 * 4096)
    check_space(make_plan(WANTED, held), WANTED, held)


def truncated(folder):
    (folder / "application.mpy").write_bytes(b"M")


def altered(folder):
    (folder / "application.mpy").write_bytes(b"M\x06apq")


def missing(folder):
    (folder / "core/bank.mpy").unlink()


def extra(folder):
    (folder / "core/more.mpy").write_bytes(b"")


def newer(folder):
    document = cbor2.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_bytes(cbor2.dumps({**document, "format": 99}))


def escaping(folder):
    document = cbor2.loads((folder / MANIFEST).read_bytes())
    document["files"][0]["path"] = "../secret"
    (folder / MANIFEST).write_bytes(cbor2.dumps(document))


def unreadable(folder):
    (folder / MANIFEST).write_bytes((folder / MANIFEST).read_bytes()[:40])


def garbage(folder):
    (folder / MANIFEST).write_bytes(cbor2.dumps([1, 2]))


@pytest.mark.parametrize("damage", [truncated, altered, missing, extra, newer, escaping, unreadable, garbage])
def test_a_damaged_bundle_is_refused(damage, tmp_path):
    write(bundle(), tmp_path)
    assert read_bundle(tmp_path) == bundle()
    damage(tmp_path)
    with pytest.raises(MalleeError) as raised:
        read_bundle(tmp_path)
    assert raised.value.code == ExitCode.REFUSED and raised.value.next


# Who it is.


def test_identity_is_read_as_data_and_never_run():
    written = build_info(
        profile="pdu",
        dictionary_hash=7,
        version="0.1.0",
        unit=11,
        name="pdu-a1",
        serial="e66",
        baud=9600,
        framing="8N2",
    )
    known = known_from(written.decode())
    assert known == Who(name="pdu-a1", unit=11, serial="e66", port=502, baud=9600, framing="8N2")
    assert known_from("import os\nUNIT = os.getpid()\nNAME = 'a'") == Who(name="a")
    assert known_from("UNIT = 999\nNAME = 7\nFRAMING = 'x'\nBAUD = True") == Who()
    assert known_from("UNIT = (") == Who()


def test_flags_win_over_what_the_board_says():
    who = merged(Who(unit=12), Who(name="pdu-a1", unit=11, baud=9600), "e6614104")
    assert who == Who(name="pdu-a1", unit=12, serial="e6614104", baud=9600)
    with pytest.raises(MalleeError) as raised:
        merged(Who(name="pdu-a1"), Who(), "e6614104")
    assert "--unit" in raised.value.what and "--name" not in raised.value.what


@pytest.mark.parametrize(
    "who",
    [
        Who(unit=0), Who(unit=248), Who(name=""), Who(name="x" * 33), Who(name="a\nb"), Who(name="é"), Who(framing="7E1"),
        Who(baud=5),        Who(serial='"'), Who(port=0),
    ],
)  # fmt: skip
def test_what_a_controller_cannot_have(who):
    with pytest.raises(MalleeError) as raised:
        check(who)
    assert raised.value.code == ExitCode.USAGE


def test_the_bus_has_the_baud_of_the_controller():
    assert str(bus_address("serial:///dev/x", Who(baud=9600, framing="8N2"))) == "serial:///dev/x?baud=9600&framing=8N2"
    assert str(bus_address("serial:///dev/x?baud=1200", Who(baud=9600))) == "serial:///dev/x?baud=1200&framing=8E1"


# Ports and consoles.

PICO = ports.UsbPort("/dev/ttyACM0", "Board in FS mode", "e661", True)
BRIDGE = ports.UsbPort("/dev/ttyUSB0", "CP2102", None, False)


def test_the_only_board_is_taken_and_never_a_bridge():
    assert ports.choose(None, [BRIDGE, PICO], "how") == PICO
    assert ports.choose("/dev/ttyUSB0", [BRIDGE, PICO], "how") == BRIDGE
    with pytest.raises(MalleeError) as raised:
        ports.choose(None, [BRIDGE], "copy the .uf2")
    assert raised.value.code == ExitCode.NO_ANSWER and "copy the .uf2" in raised.value.next
    with pytest.raises(MalleeError) as raised:
        ports.choose(None, [PICO, PICO._replace(device="/dev/ttyACM1")], "how")
    assert "/dev/ttyACM1" in raised.value.what


def test_a_prompt_where_the_application_should_be_is_told():
    at_console(b"")
    with pytest.raises(MalleeError) as raised:
        at_console(
            b'Traceback (most recent call last):\r\n  File "board.py"\r\nOSError: no chip\r\nMicroPython v1.25\r\n>>> '
        )
    assert "OSError: no chip" in raised.value.what and raised.value.code == ExitCode.REFUSED


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--board", "rp2_pico"], 2, "--profile"),
        (["--board", "rp2_pico", "--profile", "pdu", "--unit", "0"], 2, "--unit"),
        (["--board", "rp2_pico", "--profile", "pdu", "--bundle", "x"], 2, "--bundle"),
        (["--bundle", "/nowhere"], 2, "mallee build"),
        (["--board", "rp2_pico", "--profile", "pdu", "--bus", "ttyUSB0"], 2, "address"),
    ],
)
def test_wrong_usage_is_explained_before_any_port_is_opened(arguments, code, word, capsys):
    assert main(["flash", *arguments]) == code
    assert word in capsys.readouterr().err


def test_a_port_is_looked_at_before_anything_is_built(monkeypatch, capsys):
    monkeypatch.setattr(command, "build_bundle", lambda board, profile: pytest.fail("it was built"))
    assert main(["flash", "/dev/ttyACM99", "--board", "rp2_pico", "--profile", "pdu"]) == 3
    assert "no serial port /dev/ttyACM99" in capsys.readouterr().err


def test_a_port_that_is_not_there(tmp_path, capsys):
    write(bundle(), tmp_path)
    assert main(["flash", "/dev/ttyACM99", "--bundle", str(tmp_path), "--name", "a", "--unit", "1"]) == 3
    assert "no serial port /dev/ttyACM99" in capsys.readouterr().err


# The board's own code, on a real MicroPython.


class Unix:
    """The Unix port in a folder, as a board that runs code."""

    def __init__(self, micropython: str, folder) -> None:
        self.micropython, self.folder = micropython, folder

    def run(self, code: str, stdin: bytes = b"") -> str:
        done = subprocess.run(
            [self.micropython, "-X", "heapsize=400k", "-c", code],
            input=stdin,
            capture_output=True,
            cwd=self.folder,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout.decode()


@pytest.fixture
def unix(tmp_path) -> Unix:
    import shutil

    found = shutil.which("micropython", path=f"{ROOT}/.venv/bin") or shutil.which("micropython")
    if found is None:
        pytest.skip("no micropython here")
    return Unix(found, tmp_path)


@needs_micropython
def test_looking_at_a_board(unix):
    data = bytes(range(256)) * 20
    (unix.folder / "core").mkdir()
    (unix.folder / "core" / "bank.mpy").write_bytes(data)
    (unix.folder / "boot.py").write_bytes(b"1")
    (unix.folder / "build_info.py").write_bytes(b"UNIT = 3\n")
    found = survey(unix, {"core/bank.mpy": len(data), "boot.py": 2})
    assert found.files == {"core/bank.mpy": (len(data), digest(data)), "boot.py": (1, ""), "build_info.py": (9, "")}
    assert found.folders == {"core"} and known_from(found.info).unit == 3
    assert found.architecture in ("x64", "x86", "armv7m", None) and found.version >= (1, 24)
    assert found.free_bytes > 0 and not found.running and not found.watchdog


def receiving(files: dict[str, bytes], block_bytes: int) -> tuple[str, bytes, int]:
    """What is run, what is sent, and how many blocks that is."""
    blocks = {path: blocks_of(data, block_bytes) for path, data in files.items()}
    said = tuple((path, tuple((b.size, b.spoiled) for b in some)) for path, some in blocks.items())
    sent = [block.sent for some in blocks.values() for block in some]
    return on_board.RECEIVE + on_board.RECEIVE_SOME.format(files=said), b"".join(sent), len(sent)


DATA = (b"", b"\x03\r\xdb" * 700, bytes(range(256)) * 9, b"\x02\x0c" * 50, b"\x03", bytes(1025))


@pytest.mark.parametrize("block_bytes", [3, 128, 1024, 4096])
@pytest.mark.parametrize("data", DATA)
def test_what_is_sent_never_interrupts_a_board(data, block_bytes):
    blocks = blocks_of(data, block_bytes)
    assert all(0 < len(block.sent) <= block_bytes and not {3, 13} & set(block.sent) for block in blocks)
    assert sum(block.size for block in blocks) == len(data)


@needs_micropython
@pytest.mark.parametrize("block_bytes", [128, 1024, 4096])
def test_receiving_files(unix, block_bytes):
    files = {f"file{number}": data for number, data in enumerate(DATA)}
    code, sent, count = receiving(files, block_bytes)
    assert unix.run(code, sent) == "k" * count + "".join(f"{digest(data)}\n" for data in DATA)
    assert {path: (unix.folder / path).read_bytes() for path in files} == files
    assert hashes(unix, list(files)) == {path: digest(data) for path, data in files.items()}


def test_what_reads_back_other_than_it_was_written_is_told():
    class Worn:
        door = type("Door", (), {"block_bytes": 1024})

        def stream(self, code: str, blocks: list[bytes], sent: object) -> str:
            return f"{digest(b'one')}\n{digest(b'twp')}\n"

    write_files(cast(Console, Worn()), {"a": b"one"}, ["a"])
    with pytest.raises(MalleeError) as raised:
        write_files(cast(Console, Worn()), {"a": b"one", "b": b"two"}, ["a", "b"])
    assert raised.value.what.startswith("b reads back") and raised.value.code == ExitCode.REFUSED


def test_enospc_names_the_file_as_boards_of_any_version_print_it():
    for line in ("OSError: (28, 'core/a.mpy')", "OSError: [Errno 28] ENOSPC: core/a.mpy", "OSError: 28"):
        assert "full" in explained(BoardRaised(f"Traceback\n  File ...\n{line}\n"), "x").what


@needs_micropython
def test_folders_and_removal(unix):
    unix.run(on_board.MAKE_FOLDERS.format(folders=("core", "core/a")))
    unix.run(on_board.MAKE_FOLDERS.format(folders=("core", "core/a")))
    (unix.folder / "core" / "keep.txt").write_text("")
    unix.run(on_board.REMOVE.format(files=["nothing"], folders=["core/a", "core"]))
    assert [path.name for path in (unix.folder / "core").iterdir()] == ["keep.txt"]


@needs_micropython
def test_a_rename_replaces(unix):
    (unix.folder / "build_info.py").write_bytes(b"old")
    (unix.folder / "build_info.new").write_bytes(b"new")
    unix.run(on_board.RENAME.format(names=[("build_info.new", "build_info.py")]))
    assert {path.name: path.read_bytes() for path in unix.folder.iterdir()} == {"build_info.py": b"new"}


@needs_micropython
def test_a_file_system_that_fills_up_takes_the_rest_and_says_so(unix):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    code, sent, count = receiving({"/dev/full": bytes(9000), "behind": b"it"}, 1024)
    command = [unix.micropython, "-c", code]
    done = subprocess.run(command, input=sent, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode()
    assert said.startswith("k" * count) and not (unix.folder / "behind").exists()
    error = explained(BoardRaised(said), "x cannot be written")
    assert "full" in error.what and "same command" in error.next and error.code == ExitCode.REFUSED
