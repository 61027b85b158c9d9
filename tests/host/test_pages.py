"""The rendered pages in docs/ say what the source says."""

import shutil

import pytest
from mallee import resources
from mallee.deploy import modbus
from mallee.deploy.pages import pages
from mallee.device.codec import quality_in
from mallee.reading import Quality

from ..conftest import FIRMWARE, ROOT


@pytest.mark.parametrize(("name", "content"), pages().items(), ids=list(pages()))
def test_page_is_up_to_date(name, content):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == content, "run: make docs"


def test_no_other_page_claims_to_be_rendered():
    rendered = {path.name for path in (ROOT / "docs").glob("*.md") if "make docs`" in path.read_text("utf-8")[:200]}
    assert rendered == set(pages())


@pytest.fixture
def firmware(tmp_path, monkeypatch):
    shutil.copytree(FIRMWARE, tmp_path / "firmware")
    monkeypatch.setattr(resources, "firmware_dir", lambda: tmp_path / "firmware")
    return tmp_path / "firmware"


def change(firmware, file, old, new):
    path = firmware / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("core/modbus.py", "22: self._mask", "24: self._mask_register, 22: self._mask", "function code 24"),
        ("core/diagnostics.py", "18, 20)", "18, 20, 21)", "sub-function 21"),
        ("core/controller.py", "6: info.NAME", "7: b'', 6: info.NAME", "object 7"),
    ],
)
def test_what_the_firmware_gains_needs_words(firmware, file, old, new, what):
    change(firmware, file, old, new)
    with pytest.raises(LookupError, match=what):
        modbus.page(resources.dictionary("pdu"))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("core/modbus.py", "22: self._mask_register,", ""),
        ("core/modbus.py", "count > 125", "count > 124"),
        ("core/modbus.py", "1 <= count <= 1968", "1 <= count <= 1960"),
        ("core/diagnostics.py", "17, 18, 20)", "17, 20)"),
        ("core/diagnostics.py", "_LOG_MAX = const(64)", "_LOG_MAX = const(32)"),
        ("core/tcp.py", "clients=4", "clients=5"),
        ("core/tcp.py", "IDLE_MS = const(300_000)", "IDLE_MS = const(60_000)"),
        ("core/transport.py", '"BAUD", 19200', '"BAUD", 9600'),
        ("core/files.py", "JOURNAL = const(20)", "JOURNAL = const(30)"),
        ("core/lease.py", "_JUMP = const(1_000_000)", "_JUMP = const(1000)"),
    ],
)
def test_what_changes_in_the_firmware_changes_the_page(firmware, file, old, new):
    before = modbus.page(resources.dictionary("pdu"))
    change(firmware, file, old, new)
    assert modbus.page(resources.dictionary("pdu")) != before


def test_an_array_of_arrays_is_one_row_that_leads_to_each_element():
    points = {point.name: point for point in resources.dictionary("pdu").points}
    page = pages()["registers.md"]
    assert "| 200 + 25·(n−1) + (m−1), n = 1–8, m = 1–3 | `branch.n.voltage.m` |" in page
    assert points["branch.3.voltage.2"].address == 200 + 25 * 2 + 1


def test_quality_is_where_the_page_says():
    """k = 9: bits 2 and 3 of the second quality register."""
    point = next(p for p in resources.dictionary("pdu").points if p.name == "branch.2.current")
    assert point.quality_slot == 9 and quality_in([0, 0b1000], 9) == Quality.FAULT
    assert (
        "k = 8–15" in pages()["registers.md"]
        and "*k = 9* in the row of a value: bits 2 and 3" in pages()["registers.md"]
    )
