"""What a mock answers to requests that no host of ours would send, and what it says of values that nobody set."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import mallee
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from mallee import resources
from mallee.device.dictionary import Dictionary
from mallee.link.failures import Refused
from mallee.pod.maps.load import load_map
from mallee.reading import Quality, Snapshot
from mallee.testing import MockDevice, MockPod, run

from .test_foreign import SHELF

WHOLE = [
    "04 0071 0001",  # read input registers
    "03 00d3 0001",
    "01 0000 0001",
    "02 0001 0001",
    "05 0000 ff00",  # write a coil
    "0f 0000 0001 01 01",
    "10 00d3 0001 02 0dac",  # write registers
    "08 0000 abcd",
    "14 07 06 0001 0000 0001",  # read a file
]


@pytest.mark.parametrize("whole", WHOLE)
def test_a_request_that_is_cut_off_is_an_illegal_value(pdu: Dictionary, pump: Dictionary, whole: str) -> None:
    request = bytes.fromhex(whole)
    device = MockDevice(pdu if request[0] in (1, 5, 15) else pump)
    assert device.answer(request)[0] == request[0]
    for length in range(1, len(request)):
        if request[0] == 8 and length == 3:
            continue  # a loopback of nothing is whole
        assert device.answer(request[:length]) == bytes((request[0] | 0x80, 3)), length
    assert device.answer(b"") == b"\x80\x03"
    assert len(device.writes) <= 1  # the whole one


@pytest.mark.parametrize(
    "wrong", ["05 0000 0001", "0f 0000 0000 00", "10 00d3 0001 02 0dac 0dac", "10 00d3 0001 04 0dac", "03 00d3 0001 00"]
)
def test_a_request_that_contradicts_itself_is_an_illegal_value(pdu: Dictionary, pump: Dictionary, wrong: str) -> None:
    request = bytes.fromhex(wrong)
    device = MockDevice(pdu if request[0] in (5, 15) else pump)
    assert device.answer(request) == bytes((request[0] | 0x80, 3))
    assert device.writes == []


@given(st.binary(max_size=20))
def test_a_mock_answers_whatever_comes(request: bytes) -> None:
    for dictionary in (resources.dictionary("pump"), load_map(SHELF)):
        assert len(MockDevice(dictionary).answer(request)) >= 2


def pod_with(folder: Path, map_file: Path, unit: int) -> Path:
    path = folder / "pod.toml"
    rows = {"name": "shelf-1", "address": "tcp://192.0.2.1", "unit": unit, "map": str(map_file)}
    path.write_text(tomli_w.dumps({"pod": {"name": "one shelf"}, "device": [rows]}), encoding="utf-8")
    return path


def test_what_nobody_set_of_a_device_of_another_make_is_unknown(tmp_path: Path) -> None:
    pod_file = pod_with(tmp_path, SHELF, unit=12)

    async def main() -> None:
        with MockPod(pod_file) as mock:
            shelf = mock["shelf-1"]
            shelf.set(**{"rectifier_state.2": "on", "busbar_energy": 12.5})
            for name in ("busbar_output", "rectifier_state.1", "busbar_voltage_limit", "cabinet_humidity"):
                assert shelf.value(name) is None, name
            assert shelf.value("rectifier_state.2") == "on"
            async with mallee.open_pod(pod_file) as pod:
                device = await pod.device("shelf-1")
                everything = await device.read_all()
                known = {name for name, reading in everything.items() if reading.value is not None}
                assert known == {"model", "rectifier_state.2", "busbar_energy"}
                assert everything["cabinet_humidity"].quality is Quality.NOT_AVAILABLE  # a float can say so
                assert everything["busbar_output"].quality is Quality.REFUSED  # a coil cannot
                with pytest.raises(Refused) as caught:
                    await device.read("rectifier_state.1")
                assert "nobody has set rectifier_state.1" in caught.value.likely
                # It is set while the program runs, which sees that then; and so does one that writes it.
                shelf.set(**{"rectifier_state.1": "off"})
                assert (await device.read("rectifier_state.1")).value == "off"
                wrote = await device.write({"busbar_output": True, "busbar_voltage_limit": 50.5})
                assert wrote.value("busbar_output") is True
                assert wrote.value("busbar_voltage_limit") == 50.5
                seen = [
                    snapshot.value("rectifier_state.3")
                    async for snapshot in later(pod.subscribe("shelf-1", "rectifier_state.*"), shelf)
                ]
                assert seen == [None, None, "failed", "failed"]
            shelf.set(**{"rectifier_state.1": None, "busbar_output": None})
            assert shelf.value("rectifier_state.1") is None
            assert shelf.value("busbar_output") is None

    run(main())


async def later(snapshots: AsyncGenerator[Snapshot, None], shelf: MockDevice) -> AsyncGenerator[Snapshot, None]:
    """Four snapshots, and a value that is set after two."""
    for number in range(4):
        yield await anext(snapshots)
        if number == 1:
            shelf.set(**{"rectifier_state.3": "failed"})


def test_a_mock_without_a_name_to_tell_answers_its_probe(tmp_path: Path) -> None:
    (tmp_path / "meter.toml").write_text(
        '[device]\nprofile = "meter"\n'
        '[[point]]\nname = "power"\ntable = "input"\naddress = 0\nkind = "u16"\nmeaning = "Power."\n'
        '[[point]]\nname = "current"\ntable = "input"\naddress = 1\nkind = "u16"\nmeaning = "Current."\n'
    )

    pod_file = pod_with(tmp_path, tmp_path / "meter.toml", unit=1)

    async def main() -> None:
        with MockPod(pod_file) as mock:
            async with mallee.open_pod(pod_file) as pod:
                meter = await pod.device("shelf-1")
                assert (await meter.read_many(["power", "current"])).value("current") is None
                mock["shelf-1"].set(current=5)
                assert (await meter.read_many(["power", "current"])).value("current") == 5

    run(main())


def test_a_switch_of_ours_is_on_or_off(pdu: Dictionary) -> None:
    with pytest.raises(ValueError, match=r"branch_switch.1 is on or off"):
        MockDevice(pdu).set(**{"branch_switch.1": None})
