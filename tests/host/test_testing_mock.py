"""What a mock answers to requests that no host of ours would send, and what it says of values that nobody set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee import resources
from mallee.device.dictionary import Dictionary
from mallee.pod.maps.load import load_map
from mallee.testing import MockDevice

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
