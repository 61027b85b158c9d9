"""Finding what is on a line: how it speaks, who answers, two with one address, somebody else's master; and the pod file of it."""

from __future__ import annotations

import asyncio

import pytest
from mallee import resources
from mallee.cli import main
from mallee.device.discovery import Found, discover, parse_targets
from mallee.device.linesearch import Step
from mallee.errors import ExitCode, MalleeError
from mallee.link import pdus
from mallee.link.address import SerialAddress, SerialPort, TcpAddress
from mallee.link.probing import Prober, sort
from mallee.link.rtu_frames import encode
from mallee.pod.drafting import draft, refuse_place, write
from mallee.pod.loader import parse_pod
from mallee.sim.line.faults import Faults

from .line_loop import LineDevice, LineLoop, LineMaster, run_on_line
from .peer import Peer

PUMP, PDU = resources.dictionary("pump"), resources.dictionary("pdu")
READ = pdus.encode(pdus.read_input(0, 2))


def device(unit: int, *, serial: int = 0, reply_s: float = 0.0, name: str = "") -> LineDevice:
    """A skid with a serial number of its own."""
    peer = Peer(PUMP, unit=unit, name=name or f"skid-{unit}")
    point = PUMP.by_name["serial_number"]
    for offset, letters in enumerate((b"SN", f"{(serial or unit) % 100:02d}".encode())):
        peer.image["input"][point.address + offset] = int.from_bytes(letters, "big")
    return LineDevice(unit, peer.answer, reply_s)


def searched(devices: list[LineDevice], units=None, *, known: bool = True, **line):
    """What is found, the steps of the search, what the host wrote, and how long it took."""
    steps: list[Step] = []
    written: list[bytes] = line.pop("written", [])
    options = {"force": line.pop("force", False)}

    async def main(address: SerialAddress):
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LineLoop)
        target = address if known else SerialPort(address.device)
        try:
            found = await discover([target], units, progress=steps.append, **options)
        finally:
            written.append(bytes(loop.written))
        return found, steps, bytes(loop.written), loop.time()

    return run_on_line(main, devices, **line)


def test_targets_of_a_line():
    known = "serial:///dev/ttyUSB0?baud=9600"
    assert parse_targets(["/dev/ttyUSB0", known, "COM3", "192.0.2.1"]) == [
        SerialPort("/dev/ttyUSB0"),
        SerialAddress("/dev/ttyUSB0", 9600),
        SerialPort("COM3"),
        TcpAddress("192.0.2.1"),
    ]


@pytest.mark.parametrize(
    ("baud", "framing", "found_as"),
    [
        (19200, "8E1", "8E1"),
        (9600, "8N1", "8N1"),
        (115200, "8E1", "8E1"),
        (115200, "8N1", "8N1"),
        (1200, "8N1", "8N1"),
        (38400, "8O1", "8E1"),  # these units do not check parity, and say so by answering
        (9600, "8O1 strict", "8O1"),
        (9600, "8N2", "8N1"),  # one stop bit is enough for their receivers
    ],
)
def test_baud_framing_and_addresses_are_found(baud, framing, found_as):
    devices = [device(3), device(12)]
    framing, _, strict = framing.partition(" ")
    line = {"known": False, "baud": baud, "framing": framing, "strict": bool(strict)}
    found, steps, _, seconds = searched(devices, range(1, 33), **line)
    settings = SerialAddress("line", baud, found_as)
    assert [(one.address, one.unit, one.name, one.note) for one in found] == [
        (str(settings), 3, "skid-3", None),
        (str(settings), 12, "skid-12", None),
    ]
    assert steps[-1] == Step(settings, 31, 32, 2) and seconds < 60


def test_slow_units_are_found():
    """They answer when the next one is being asked."""
    found, steps, _, _ = searched([device(3, reply_s=0.1)], range(1, 9), known=False, baud=9600, framing="8N1")
    assert len({step.address for step in steps}) == 6  # the sixth is the right one, and no other was tried
    assert [(one.unit, one.address) for one in found] == [(3, "serial://line?baud=9600&framing=8N1")]


def test_an_address_far_away_at_a_seldom_rate_is_found_at_last():
    found, steps, _, seconds = searched([device(200)], known=False, baud=57600, framing="8N1")
    assert [(one.unit, one.address) for one in found] == [(200, "serial://line?baud=57600&framing=8N1")]
    assert max(step.units for step in steps) == 247 and seconds < 600


def test_a_line_of_nobody_is_said_to_be_one():
    found, steps, _, _ = searched([], range(1, 5), known=False)
    assert found == [] and len({step.address for step in steps}) == 24


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("baud", [19200, 9600])
def test_where_another_master_talks_nothing_is_asked(known, baud):
    master = LineMaster([encode(1, READ), encode(2, READ)])
    written: list[bytes] = []
    with pytest.raises(MalleeError, match="another master talks") as refused:
        searched([device(1), device(2)], known=known, baud=baud, masters=[master], written=written)
    assert refused.value.code == ExitCode.REFUSED and written == [b""]
    assert f"({baud} Bd 8E1)" in refused.value.what and "--force" in refused.value.next


def test_it_asks_all_the_same_when_it_is_told_to():
    master = LineMaster([encode(9, READ)], interval_s=1.0)
    found, _, written, _ = searched([device(1), device(2)], range(1, 9), masters=[master], force=True)
    assert [one.unit for one in found] == [1, 2] and written


@pytest.mark.parametrize("later_s", [0.0, 0.0004, 0.01, 0.03, 0.1])
def test_two_units_with_one_address_are_said_to_be_two(later_s):
    """At once, so that they garble each other, or one after the other."""
    devices = [device(1), device(5, serial=51), device(5, serial=52, reply_s=later_s)]
    found, _, _, _ = searched(devices, range(1, 9))
    notes = {one.unit: one.note for one in found}
    assert notes[1] is None and set(notes) == {1, 5}
    expected = "two units answer" if later_s > 0.05 else "two units"
    assert notes[5] is not None and expected in notes[5]


@pytest.mark.parametrize("seed", [2, 4, 5, 10])
def test_all_are_found_on_a_bad_line_and_none_is_two(seed):
    """With these seeds units are lost when the silent ones are not asked again."""
    faults = Faults(insert=0.002, flip=1e-4)
    found, _, _, _ = searched([device(unit) for unit in range(1, 9)], range(1, 13), faults=faults, seed=seed)
    assert [one.unit for one in found] == list(range(1, 9)) and not any(one.note for one in found)


def test_one_unit_is_not_two_behind_an_adapter_that_echoes_and_is_slow():
    found, _, _, _ = searched([device(unit) for unit in (1, 2)], range(1, 9), echo=True, latency_ms=16)
    assert [(one.unit, one.note) for one in found] == [(1, None), (2, None)]


def test_what_comes_after_a_request_is_told_apart():
    request, answer = READ, b"\x04\x04\x4d\x4c\x00\x01"
    data = b"\x00" + encode(1, request) + b"\xff" + encode(1, answer) + encode(1, answer) + encode(2, answer) + b"\x07"
    probe = sort(1, request, [(0.01, data)])
    assert probe.echoed and probe.answers == [answer, answer] and len(probe.frames) == 3
    assert (probe.lead, probe.noise_bytes, probe.delay_s) == (b"\x00\xff", 3, None)
    assert sort(1, request, []).silent


def test_a_prober_waits_until_nothing_comes_any_more():
    async def main(address: SerialAddress):
        async with Prober(address) as prober:
            return await prober.ask(4, READ, wait_s=0.3, linger_s=0.12)

    probe = run_on_line(main, [device(4), device(4, reply_s=0.08)])
    assert len(probe.answers) == 2 and probe.size == 18 and probe.delay_s == pytest.approx(0.003, abs=0.002)


FOUND = [
    Found("serial:///dev/ttyUSB0?baud=9600&framing=8N1", 11, True, "pdu", "pdu a1", "0.1.0", "S1", "known"),
    Found("serial:///dev/ttyUSB0?baud=9600&framing=8N1", 12, True, "pdu", "pdu a1", "0.1.0", None, "known"),
    Found("serial:///dev/ttyUSB0?baud=9600&framing=8N1", 3, True, "pump", '"#\n', "0.1.0", None, "known"),
    Found("tcp://192.0.2.7:502", 1, False, vendor="Ac\nme", product='x"'),
    Found(
        "serial:///dev/ttyUSB0?baud=9600&framing=8N1", 5, True, "pump", "five", note="two units answer at this address"
    ),
]


def test_a_draft_loads_and_says_what_it_does_not_know():
    text = draft(FOUND, "hall 7")
    config = parse_pod(text)
    assert config.pod.name == "hall 7"
    assert [(each.name, each.unit) for each in config.controllers] == [("skid-3", 3), ("pdu a1", 11), ("pdu a1-2", 12)]
    assert {each.address for each in config.controllers} == {FOUND[0].address}
    assert "# tcp://192.0.2.7:502 unit 1: Ac?me, x" in text and "unit 5: pump, five, two units answer" in text
    assert text.count("CHECK") == 2 + 3 * 2
    for nothing in ([], FOUND[3:]):
        with pytest.raises(MalleeError, match="none was found"):
            draft(nothing, "pod")


def test_a_file_that_exists_is_left_alone_and_a_new_one_is_whole(tmp_path):
    path = tmp_path / "pod.toml"
    write(path, "first", overwrite=False)
    with pytest.raises(MalleeError, match="exists, and was not touched"):
        write(path, "second", overwrite=False)
    with pytest.raises(MalleeError, match="exists, and was not touched"):
        refuse_place(path, overwrite=False)
    assert path.read_text() == "first"
    write(path, "third", overwrite=True)
    assert path.read_text() == "third" and list(tmp_path.iterdir()) == [path]
    with pytest.raises(MalleeError, match="cannot write"):
        write(tmp_path / "none" / "pod.toml", "text", overwrite=False)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("baud", "framing"), [(9600, "8E1"), (115200, "8N1"), (38400, "8N1"), (4800, "8E1"), (1200, "8N1")]
)
def test_a_master_that_polls_once_a_second_is_found_at_any_baud_rate(known, baud, framing):
    """Whatever baud rate the user names."""
    masters = [LineMaster([encode(1, READ), encode(2, READ)], interval_s=1.0)]

    async def main(address: SerialAddress):
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LineLoop)
        target = SerialAddress(address.device, 19200, "8E1") if known else SerialPort(address.device)
        with pytest.raises(MalleeError) as refused:
            await discover([target], range(1, 4))
        return refused.value, bytes(loop.written)

    refusal, written = run_on_line(main, [device(1), device(2)], baud=baud, framing=framing, masters=masters)
    assert refusal.code == ExitCode.REFUSED and written == b"" and f"({baud} Bd {framing})" in refusal.what


def test_a_master_behind_swapped_wires_is_not_disturbed():
    masters, written = [LineMaster([encode(1, READ)], interval_s=1.0)], []
    with pytest.raises(MalleeError, match="good frames at no baud rate") as refused:
        searched([device(1)], swapped=True, biased=False, masters=masters, written=written)
    assert refused.value.code == ExitCode.REFUSED and written == [b""]


@pytest.mark.parametrize(
    ("name", "overwrite", "says"),
    [
        ("none/pod.toml", False, "no such file or directory"),
        ("none/pod.toml", True, "no such file or directory"),
        ("a-file/pod.toml", False, "not a directory"),
        ("/proc/pod.toml", False, "cannot write /proc/pod.toml"),  # a folder that takes no files, even of root
        ("folder", True, "is a directory"),
        ("folder", False, "exists, and was not touched"),
    ],
)
def test_where_a_file_cannot_be_written_is_told_before_the_search(tmp_path, monkeypatch, capsys, name, overwrite, says):
    (tmp_path / "a-file").touch()
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mallee.cli.scan.discover", lambda *_, **__: pytest.fail("it has searched"))
    assert main(["scan", "127.0.0.1:9", "--write", name, *(["--overwrite"] if overwrite else [])]) == 2
    assert says in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_the_place_is_looked_at_without_a_trace(tmp_path):
    refuse_place(tmp_path / "pod.toml", overwrite=False)
    (tmp_path / "old.toml").write_text("old")
    refuse_place(tmp_path / "old.toml", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["old.toml"]
    assert (tmp_path / "old.toml").read_text() == "old"
