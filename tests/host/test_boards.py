"""Boards are data: pins within the budget, each used once, and every transmitter on a channel of its own."""

import ast
from pathlib import Path

import pytest

from ..conftest import ROOT

BOARDS = sorted((ROOT / "boards").glob("*/board.py"))
USABLE = {"rp2_pico": set(range(23)) | {25, 26, 27, 28}, "virtual": set(range(23)) | {25, 26, 27, 28}}
# RP2040 data sheet, table 2 (GPIO functions).
SPI = {
    0: {"sck": {2, 6, 18, 22}, "mosi": {3, 7, 19, 23}, "miso": {0, 4, 16, 20}},
    1: {"sck": {10, 14, 26}, "mosi": {11, 15, 27}, "miso": {8, 12, 24, 28}},
}
UART = {0: {"tx": {0, 12, 16, 28}, "rx": {1, 13, 17, 29}}, 1: {"tx": {4, 8, 20, 24}, "rx": {5, 9, 21, 25}}}
ADC = {26, 27, 28}


def board(path: Path) -> dict:
    """A board file as plain data; anything but constants in it is an error."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            assert isinstance(node.targets[0], ast.Name)
            found[node.targets[0].id] = ast.literal_eval(node.value)
        else:
            assert isinstance(node, ast.Expr), f"{path}: a board is data; found {ast.dump(node)[:60]}"
    return found


def pins(value) -> list[int]:
    if isinstance(value, dict):
        return [pin for key, part in value.items() if key not in ("id", "uart") for pin in pins(part)]
    if isinstance(value, (tuple, list)):
        return [pin for part in value for pin in pins(part)]
    return [value]


@pytest.mark.parametrize("path", BOARDS, ids=lambda p: p.parent.name)
@pytest.mark.parametrize("profile", ["PUMP", "PDU"])
def test_no_pin_is_used_twice_and_all_exist(path, profile):
    data = board(path)
    used = pins(data[profile]) + pins(data.get("RS485", {}))
    assert len(used) == len(set(used)), sorted(pin for pin in used if used.count(pin) > 1)
    assert set(used) <= USABLE[data["NAME"]]
    assert data["NAME"] == path.parent.name


@pytest.mark.parametrize("path", BOARDS, ids=lambda p: p.parent.name)
@pytest.mark.parametrize("profile", ["PUMP", "PDU"])
def test_buses_are_on_pins_that_can(path, profile):
    data = board(path)
    for key, value in data[profile].items():
        if key.startswith("spi_"):
            for role in ("sck", "mosi", "miso"):
                assert value[role] in SPI[value["id"]][role], (key, role)
        if key.endswith("_adc"):
            assert set(pins(value)) <= ADC
    if "RS485" in data:
        for role in ("tx", "rx"):
            assert data["RS485"][role] in UART[data["RS485"]["uart"]][role]
    slices = [(pin // 2 % 8, pin % 2) for pin in pins([v for k, v in data["PUMP"].items() if k.endswith("_pwm")])]
    assert len(slices) == len(set(slices)), "two PWM outputs on one slice and channel"


@pytest.mark.parametrize("path", BOARDS, ids=lambda p: p.parent.name)
def test_transmitters(path):
    data = board(path)
    places = [entry[1] for entry in data["PUMP_ANALOG"]]
    assert len(places) == len(set(places))
    assert all(0 <= chip < len(data["PUMP"]["analog_select"]) and 0 <= channel < 8 for chip, channel in places)
    assert all(low < high for _, _, low, high, _ in data["PUMP_ANALOG"])
    assert len(data["PUMP_AMBIENT"]) == len(data["PUMP"]["ambient_adc"])
