"""Wrong pod files name the line, the key, and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mallee import resources
from mallee.errors import ExitCode, MalleeError
from mallee.pod.config import HistorySection, PodConfig
from mallee.pod.lines import locate
from mallee.pod.loader import load_pod, parse_pod

GOOD = """\
[pod]
name = "small pod"

[control]
scan_s = 1.0      # with a comment = and [brackets]
lease_s = 10

[[skid]]
name = "skid-1"
address = "tcp://10.0.0.1"

[[feed]]
name = "A"
main_A = 500

[[pdu]]
name = "pdu-1"
feed = "A"
main_A = 250.0
address = "tcp://10.0.0.2:502"
racks = [
  "rack-1",       # branch 1
  "",
  "rack-2",
]

[[pdu]]
name = "pdu-2"
feed = "A"
main_A = 250.0
address = "tcp://10.0.0.3:502"
racks = ["rack-2"]

[[rack]]
name = "rack-1"
power_kW = 120.0
liquid_kW = 104.0

[[rack]]
name = "rack-2"
power_kW = 120.0
liquid_kW = 104.0
"""


def error_of(text: str) -> MalleeError | None:
    try:
        parse_pod(text, "site.toml")
    except MalleeError as error:
        return error
    return None


def line(part: str, nth: int = 1) -> int:
    at = -1
    for _ in range(nth):
        at = GOOD.index(part, at + 1)
    return GOOD[:at].count("\n") + 1


def test_the_good_one_loads() -> None:
    pod = parse_pod(GOOD)
    assert [controller.name for controller in pod.controllers] == ["skid-1", "pdu-1", "pdu-2"]
    assert pod.pdus[0].racks == ("rack-1", "", "rack-2")


def test_the_default_pod_loads() -> None:
    pod = load_pod(resources.examples_dir() / "pod.toml")
    assert (len(pod.skids), len(pod.pdus), len(pod.racks), len(pod.feeds)) == (2, 8, 8, 2)


def test_what_the_default_pod_has_behind_a_sign_is_right_too() -> None:
    """Whoever removes the # of an optional key has a pod file that loads; and the sections that there are stand there."""
    text = (resources.examples_dir() / "pod.toml").read_text(encoding="utf-8")
    optional = re.compile(r"^# (?=\[|\w+ = )", re.MULTILINE)
    assert len(optional.findall(text)) >= 30
    pod, default = parse_pod(optional.sub("", text)), parse_pod(text)
    assert (pod.control, pod.physics, pod.feeds) == (
        default.control,
        default.physics,
        default.feeds,
    )  # as the file says
    assert pod.power == msgspec.structs.replace(default.power, site_kW=1000.0)
    assert pod.history is not None and pod.history.raw_days == HistorySection().raw_days
    assert pod.loops and pod.pdus[0].branch_A == 63.0 and pod.racks[0].minimum_kW == 40.0
    sections = {field.encode_name for field in msgspec.structs.fields(PodConfig)} - {"device", "plant"}
    assert all(re.search(rf"^(# )?\[+{section}\]", text, re.MULTILINE) for section in sections)


def test_the_oversubscribed_pod_is_the_default_one_with_mains_of_half_the_size() -> None:
    default, other = (load_pod(resources.pods()[name]) for name in ("default", "oversubscribed"))
    assert {feed.main_A for feed in other.feeds} == {1000.0} and {pdu.main_A for pdu in other.pdus} == {250.0}
    replace = msgspec.structs.replace
    assert default == replace(
        other,
        pod=default.pod,
        feeds=tuple(replace(feed, main_A=2 * feed.main_A) for feed in other.feeds),
        pdus=tuple(replace(pdu, main_A=2 * pdu.main_A) for pdu in other.pdus),
        racks=tuple(replace(rack, priority=100, power_limit="") for rack in other.racks),
    )


@pytest.mark.parametrize(
    ("old", "new", "at", "what", "next_step"),
    [
        ("lease_s = 10", "leases = 10", 6, "unknown key 'leases' in control", "did you mean 'lease_s'"),
        ("lease_s = 10", "lease_s = 2", 6, "less than three scans", "4 or more"),
        ("lease_s = 10", 'lease_s = "long"', 6, "must be a whole number", "a whole number"),
        ("scan_s = 1.0 ", "scan_s = 0.0 ", 5, "control.scan_s = 0.0: it must be a number >= 0.1", "0.1"),
        ("main_A = 500", "main_A = -5", line("main_A = 500"), "a number >= 1", "1"),
        ("main_A = 500", 'main_A = "500"', line("main_A = 500"), "must be a number", "a number"),
        ('feed = "A"', 'feed = "AA"', line('feed = "A"'), "no feed 'AA'", "did you mean 'A'"),
        ('  "rack-1", ', '  "rock-1", ', line("racks = ["), "no rack 'rock-1'", "did you mean 'rack-1'"),
        (
            'racks = ["rack-2"]',
            'racks = ["rack-2", "", "", "", "", "", "", "", "rack-1"]',
            line('racks = ["rack-2"]'),
            "9 branches",
            "at most 8",
        ),
        ("liquid_kW = 104.0", "liquid_kW = 140.0", line("liquid_kW"), "more than power_kW", "at most 120"),
        (
            'name = "pdu-2"',
            'name = "pdu-1"',
            line('name = "pdu-2"'),
            "two controllers named 'pdu-1'",
            "own name",
        ),
        (
            "tcp://10.0.0.3:502",
            "tcp://10.0.0.2:502",
            line("tcp://10.0.0.3"),
            "has the address of pdu-1",
            "own address",
        ),
        (
            "tcp://10.0.0.1",
            "http://10.0.0.1",
            line("tcp://10.0.0.1"),
            "neither tcp:// nor serial://",
            "tcp://HOST:PORT",
        ),
        (
            'address = "tcp://10.0.0.2:502"\n',
            'address = "serial:///dev/bus"\nunit = 0\n',
            line("tcp://10.0.0.2") + 1,
            "unit 0 on a serial line",
            "1 to 247",
        ),
        (
            "liquid_kW = 104.0",
            "liquid_kW = 104.0\nminimum_kW = 130",
            line("liquid_kW") + 1,
            "minimum_kW = 130",
            "less than 120",
        ),
        (
            "liquid_kW = 104.0",
            'liquid_kW = 104.0\npower_limit = "redfisch+http://x/redfish/v1/Chassis/1"',
            line("liquid_kW") + 1,
            "no address of a power limit",
            "did you mean",
        ),
        ("[control]", "[power]\naim = 0.85\n\n[control]", line("[control]") + 1, "not in this order", "aim = 0.95"),
        ("[[skid]]", "[[skit]]", line("[[skid]]"), "unknown key 'skit'", "did you mean 'skid'"),
        ("[control]", "[controls]", line("[control]"), "unknown key 'controls'", "did you mean 'control'"),
        ('name = "skid-1"\n', "", line("[[skid]]"), "lacks 'name'", "name"),
        ('name = "small pod"', "name = small pod", 2, "Invalid value", "quotes"),
        (
            '[[rack]]\nname = "rack-2"',
            '[[rack]]\nname = "rack-3"',
            line("racks = ["),
            "no rack 'rack-2'",
            "rack-",
        ),
    ],
)
def test_wrong_files(old: str, new: str, at: int, what: str, next_step: str) -> None:
    assert old in GOOD
    with pytest.raises(MalleeError) as caught:
        parse_pod(GOOD.replace(old, new, 1), "site.toml")
    error = caught.value
    assert error.code is ExitCode.USAGE
    assert what in error.what
    assert error.what.startswith(("site.toml:",))
    assert int(error.what.split(":")[1]) == at
    assert next_step in error.next
    assert error.likely


@pytest.mark.parametrize(
    ("key", "what", "next_step"),
    [
        ("pumps.rated_flow_kg_s = -20.6", "-20.6: it must be a number > 0", "> 0"),
        ("pumps.rated_flow_kg_s = nan", "nan: it must be a number > 0", "> 0"),
        ("pumps.rated_flow_kg_s = inf", "inf: it must be a number <= 1000000", "1000000"),
        (
            "pumps.head_kPa = [1923.0, 1838.0, 1850.0, 1269.0, 500.0]",
            "1850 stands behind 1838: it is not monotonic",
            "fall",
        ),
        ("pumps.head_kPa = [1923.0, 1838.0, 1616.0]", "3 values, head_flow has 5", "each of head_flow"),
        ("pumps.head_kPa = [1923.0, 1838.0, 1000.0, 500.0, 499.0]", "turns upwards", "last point"),
        ("pumps.head_flow = [0.0, 0.5, 0.25, 0.75, 1.0]", "0.25 stands behind 0.5", "rise"),
        ("pumps.head_flow = [0.1, 0.25, 0.5, 0.75, 1.0]", "does not begin at 0", "0.0"),
        ("pumps.head_flow = []", "does not begin at 0", "0.0"),
        ("pumps.power_kW = [21.3, 32.0, 0.0, 48.5, 51.3]", "it must be a number > 0", "> 0"),
        ("pumps.rated_flow = 3.0", "unknown key 'rated_flow' in plant.pumps", "rated_flow_kg_s"),
        ("air.head_fraction = [1.0, 0.9, 0.95, 0.1]", "not monotonic", "fall"),
        ("air.head_fraction = [1.0, 0.9, 0.5, 0.0]", "> 0", "> 0"),
        ("racks.cold_plate_K_W = [0.0389, 0.0245, 0.0204, 0.0305]", "not monotonic", "fall"),
        ("racks.cold_plate_l_min = [0.4, 1.0, 2.0]", "4 values, cold_plate_l_min has 3", "each of"),
        ("racks.flow_l_min = -1.5", "it must be a number > 0", "> 0"),
        ("exchanger.valve_authority = 1.5", "it must be a number <= 1", "<= 1"),
        ("coolant.level_percent = 100", "it must be a number < 100", "< 100"),
        ("room.dew_point_degC = 30.0", "above temperature_degC = 25", "at most 25"),
        ("electrical.main_band = 'E'", "'E'", ""),
        ("electrical.shelf_efficiency = 0", "it must be a number > 0", "> 0"),
    ],
)
def test_a_plant_that_cannot_be(key: str, what: str, next_step: str) -> None:
    with pytest.raises(MalleeError) as caught:
        parse_pod(GOOD + "\n[plant]\n" + key + "\n", "site.toml")
    error = caught.value
    assert what in error.what, error.what
    assert next_step in error.next, error.next
    assert error.likely and error.code is ExitCode.USAGE
    at = GOOD.count("\n") + 3
    assert error.what.startswith((f"site.toml:{at}:", f"site.toml:{at - 1}:"))


def test_a_port_has_one_baud_and_framing() -> None:
    text = GOOD.replace("tcp://10.0.0.2:502", "serial:///dev/bus").replace(
        'address = "tcp://10.0.0.3:502"', 'address = "serial:///dev/bus?baud=19200"\nunit = 2'
    )
    assert len(parse_pod(text).pdus) == 2, "defaults may be written out, or not"
    with pytest.raises(MalleeError) as caught:
        parse_pod(text.replace("baud=19200", "baud=9600"), "site.toml")
    assert caught.value.what.startswith(f"site.toml:{line('tcp://10.0.0.3')}: pdu-2 is at serial:///dev/bus?baud=9600")
    assert "same baud and framing" in caught.value.next


def test_a_rack_without_a_branch() -> None:
    text = GOOD + '[[rack]]\nname = "rack-9"\npower_kW = 1\nliquid_kW = 0\n'
    with pytest.raises(MalleeError, match="fed by no branch") as caught:
        parse_pod(text)
    assert f":{GOOD.count(chr(10)) + 2}:" in caught.value.what


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MalleeError, match="no such file"):
        load_pod(tmp_path / "none.toml")


def test_lines_of_strings_with_brackets_and_several_lines() -> None:
    text = 'a = "[x]"\nb = """\n[not.a.table]\nkey = 1\n"""\nc = [\n 1,\n 2]\n[t]\nd.e = {f = 1}\n'
    assert locate(text) == {("a",): 1, ("b",): 2, ("c",): 6, ("t",): 9, ("t", "d", "e"): 10}


@given(st.text(max_size=300))
def test_any_text_gives_a_pod_or_an_error_with_three_parts(text: str) -> None:
    error = error_of(text)
    assert error is None or (error.what and error.likely and error.next)


@given(
    st.sampled_from(GOOD.splitlines()),
    st.sampled_from(["", "x = 1", "[[pdu]]", "name = 5", "racks = 3", "racks = [1]", "plant = 1", "]"]),
)
def test_any_line_replaced_gives_a_pod_or_an_error(old: str, new: str) -> None:
    error = error_of(GOOD.replace(old, new, 1))
    assert error is None or error.what.startswith("site.toml:")
