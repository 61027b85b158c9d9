"""Map files: whatever is wrong in one is told with the file, the place in it, the cause and what to do."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from mallee import resources
from mallee.device.codec import decode
from mallee.device.dictionary import Dictionary
from mallee.errors import ExitCode, MalleeError
from mallee.pod.loader import load_pod
from mallee.pod.maps.load import load_map
from mallee.pod.maps.mapfile import parse_map
from mallee.pod.maps.rackmon import parse_rackmon

from .test_foreign import RACKMON

SHELF = (resources.examples_dir() / "shelf.toml").read_text(encoding="utf-8")
ROWS = """
point = [
  { name = "voltage", table = "holding", address = 7, kind = "u16", scale = 0.01, unit = "V", meaning = "Busbar." },
  { name = "state", table = "input", address = 0, kind = "enum", choices = { off = 0, on = 1 }, meaning = "What it does." },
  { name = "fan", table = "coil", address = 0, kind = "bit", meaning = "The fan." },
]
[device]
profile = "shelf"
"""


def raised(text: str, parse: Any = parse_map) -> MalleeError:
    with pytest.raises(MalleeError) as caught:
        parse(text)
    error = caught.value
    assert error.code is ExitCode.USAGE
    assert error.likely
    assert error.next
    return error


def test_one_row_a_point() -> None:
    dictionary = parse_map(ROWS)
    assert [(p.name, p.table, p.address, p.scale, p.factor) for p in dictionary.points] == [
        ("voltage", "holding", 7, -2, 1.0),
        ("state", "input", 0, 0, 1.0),
        ("fan", "coil", 0, 0, 1.0),
    ]
    assert dictionary.foreign is not None
    assert dictionary.foreign.probe == "voltage"
    assert not any(point.writable for point in dictionary.points)


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ('kind = "u16"', 'kind = "u17"', "kind", "kind = 'u17': it must be one of 'u16', 's16', 'u32', 's32', 'u64'"),
        ("address = 40\n", "adress = 40\n", "adress", "unknown key 'adress' in point"),
        ("address = 40\n", "", "[[point]]", "point lacks 'address'"),
        ("address = 40\n", "address = 65536\n", "address = 65536", "address = 65536"),
        ("address = 40\n", "address = 9\n", "address = 9", "busbar_voltage_limit has holding 9, which model has"),
        ('name = "busbar_output"', 'name = "busbar_energy"', "busbar_energy", "two points named 'busbar_energy'"),
        ('name = "busbar_output"', 'name = "sequence"', "sequence", "only mallee controllers do"),
        ('name = "busbar_output"', 'name = "remote_holder"', "remote_holder", "only mallee controllers do"),
        ('name = "busbar_output"', 'name = "latched.output"', "latched.output", "only mallee controllers do"),
        ("low = 46.0\n", "", "write = true", "needs both limits"),
        ("low = 46.0", "low = 53.0", "low = 53.0", "low = 53 is above high = 52"),
        ("low = 46.0\nhigh = 52.0", "low = 46.002\nhigh = 46.008", "low", "no step of its register is from low = 46.002"),
        ("high = 52.0", "high = 700.0", "high = 700.0", "the limit 700 cannot be written"),
        ("high = 52.0", "high = nan", "high = nan", "high = nan is no number"),
        ("scale = 0.01", "scale = 0", "scale = 0\n", "with scale = 0"),
        ("scale = 0.01", "scale = 1e308", "scale = 1e308", "scale = 1e+308 is not from 1e-30 to 1e+30"),
        ("scale = 0.01", "scale = -1e-31", "scale = -1e-31", "scale = -1e-31 is not from 1e-30 to 1e+30"),
        ("offset = -40", "offset = 1e300", "offset = 1e300", "offset = 1e+300 is not below 1e+30"),
        ("scale = 0.01", "scale = inf", "scale = inf", "scale = inf is no number"),
        ("functions = [1, 3, 4, 5, 6]", "functions = [1, 3, 4, 5]", "write = true", "needs function code 6 or 16"),
        ("functions = [1, 3, 4, 5, 6]", "functions = [1, 3, 5, 6]", 'table = "input"', "needs function code 4"),
        ("functions = [1, 3, 4, 5, 6]", "functions = [43]", "functions", ""),
        ("registers_per_request = 32", "registers_per_request = 4", "registers = 8", "a request of this device reads 4"),
        ("registers_per_request = 32", "registers_per_request = 126", "registers_per_request", ""),
        ('probe = "model"', 'probe = "modell"', "probe", "there is no point 'modell' to probe"),
        ('kind = "bit"', 'kind = "u16"', 'kind = "u16"', "cannot stand in the table 'coil'"),
        ("registers = 8\n", "", 'kind = "text"', "how long is this text?"),
        ("choices = { off = 0, starting = 1, on = 2, failed = 9 }\n", "", 'kind = "enum"', "this enum names nothing"),
        ("starting = 1", "starting = 0", "choices", "two names have one number"),
        ("input_low = 8", "input_low = 16", "input_low", "input_low = 16 is not from 0 to 15"),
        ("fault = [0x8000]", "fault = [0x18000]", "fault", "can never be in a s16"),
        ("fault = [0x8000]", "fault = [-1]", "fault", "can never be in a s16"),
        ("fault = [0x8000]", "fault = [0x7FFF]", "fault = [0x7FFF]", "0x7fff is not_fitted and fault"),
        ("failed = 9 }\n", "failed = 9 }\nfault = [9]\n", "fault = [9]", "0x9 is the choice failed and fault"),
        ("input_low = 8 }\n", "input_low = 8 }\nfault = [0x100]\n", "fault = [0x100]", "0x100 is the choice input_low and fault"),
        ("stride = 8", "stride = 1", "", "which rectifier_state"),
        ("interval_s = 60", "interval_s = 0", "interval_s = 0", ""),
        ("units = [[10, 15]]", "units = [[15, 10]]", "units", "units 15 to 10"),
        ('order = "CDAB"', 'order = "BACD"', "order", "it must be one of 'ABCD', "),
        ("functions = [1, 3, 4, 5, 6]", "functions = [1, 43]", "functions", "43: it must be one of 1, 2, 3, 4, 5, 6, 15, 16"),
        ("\n[device]\n", "\n[device\n", "[device", "mend the line"),
        ("\n[device]\n", "\n[devices]\n", "[devices]", "unknown key 'devices'"),
        ('profile = "power-shelf"\n', "", "[device]", "device lacks 'profile'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, where: str, says: str) -> None:
    text = SHELF.replace(old, new, 1)
    if text == SHELF:
        text = SHELF.replace(old.strip(), new.strip(), 1)
    assert text != SHELF
    error = raised(text)
    assert error.what.startswith("map.toml:")
    assert says in f"{error.what} {error.next}"
    if where:
        line = int(error.what.split(":")[1])
        assert where.strip() in text.splitlines()[line - 1], error.what


def test_a_row_has_its_own_line() -> None:
    text = ROWS.replace('kind = "enum"', 'kind = "enumeration"')
    assert raised(text).what.startswith(f"map.toml:{line_of(text, 'enumeration')}: ")


@pytest.mark.parametrize(
    "text", ["", "[device]\nprofile = 'x'\n", "point = []\n[device]\nprofile = 'x'\n", "point = 3"]
)
def test_a_file_without_points(text: str) -> None:
    raised(text)


def test_limits_of_a_measurement_ask_for_write() -> None:
    error = raised(ROWS.replace('unit = "V"', 'unit = "V", low = 1.0'))
    assert "limits of a point that is not written" in error.what


def change(path: str, value: Any) -> str:
    """The rack monitor's map with one thing in it changed; `path` such as registers.3.precision. None: without it."""
    plain = copy.deepcopy(RACKMON)
    place: Any = plain
    *steps, last = path.split(".")
    for step in steps:
        place = place[int(step)] if step.isdigit() else place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return json.dumps(plain)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("registers.3.precision", None, "registers[3] (Output_Voltage): a FLOAT without `precision`"),
        ("registers.3.precision", 64, "registers[3].precision"),
        (
            "registers.3.format",
            "FIXED",
            "registers[3].format: registers.format = 'FIXED': it must be one of 'RAW', 'STRING', ",
        ),
        ("registers.3.scale", 0.0, "registers[3] (Output_Voltage): scale = 0.0"),
        ("registers.3.scale", 1e200, "registers[3] (Output_Voltage): scale = 1e+200"),
        ("registers.3.sing", True, "registers[3].sing: unknown key 'sing'"),
        ("registers.1.length", 3, "registers[1] (Up_Time): a number of 3 registers"),
        ("registers.1.length", 0, "registers[1].length"),
        ("registers.1.begin", 15, "registers[1].address: Up_Time has holding 15, which Model has"),
        ("registers.1.begin", 70000, "registers[1].begin"),
        ("registers.1.name", None, "registers[1]: registers lacks 'name'"),
        ("registers.6.flags", [[16, "Fan"]], "registers[6] (Alarms): FLAGS with bit 16 of 16"),
        ("registers.6.flags", [[1, "Fan"], [1, "Hot"]], "registers[6] (Alarms): FLAGS with a bit twice"),
        ("registers.6.flags", None, "registers[6] (Alarms): FLAGS with no flags"),
        ("probe_register", 60, "probe_register: no register of the file holds 60"),
        ("probe_register", None, "probe_register"),
        ("address_range", [[200]], "address_range[0]"),
        ("address_range", [[205, 200]], "units 205 to 200"),
        ("registers", [], "registers"),
        ("special_handlers.0.action", "read", "special_handlers[0].action"),
        ("baudrate", 300, "baudrate"),
    ],
)
def test_what_is_wrong_in_a_rack_monitors_map_is_told_with_its_path(path: str, value: Any, says: str) -> None:
    error = raised(change(path, value), parse_rackmon)
    assert error.what.startswith("map.json: ")
    assert says in error.what


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{\n  'name': 1}", "map.json:2: "),
        ('{"name": "a", "name": "b"}', "the key 'name' stands 2 times"),
        ('{"name": NaN}', "NaN is no number"),
        ("[1, 2]", "a list or a value"),
        ("", "map.json:1: "),
        ("[" * 100_000, "map.json: "),
    ],
)
def test_what_is_no_rack_monitors_map(text: str, says: str) -> None:
    assert says in raised(text, parse_rackmon).what


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe")
    for name, says in (("none.toml", "no such file"), ("a.csv", "ends in .toml or .json"), ("a.toml", "not UTF-8")):
        with pytest.raises(MalleeError) as caught:
            load_map(tmp_path / name)
        assert says in caught.value.what
        assert str(tmp_path / name) in caught.value.what


@pytest.mark.parametrize(
    ("entry", "line", "says"),
    [
        ({"address": "serial:///dev/x?baud=9600&framing=8N1"}, "address", "is on a line of 9600 Bd; a power-shelf speaks 19200"),
        ({"address": "serial:///dev/x?baud=19200&framing=8E1"}, "address", "framing 8E1; a power-shelf speaks 8N1"),
        ({"unit": 16}, "unit", "has unit 16; a power-shelf has one of 10–15"),
        ({"map": "none.toml"}, "", "none.toml: no such file or directory (map of shelf-1)"),
        ({"maps": "shelf.toml"}, "maps", "unknown key 'maps' in device"),
        ({"map": None}, "", "device lacks 'map'"),
        ({"name": "other"}, "name", "there are two controllers named 'other'"),
    ],
)  # fmt: skip
def test_a_pod_file_that_does_not_fit_its_maps(tmp_path: Path, entry: dict[str, Any], line: str, says: str) -> None:
    (tmp_path / "shelf.toml").write_text(SHELF, encoding="utf-8")
    good = {"name": "shelf-1", "address": "tcp://127.0.0.1:502", "unit": 12, "map": "shelf.toml"}
    device = {key: value for key, value in {**good, **entry}.items() if value is not None}
    other = {**good, "name": "other", "unit": 13}
    text = tomli_w.dumps({"pod": {"name": "p"}, "device": [other, device]})
    (tmp_path / "pod.toml").write_text(text, encoding="utf-8")
    with pytest.raises(MalleeError) as caught:
        load_pod(tmp_path / "pod.toml")
    assert says in caught.value.what
    assert caught.value.code is ExitCode.USAGE
    if line:
        number = int(caught.value.what.removeprefix(f"{tmp_path / 'pod.toml'}:").partition(":")[0])
        assert line in text.splitlines()[number - 1]


def test_units_above_247_are_of_others(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(json.dumps({**RACKMON, "address_range": [[250, 255]]}), encoding="utf-8")
    device = {"name": "psu", "address": "serial:///dev/x?baud=19200&framing=8N1", "unit": 255, "map": "m.json"}
    text = tomli_w.dumps({"pod": {"name": "p"}, "device": [device]})
    (tmp_path / "pod.toml").write_text(text, encoding="utf-8")
    assert load_pod(tmp_path / "pod.toml").members[0].unit == 255


JUNK = st.sampled_from(
    ["", "0", "-1", "[", "]", "{}", '"', "nan", "1e999", "true", "null", "= 3", "\n", "é", "99999999999999999999"]
)


@given(st.data())
def test_whatever_is_in_a_file_it_is_read_or_refused(data: st.DataObject) -> None:
    """Nothing but a MalleeError comes out of a damaged file, and what is read fits together."""
    rack = data.draw(st.booleans())
    text = json.dumps(RACKMON, indent=1) if rack else SHELF
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text) - 1))
        end = start + data.draw(st.integers(0, 30))
        text = text[:start] + data.draw(JUNK) + text[end:]
        if not text:
            break
    dictionary = told = None
    try:
        dictionary = (parse_rackmon if rack else parse_map)(text)
    except MalleeError as error:
        told = error
    if dictionary is None:
        assert told is not None and told.what.startswith("map.") and told.likely and told.next
        return
    for table in ("input", "holding", "coil", "discrete"):
        blocks = dictionary.blocks(table)
        assert all(first + count < second for (first, count), (second, _) in itertools.pairwise(blocks))
        assert all(first >= 0 and first + count <= 65536 for first, count in blocks)


COMPLETED = """
base = "psu.json"
expect = "RECT-*"
[[point]]
name = "Output_Voltage"
unit = "V"
meaning = "At the busbar."
not_fitted = [0xFFFF]
interval_s = 1.0
[[point]]
name = "Battery_Current"
write = true
low = -20
high = 20
"""


def completed(folder: Path, text: str) -> Dictionary:
    (folder / "psu.json").write_text(json.dumps(RACKMON), encoding="utf-8")
    (folder / "psu.toml").write_text(text, encoding="utf-8")
    return load_map(folder / "psu.toml")


def test_a_rack_monitors_map_is_completed(tmp_path: Path) -> None:
    points = completed(tmp_path, COMPLETED).by_name
    voltage, current = points["Output_Voltage"], points["Battery_Current"]
    assert (voltage.unit, voltage.meaning, voltage.interval_s) == ("V", "At the busbar.", 1.0)
    assert (decode(voltage, [3456]), decode(voltage, [0xFFFF])) == (54.0, None)
    assert (current.writable, current.low, current.high, current.unit) == (True, -20, 20, "")
    assert points["Up_Time"].interval_s == 60
    assert len(points) == len(RACKMON["registers"])  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ("Output_Voltage", "Output_Voltag", "Output_Voltag", "is no point of psu.json"),
        ("Battery_Current", "Output_Voltage", "Output_Voltage", "stands twice"),
        ("low = -20\n", "", "write", "needs both limits"),
        ("low = -20", "low = 21", "low = 21", "low = 21 is above high = 20"),
        ("low = -20", "low = nan", "low = nan", "low = nan is above high = 20"),
        ("high = 20", "high = 40000", "high", "the limit 40000 cannot be written"),
        ("0xFFFF", "0x1FFFF", "not_fitted", "can never be in a u16"),
        ("unit = ", "units = ", "units", "unknown key 'units' in point"),
        ("psu.json", "none.json", None, "none.json: no such file"),
        ("psu.json", "psu.toml", "base", "is a TOML file"),
    ],
)
def test_what_is_wrong_in_a_completion_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, where: str | None, says: str
) -> None:
    text = COMPLETED.replace(old, new)
    with pytest.raises(MalleeError) as caught:
        completed(tmp_path, text)
    assert says in caught.value.what
    if where is not None:
        number = int(caught.value.what.removeprefix(f"{tmp_path / 'psu.toml'}:").partition(":")[0])
        assert where in text.splitlines()[number - 1]


def test_all_flags_at_once_may_be_no_value() -> None:
    dictionary = parse_map(SHELF.replace("input_low = 8 }\n", "input_low = 8 }\nnot_available = [0xFFFF]\n"))
    assert decode(dictionary.by_name["rectifier_alarms.1"], [0xFFFF]) is None
