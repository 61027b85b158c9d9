"""Firmware that is newer than the host: built from maps that the host has never seen, on a virtual board, it is used in full."""

import asyncio
import re
import shutil

import pytest
from mallee import resources
from mallee.deploy.dictionary import compile_profile
from mallee.device.device import Device
from mallee.device.dictionary import hash_of
from mallee.device.remote import Grant
from mallee.link.opening import open_link
from mallee.sim import flash

from .bench import ADDRESS, SET_POINTS, Bench

FC20 = 20
CHANGES = {
    "common.py": (r"MAP_MINOR = \d+", "MAP_MINOR = 99"),
    "pump.py": (
        r"\n\n\nclass Settings\(Holding\):",
        '\n    economy = u16(219, -1, "kW", low=0, high=90, default=12)\n    """How much to save."""\n'
        "\n\nclass Settings(Holding):",
    ),
}


@pytest.fixture
def newer(tmp_path, monkeypatch):
    """The dictionary of firmware with one set-point more, which the bench then runs."""
    known = resources.bundled_dictionaries()
    firmware = tmp_path / "firmware"
    shutil.copytree(resources.firmware_dir(), firmware, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (old, new) in CHANGES.items():
        path = firmware / "maps" / name
        text, changed = re.subn(old, new, path.read_text(encoding="utf-8"))
        assert changed == 1
        path.write_text(text, encoding="utf-8")
    dictionary = compile_profile(firmware / "maps", "pump")
    assert hash_of(dictionary) not in known
    monkeypatch.setattr(
        resources, "firmware_dir", lambda: firmware
    )  # of the bench; the host's dictionaries are read already
    monkeypatch.setattr(flash, "dictionary", lambda profile: dictionary)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return dictionary


def test_a_newer_skid_is_used_in_full_and_asked_once(newer, monkeypatch):
    async def test(device: Device) -> None:
        assert device.dictionary == newer and device.identity is not None and device.identity.map_version == (1, 99)
        assert (await device.read("economy")).value == 12.0
        assert (await device.write({"economy": 33.5})).value("economy") == 33.5
        snapshot = await device.read_all()
        assert not snapshot.failures and len(snapshot) == len(newer.points)
        await device.write_remote(Grant(7, 1, 5), SET_POINTS)
        await asyncio.sleep(0.5)
        assert (await device.read_fast()).value("lease_holder") == 7
        assert device.link.statistics.unit(1).exceptions == {}
        again = open_link(ADDRESS)
        asked: list[int] = []
        again.taps.append(lambda frame: asked.append(frame.pdu[0]) if frame.sent else None)
        second = await Device.connect(again, 1)
        assert second.dictionary == newer and asked and FC20 not in asked
        await again.close()

    Bench("pump").run(test)
