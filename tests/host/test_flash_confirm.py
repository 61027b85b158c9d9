"""After flashing: the controller itself says over Modbus who it is; and the command as a whole, on a board that is made up."""

import asyncio
import io
import json
from typing import Any

import pytest
from mallee.cli import flash as command
from mallee.cli import main
from mallee.deploy.build import Manifest, write
from mallee.deploy.flashing.confirming import over_modbus
from mallee.deploy.flashing.install import Job
from mallee.deploy.flashing.plan import make_plan
from mallee.deploy.flashing.ports import UsbDoor, UsbPort
from mallee.deploy.identity import Who
from mallee.device.dictionary import hash_of
from mallee.errors import ExitCode, MalleeError
from mallee.link.address import TcpAddress

from .peer import Peer
from .test_flash import CONTENTS, bundle, state
from .virtual_loop import run_virtual

WHO = Who(name="pdu-a1", unit=11, serial="e661")
SERIAL_WORDS = int.from_bytes(b"e661".ljust(16, b"\0"), "big")


def made(pdu) -> Manifest:
    return Manifest(
        format=1, mallee="0.1.0", board="rp2_pico", profile="pdu", architecture="armv6m", mpy="6.3", map_version=pdu.version,
        dictionary_hash=hash_of(pdu), files=(),
    )  # fmt: skip


def peer_of(pdu) -> Peer:
    peer = Peer(pdu, profile=2, name="pdu-a1", unit=11)
    peer.set("serial_number", SERIAL_WORDS)
    return peer


def test_a_controller_that_still_boots_is_waited_for(pdu):
    async def scenario():
        async with peer_of(pdu) as peer:
            peer.silent = True
            asyncio.get_running_loop().call_later(2.0, setattr, peer, "silent", False)
            return await over_modbus(TcpAddress("127.0.0.1", peer.port), WHO, made(pdu))

    found = run_virtual(scenario())
    assert (found.name, found.unit, found.profile) == ("pdu-a1", 11, "pdu")


def test_silence_is_bounded_and_explained(pdu):
    async def scenario():
        async with peer_of(pdu) as peer:
            peer.silent = True
            began = asyncio.get_running_loop().time()
            with pytest.raises(MalleeError) as raised:
                await over_modbus(TcpAddress("127.0.0.1", peer.port), WHO, made(pdu))
            return raised.value, asyncio.get_running_loop().time() - began

    error, waited_s = run_virtual(scenario())
    assert error.code == ExitCode.NO_ANSWER and "is flashed" in error.what and "mallee scan" in error.next
    assert 10 <= waited_s < 15


def test_another_controller_at_that_address_is_told(pdu):
    async def scenario():
        async with peer_of(pdu) as peer:
            with pytest.raises(MalleeError) as raised:
                await over_modbus(
                    TcpAddress("127.0.0.1", peer.port), Who(name="pdu-b2", unit=11, serial="e661"), made(pdu)
                )
            return raised.value

    error = run_virtual(scenario())
    assert error.code == ExitCode.REFUSED and "'pdu-a1' instead of 'pdu-b2'" in error.what


def test_an_emulated_board_behind_a_pty_is_waited_for(tmp_path):
    pty = pytest.importorskip("mallee.sim.line.ptys").PtyEnd(tmp_path / "console")
    try:
        slow = UsbDoor(UsbPort(pty.name, "", None, False))
        real = UsbDoor(UsbPort("/dev/ttyUSB0", "", None, False))
        assert slow.answer_s > 20 * real.answer_s and slow.start_s > 10 * real.start_s
        slow.open().close()
    finally:
        pty.close()


@pytest.fixture
def board(monkeypatch, tmp_path):
    """A made-up board behind the command; `calls` is what was done to it."""
    write(bundle(), tmp_path)
    calls: list[str] = []
    there = {"state": state()}
    wanted = {**CONTENTS, "build_info.py": b"x"}

    def look(door, bundle, flags, files):
        calls.append("look")
        return Job(WHO, wanted, there["state"], make_plan(wanted, there["state"]))

    def install(door, bundle, flags, progress, files):
        calls.append("install")
        return Job(WHO, wanted, there["state"], make_plan(wanted, there["state"]))

    monkeypatch.setattr(UsbDoor, "open", lambda door: io.BytesIO())
    monkeypatch.setattr(command, "look", look)
    monkeypatch.setattr(command, "install", install)
    monkeypatch.setattr(command, "listen", lambda door: b"")

    def run(*arguments: str, **changes: Any) -> int:
        there["state"] = state(changes.pop("files", None), ("core", "pdu"), **changes)
        return main(["flash", "/dev/ttyACM0", "--bundle", str(tmp_path), "-o", "json", *arguments])

    return run, calls, wanted


def test_a_dry_run_shows_and_does_nothing(board, capsys):
    run, calls, _ = board
    assert run("--dry-run") == 0 and calls == ["look"]
    assert {row["done"] for row in json.loads(capsys.readouterr().out)} == {"would be written"}


def test_a_row_a_file_and_what_was_not_confirmed(board, capsys):
    run, calls, wanted = board
    assert run() == 0 and calls == ["look", "install"]
    said = capsys.readouterr()
    assert {row["file"]: row["done"] for row in json.loads(said.out)} == dict.fromkeys(wanted, "written")
    assert "not confirmed over Modbus" in said.err and "'pdu-a1', unit 11" in said.err


def test_a_controller_that_runs_is_not_stopped_without_a_yes(board, capsys):
    run, calls, _ = board
    assert run(running=True) == 2 and calls == ["look"]
    assert "protection" in capsys.readouterr().err
    assert run("--yes", running=True) == 0 and calls[1:] == ["look", "install"]


def test_nothing_is_asked_or_done_where_nothing_differs(board, capsys):
    run, calls, wanted = board
    assert run(running=True, files=wanted) == 0 and calls == ["look"]
    said = capsys.readouterr()
    assert {row["done"] for row in json.loads(said.out)} == {"unchanged"} and "nothing differs" in said.err


def test_a_policy_alone_takes_no_key_away(board, capsys):
    run, calls, _ = board
    keyed = {"device.key": bytes(range(33))}
    assert run("--allow-older", files=keyed, running=True) == 2 and calls == ["look"]
    told = capsys.readouterr().err
    assert "has a device key" in told and "--keys FILE" in told and "it was restarted" in told
    assert run("--allow-older", files={"device.key": bytes(33)}) == 0 and calls[1:] == ["look", "install"]
