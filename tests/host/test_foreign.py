"""Devices of other makes, from the map file to what a person sees: pymodbus's server plays them."""

from __future__ import annotations

import asyncio
import json
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mallee import resources
from mallee.cli import main
from mallee.device.spans import plan
from mallee.errors import MalleeError
from mallee.pod.fleet import Fleet
from mallee.pod.loader import load_pod
from mallee.pod.maps.load import load_map
from mallee.poll.group import declared_groups
from mallee.poll.poller import Poller
from mallee.reading import Quality

from ..conftest import ROOT
from .foreign_peer import ForeignPeer, Image, at, foreign_unit, text, words

SHELF = resources.examples_dir() / "shelf.toml"


def shelf_image() -> Image:
    inputs = at(110, [0x0002, 0x0001]) | at(120, list(struct.unpack(">2H", struct.pack(">f", 41.25))))
    for index in range(6):
        inputs |= at(130 + 8 * index, [2, 140 + index, 0b1_0000_0001 if index == 3 else 0])
    inputs |= {131 + 8 * 4: 0x7FFF, 131 + 8 * 5: 0x8000, 130 + 8 * 5: 9}
    return {"holding": at(8, text("SHELF-6", 8, b" ")) | at(40, [4800]), "input": inputs, "coil": {3: 1}}


def write_pod(folder: Path, peer: ForeignPeer, map_file: str, name: str = "shelf-1") -> Path:
    path = folder / "pod.toml"
    entry = {"name": name, "address": peer.address, "unit": peer.unit, "map": map_file}
    lines = ["[pod]", 'name = "one shelf"', "[[device]]", *(f"{k} = {json.dumps(v)}" for k, v in entry.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(params=["tcp", "serial"])
def shelf(request: pytest.FixtureRequest) -> Iterator[ForeignPeer]:
    serial = "8N1" if request.param == "serial" else None
    with foreign_unit(shelf_image(), unit=12, functions=(1, 3, 4, 5, 6), serial=serial) as peer:
        yield peer


@pytest.fixture
def mallee(shelf: ForeignPeer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "shelf.toml").write_text(SHELF.read_text(encoding="utf-8"), encoding="utf-8")
    write_pod(tmp_path, shelf, "maps/shelf.toml")
    elsewhere = tmp_path / "deeper"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)  # the map's path is from the pod file's folder

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main([*arguments, "--timeout", "3s"] if arguments[0] != "describe" else arguments)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return run


def only_declared(peer: ForeignPeer) -> None:
    """Every request stays inside what the map declares."""
    dictionary = load_map(SHELF)
    tables = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 5: "coil", 6: "holding"}
    assert peer.requests
    for function, first, count in peer.requests:
        blocks = dictionary.blocks(tables[function])  # pyright: ignore[reportArgumentType]
        assert any(a <= first and first + count <= a + n for a, n in blocks), (function, first, count)
        assert count <= 32


def test_get_all_points_of_a_shelf(mallee, shelf: ForeignPeer) -> None:
    code, out, err = mallee("get", "shelf-1", "-o", "json")
    assert code == 0, err
    rows = {row["point"]: row for row in json.loads(out)}
    assert rows["model"]["value"] == "SHELF-6"
    assert (rows["busbar_voltage_limit"]["value"], rows["busbar_voltage_limit"]["unit"]) == (48.0, "V")
    assert rows["busbar_output"]["value"] is True
    assert rows["busbar_energy"]["value"] == 6553.8  # 0x00010002 * 0.1: the low register is first
    assert rows["cabinet_humidity"]["value"] == 41.25
    assert rows["rectifier_state.1"]["value"] == "on"
    assert rows["rectifier_state.6"]["value"] == "failed"
    assert rows["rectifier_temperature.2"]["value"] == 30.5  # 141 * 0.5 - 40
    assert (rows["rectifier_temperature.5"]["value"], rows["rectifier_temperature.5"]["quality"]) == (
        None,
        "not_fitted",
    )
    assert (rows["rectifier_temperature.6"]["value"], rows["rectifier_temperature.6"]["quality"]) == (None, "fault")
    assert rows["rectifier_alarms.4"]["value"] == ["fan", "input_low"]
    assert rows["rectifier_alarms.1"]["value"] == []
    only_declared(shelf)


def test_set_within_limits_by_the_function_that_it_has(mallee, shelf: ForeignPeer) -> None:
    code, out, _ = mallee("set", "shelf-1", "busbar_voltage_limit", "50.5", "--yes", "-o", "json")
    assert code == 0
    (row,) = json.loads(out)
    assert (row["old"], row["new"]) == (48.0, 50.5)
    assert shelf.image["holding"][40] == 5050
    assert 6 in {function for function, _, _ in shelf.requests}
    code, _, _ = mallee("set", "shelf-1", "busbar_output", "off", "--yes")
    assert code == 0 and shelf.image["coil"][3] == 0
    only_declared(shelf)


@pytest.mark.parametrize(
    ("point", "value", "code", "says"),
    [
        ("busbar_voltage_limit", "53", 4, "the upper limit is 52 V"),
        ("busbar_voltage_limit", "none", 4, "knows no 'not available'"),
        ("model", "x", 2, "its map file does not declare it writable"),
        ("busbar_energy", "0", 2, "is a measurement"),
    ],
)
def test_what_may_not_be_written_is_refused_before_it_is_sent(
    mallee, shelf: ForeignPeer, point: str, value: str, code: int, says: str
) -> None:
    ended, _, err = mallee("set", "shelf-1", point, value, "--yes")
    assert ended == code
    assert says in err
    assert not {5, 6, 15, 16} & {function for function, _, _ in shelf.requests}


def test_status_describe_watch_and_trace(mallee, shelf: ForeignPeer) -> None:
    code, out, _ = mallee("status", "-o", "json")
    (row,) = json.loads(out)
    assert (code, row["state"], row["profile"], row["alarms"]) == (0, "answers", "power-shelf", [])
    assert {request[1] for request in shelf.requests} == {8}  # a scan of the pod asks it for its probe point alone
    code, out, _ = mallee("describe", "shelf-1", "rectifier_temperature", "-o", "json")
    assert code == 0 and json.loads(out)[0]["scale"] == 0.5 and json.loads(out)[0]["offset"] == -40
    code, out, _ = mallee("watch", "shelf-1", "busbar_energy", "--interval", "100ms", "--for", "300ms", "-o", "jsonl")
    assert code == 0
    assert json.loads(out.splitlines()[0])["points"]["busbar_energy"]["value"] == 6553.8
    code, out, _ = mallee("trace", "shelf-1", "busbar_energy", "--interval", "100ms", "--for", "200ms", "-o", "jsonl")
    assert code == 0
    assert any(json.loads(line)["points"].get("busbar_energy") == "6553.8 kWh" for line in out.splitlines())
    only_declared(shelf)


def test_by_address_with_its_map(mallee, shelf: ForeignPeer, tmp_path: Path) -> None:
    code, out, err = mallee("get", f"{shelf.address}#12:{tmp_path}/maps/shelf.toml", "busbar_output", "-o", "json")
    assert code == 0, err
    assert json.loads(out)[0]["value"] is True
    code, _, err = mallee("get", f"{shelf.address}#9:{tmp_path}/maps/shelf.toml")
    assert code == 2 and "has unit 9; a power-shelf has one of 10–15" in err


def test_another_device_at_its_address_is_told(mallee, shelf: ForeignPeer, tmp_path: Path) -> None:
    path = tmp_path / "maps" / "shelf.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("SHELF-*", "BENCH-*"), encoding="utf-8")
    code, _, err = mallee("get", "shelf-1", "busbar_output")
    assert code == 3
    assert "is no power-shelf: model is 'SHELF-6', not 'BENCH-*'" in err


def test_describe_needs_no_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    (tmp_path / "shelf.toml").write_text(SHELF.read_text(encoding="utf-8"), encoding="utf-8")
    write_pod(tmp_path, ForeignPeer(12, "tcp://127.0.0.1:1", {}), "shelf.toml")
    monkeypatch.chdir(tmp_path)
    assert main(["describe", "shelf-1", "busbar_voltage_limit", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["high"] == 52.0
    assert main(["status", "-o", "json"]) == 3
    assert json.loads(capsys.readouterr().out)[0]["state"] == "silent"


def test_the_poller_reads_each_point_at_its_declared_interval(shelf: ForeignPeer, tmp_path: Path) -> None:
    path = write_pod(tmp_path, shelf, str(SHELF))

    async def run() -> None:
        async with Fleet(load_pod(path), timeout_s=3) as fleet:
            device = await fleet.device("shelf-1")
            groups = declared_groups(device.dictionary, 1.0)
            assert [(group.interval_s, len(group.points)) for group in groups] == [(2.0, 21), (60.0, 1), (3600.0, 1)]
            poller = Poller()
            heard: asyncio.Queue[str] = asyncio.Queue()
            poller.subscribe(lambda polled: heard.put_nowait(polled.group))
            image = poller.add(device, groups)
            async with asyncio.timeout(20):
                assert {await heard.get() for _ in range(3)} == {group.name for group in groups}
            snapshot = image.snapshot(asyncio.get_running_loop().time())
            assert not snapshot.failures
            assert snapshot.value("busbar_energy") == 6553.8
            assert snapshot["rectifier_temperature.6"].quality is Quality.FAULT
            after = await poller.write("shelf-1", {"busbar_voltage_limit": 47.5})
            assert after.value("busbar_voltage_limit") == 47.5
            await poller.close()

    asyncio.run(run())
    only_declared(shelf)


RACKMON = {
    "name": "TEST_PSU",
    "address_range": [[200, 205], [232, 232]],
    "probe_register": 12,
    "baudrate": 19200,
    "special_handlers": [
        {"reg": 90, "len": 2, "period": 3600, "action": "write", "info": {"interpret": "INTEGER", "shell": "touch ran"}}
    ],
    "registers": [
        {"begin": 8, "length": 8, "format": "STRING", "name": "Model"},
        {"begin": 16, "length": 2, "format": "INTEGER", "name": "Up_Time", "interval": 60},
        {"begin": 18, "length": 1, "format": "INTEGER", "sign": True, "keep": 10, "name": "Battery_Current"},
        {"begin": 19, "length": 1, "format": "FLOAT", "precision": 6, "name": "Output_Voltage"},
        {"begin": 20, "length": 1, "format": "FLOAT", "precision": 7, "sign": True, "name": "Inlet_Temperature"},
        {"begin": 21, "length": 1, "format": "FLOAT", "precision": 0, "scale": 0.1, "shift": 2.5, "name": "Flow"},
        {"begin": 22, "length": 1, "format": "FLAGS", "changes_only": True, "keep": 10, "name": "Alarms",
         "flags": [[11, "Fan"], [3, "Hot"], [0, "Hot"]]},
        {"begin": 23, "length": 2, "format": "INTEGER", "endian": "L", "name": "Counter"},
        {"begin": 25, "length": 2, "name": "Debug"},
        {"begin": 40, "length": 1, "format": "INTEGER", "name": "Twice"},
        {"begin": 41, "length": 1, "format": "INTEGER", "name": "Twice"},
        {"begin": 90, "length": 2, "format": "INTEGER", "name": "Unix_Time"},
    ],
}  # fmt: skip


def test_a_rack_monitors_map_end_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "psu.json").write_text(json.dumps(RACKMON), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    holding = at(8, [*text("RECT-3000", 8), *words(70_000, 2), 0xFFFE, 3456, 0xF2C0, 123, 0b1000_0000_1001])
    holding |= at(23, [0x7856, 0x3412, 0xDEAD, 0xBEEF]) | at(40, [0xFFFF, 2]) | at(90, [0, 0])
    with foreign_unit({"holding": holding}, unit=201, functions=(3, 16)) as peer:
        write_pod(tmp_path, peer, "psu.json", "psu")
        assert main(["get", "psu", "-o", "json"]) == 0
        rows = {row["point"]: row["value"] for row in json.loads(capsys.readouterr().out)}
        assert rows == {
            "Model": "RECT-3000",
            "Up_Time": 70_000,
            "Battery_Current": -2,
            "Output_Voltage": 54.0,
            "Inlet_Temperature": -26.5,
            "Flow": 14.8,
            "Alarms": ["Fan", "Hot_0", "Hot_3"],
            "Counter": 0x12345678,
            "Debug": "deadbeef",
            "Twice.40": 0xFFFF,  # no number is a code for anything in such a map
            "Twice.41": 2,
            "Unix_Time": 0,
        }
        assert {function for function, _, _ in peer.requests} == {3}
        blocks = load_map(tmp_path / "psu.json").blocks("holding")
        assert all(any(a <= f and f + n <= a + c for a, c in blocks) for _, f, n in peer.requests)
        assert main(["set", "psu", "Unix_Time", "1700000000", "--yes"]) == 0
        assert (peer.image["holding"][90], peer.image["holding"][91]) == (1_700_000_000 >> 16, 1_700_000_000 & 0xFFFF)
        assert main(["set", "psu", "Up_Time", "1", "--yes"]) == 2
        assert not (tmp_path / "ran").exists()


ORV3 = Path(os.environ.get("MALLEE_REFERENCE_DATA") or ROOT.parent / "shared" / "data") / "orv3"


@pytest.mark.parametrize("name", ["orv3_psu", "orv3_hpr_psu", "orv3_bbu", "orv3_rpu"])
def test_the_open_rack_maps_are_read_whole(name: str) -> None:
    path = ORV3 / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"the Open Rack maps are not on this computer ({name}.json)")
    plain = json.loads(path.read_text(encoding="utf-8"))
    dictionary = load_map(path)
    registers = {
        register for each in plain["registers"] for register in range(each["begin"], each["begin"] + each["length"])
    }
    assert {r for p in dictionary.points for r in range(p.address, p.end)} == registers
    for span in plan(dictionary, dictionary.points, 125):
        assert set(range(span.address, span.address + span.count)) <= registers
    unit = plain["address_range"][0][0]
    image: Callable[[int], int] = lambda address: address * 37 & 0xFFFF  # noqa: E731
    with foreign_unit({"holding": {r: image(r) for r in registers}}, unit=unit, functions=(3, 16)) as peer:

        async def run() -> None:
            from mallee.device.device import Device
            from mallee.link.opening import open_link

            link = open_link(peer.address, timeout_s=3)
            device = await Device.mapped(link, unit, dictionary)
            snapshot = await device.read_all()
            assert not snapshot.failures
            for each in plain["registers"]:
                if each["format"] != "FLOAT":
                    continue
                raw = image(each["begin"])
                raw -= 0x10000 if each.get("sign") and raw & 0x8000 else 0
                value = snapshot.number(each["name"])
                assert value == pytest.approx(raw / 2 ** each["precision"] * each.get("scale", 1), rel=1e-12)
            await link.close()

        asyncio.run(run())


def test_a_silent_foreign_device_is_an_error_of_the_link(tmp_path: Path) -> None:
    path = write_pod(tmp_path, ForeignPeer(12, "tcp://127.0.0.1:1", {}), str(SHELF))

    async def run() -> None:
        async with Fleet(load_pod(path), timeout_s=0.5) as fleet:
            with pytest.raises(MalleeError) as caught:
                await fleet.device("shelf-1")
            assert caught.value.code == 3

    asyncio.run(run())
