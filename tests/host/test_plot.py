"""`mallee plot`: from a history of which every value is known, and from a pod that answers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from mallee.cli.dashing import recorded as recent
from mallee.errors import MalleeError
from mallee.history.asking import chosen
from mallee.history.curves import Curve, Point
from mallee.history.recently import latest
from mallee.history.series import Series
from mallee.paths import pod_state_dir
from mallee.plot.drawing import drawn
from mallee.plot.plotted import ALARMS_MAX, Stood, plot, stood
from mallee.plot.terminal import render
from mallee.pod.loader import load_pod
from mallee.suggest import did_you_mean
from mallee.ui.braille import curve
from mallee.ui.chart import scale
from rich.console import Console

from .commanding import commands
from .peers_in_thread import PeersInThread, peers_in_thread, write_pod_file
from .plot_pod import BEGIN_S, FAULT_S, GAP_S, POD, log_alarms, moment, record, values

NAMES = [
    "pdu-a.power",
    "pdu-b.power",
    "pdu-a.branch.1.power",
    "pdu-a.branch.2.power",
    "skid-1.flow",
    "skid-1.pump_speed.1",
]
HOUR = ("--from", "2026-03-29T10:00", "--to", "2026-03-29T11:00")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plot") / "h.db"
    record(path)
    return path


@pytest.fixture
def mallee(capsys: pytest.CaptureFixture[str], recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "pod.toml").write_text(POD.replace('"h.db"', f'"{recorded}"'), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    log_alarms(pod_state_dir("p", 1))
    return commands(capsys)


def blank_columns(line: str) -> set[int]:
    return {at for at, character in enumerate(line.partition("│")[2]) if character in " \u2800"}


def test_the_terminal_shows_units_times_gaps_and_alarms(mallee) -> None:
    ran = mallee("plot", "skid-1.supply_temperature", "skid-1.flow", *HOUR)
    assert ran.code == 0
    lines = ran.out.splitlines()
    heads = [line for line in lines if line.startswith("skid-1.")]
    assert heads[0].startswith("skid-1.supply_temperature  ") and " degC " in heads[0]
    assert "36.60 to 37.40" in heads[0] and "l/min" in heads[1] and "550.0 to 650.0" in heads[1]
    assert "10:00:00" in ran.out and "11:00:00" in ran.out
    gap = {round(91 * second / 3600) for second in range(GAP_S[0] + 80, GAP_S[1] - 80)}
    curves = [blank_columns(line) for line in lines if "│" in line]
    assert len(curves) >= 10 and all(gap <= blank for blank in curves), "a gap was joined"
    flow_only = {round(91 * second / 3600) for second in range(FAULT_S[0] + 50, FAULT_S[1] - 50)}
    half = len(curves) // 2
    assert all(flow_only <= blank for blank in curves[:half]), "a value that was a fault was drawn"
    assert not all(flow_only <= blank for blank in curves[half:])
    assert "1 high     skid-1 no_answer  03-29 10:19:40 to 10:25:00" in ran.out
    assert "2 critical feed A feed_lost  03-29 10:33:20 and stands" in ran.out
    assert "3 medium   skid-1 supply_sensor_fault.1" in ran.out
    assert "overload_warning" not in ran.out and "leak" not in ran.out  # another device's; later
    marks = next(line for line in lines if line.startswith("  alarms"))
    assert [character for character in marks if character.isdigit()] == ["1", "2", "3"]


def test_the_zone_counts_for_what_is_asked_and_shown(mallee) -> None:
    ran = mallee("plot", "skid-1.flow", "--from", "2026-03-29T12:00", "--for", "1h", "--zone", "Europe/Berlin")
    assert ran.code == 0 and "12:00:00" in ran.out and "12:19:40" in ran.out and "600.0 l/min" not in ran.out


def test_a_svg_has_a_panel_a_unit_names_gaps_and_alarms_and_is_the_same_each_time(mallee, tmp_path: Path) -> None:
    asked = ("plot", "skid-1.*temperature", "skid-1.flow", *HOUR, "--file")
    ran = mallee(*asked, "out.svg")
    assert ran.code == 0 and "3 curves" in ran.err and ran.out == ""
    assert mallee(*asked, "again.svg").code == 0
    text = (tmp_path / "out.svg").read_text(encoding="utf-8")
    assert text == (tmp_path / "again.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    for word in ("degC", "l/min", "skid-1.supply_temperature", "skid-1.return_temperature", "skid-1.flow", "time, UTC"):
        assert f">{word}</text>" in text
    for alarm in ("skid-1 no_answer (high)", "feed A feed_lost (critical)", "skid-1 supply_sensor_fault.1 (medium)"):
        assert f">{alarm}</text>" in text
    assert "http" not in re.sub(
        r'xmlns(:\w+)?="[^"]*"|<!DOCTYPE[^>]*>|<metadata>.*?</metadata>', "", text, flags=re.DOTALL
    )
    lines = re.findall(r'<path d="(M [^"]*)" clip-path[^>]*stroke: (#0072b2|#d55e00)', text)
    pieces = [(colour, path.count("M ")) for path, colour in lines if path.count("\n") > 20]
    assert pieces == [("#0072b2", 2), ("#d55e00", 3), ("#0072b2", 2)]  # the gap; of the supply the fault too


def test_a_png_is_one_and_a_file_is_whole_or_as_it_was(mallee, tmp_path: Path) -> None:
    assert mallee("plot", "skid-1.flow", *HOUR, "--file", "out.png").code == 0
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG\r\n")
    ran = mallee("plot", "skid-1.flow", *HOUR, "--file", "no/such/folder.png")
    assert ran.code == 2 and "cannot write" in ran.err
    assert [path.name for path in tmp_path.glob("*.part")] == []


@pytest.mark.parametrize(
    ("arguments", "what", "next_step"),
    [
        ((), "no point was named", "DEVICE.POINT"),
        (("skid-1.flw",), "nothing was recorded of 'skid-1.flw'", "did you mean 'skid-1.flow'"),
        (("skid-1.temperature",), "'skid-1.temperature'", "' or 'skid-1."),
        (("skid-1.state",), "words, which have no curve", "mallee export"),
        (("skid-1.flow", "--file", "x.pdf"), "ends with '.pdf'", ".svg or .png"),
        (("skid-1.flow", "--from", "2026-03-29T20:00", "--for", "1h"), "nothing was recorded of these points", "gaps"),
        (("skid-1.flow", "--live", "5s", "--from", "2h"), "--live was given with a time", "leave one"),
        (("skid-1.flow", "-o", "csv"), "no form csv", "mallee export"),
        (("skid-1.flow", "--zone", "Mars"), "no time zone", "Europe/Berlin"),
        (("skid-1.flow", "--live", "soon"), "not a duration", "500ms"),
    ],
)
def test_errors_say_what_likely_and_next(mallee, arguments: tuple[str, ...], what: str, next_step: str) -> None:
    ran = mallee("plot", *arguments)
    assert ran.code == 2 and ran.out == ""
    told = {line.partition(": ")[0]: line.partition(": ")[2] for line in ran.err.splitlines() if ": " in line}
    if "-o" not in arguments:
        assert what in told["error"] and told["likely"] and next_step in told["next"]
    else:
        assert what in ran.err and next_step in ran.err


def test_without_a_history_the_lines_to_add_are_told_and_live(mallee, tmp_path: Path) -> None:
    (tmp_path / "pod.toml").write_text(POD.partition("[history]")[0], encoding="utf-8")
    ran = mallee("plot", "skid-1.flow")
    assert ran.code == 2 and "[history]" in ran.err and "--live 30s" in ran.err


@pytest.fixture(scope="module")
def peers() -> Iterator[PeersInThread]:
    with peers_in_thread() as running:
        yield running


def test_live_reads_and_never_writes(mallee, peers: PeersInThread, tmp_path: Path) -> None:
    write_pod_file(peers.pod.config, tmp_path / "pod.toml")
    ran = mallee("plot", "skid-1.supply_temperature", "pdu-a.power", "--live", "600ms", "--interval", "100ms")
    assert ran.code == 0 and "37.02 degC" in ran.out and "60000 W" in ran.out and ", 0 lost" in ran.err
    ran = mallee("plot", "skid-1.suply_temperature", "--live", "1s")
    assert ran.code == 2 and "did you mean 'skid-1.supply_temperature', " in ran.err and ran.err.count("'skid-1.") == 3
    ran = mallee("plot", "skid-9.flow", "--live", "1s")
    assert ran.code == 2 and "did you mean 'skid-1'" in ran.err
    functions = {request[0] for peer in peers.pod.peers for request in peer.requests}
    assert functions and not functions & {5, 6, 15, 16, 22, 23}


def test_live_takes_patterns_of_devices(mallee, peers: PeersInThread, tmp_path: Path) -> None:
    write_pod_file(peers.pod.config, tmp_path / "pod.toml")
    ran = mallee("plot", "pdu-*.power", "--live", "300ms", "--interval", "100ms", "--file", "out.svg")
    assert ran.code == 0 and "2 curves" in ran.err
    ran = mallee("plot", "*.supply_temperature", "--live", "300ms", "--interval", "100ms", "--file", "out.svg")
    assert ran.code == 0 and "1 curves" in ran.err  # PDUs have none, which is no error
    ran = mallee("plot", "pdu-*.pwr", "--live", "1s")
    assert ran.code == 2 and "pdu-*.pwr" in ran.err and "bug" not in ran.err
    ran = mallee("plot", "rdu-*.power", "--live", "1s")
    assert ran.code == 2 and "did you mean" in ran.err


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("pdu-*.power", ["pdu-a.power", "pdu-b.power"]),
        ("pdu-a.branch.*.power", ["pdu-a.branch.1.power", "pdu-a.branch.2.power"]),
        ("pdu-?.branch", []),
        ("skid-1.*", ["skid-1.flow", "skid-1.pump_speed.1"]),
        ("skid-1.pump_speed", ["skid-1.pump_speed.1"]),
        ("*.power", ["pdu-a.power", "pdu-b.power"]),
        ("*", NAMES),
    ],
)
def test_a_star_stays_within_one_part_of_a_name(pattern: str, wanted: list[str]) -> None:
    known = [Series(device, point, "W", "number", "H") for device, _, point in (name.partition(".") for name in NAMES)]
    if wanted:
        assert [each.name for each in chosen(known, [pattern])] == wanted
    else:
        with pytest.raises(MalleeError, match="nothing was recorded"):
            chosen(known, [pattern])


def test_nobody_answers_is_exit_code_3(mallee, tmp_path: Path) -> None:
    assert mallee("plot", "skid-1.flow", "--live", "1s", "--timeout", "200ms").code == 3


def test_the_latest_quarter_of_an_hour_is_in_the_unit_asked_for(recorded: Path) -> None:
    found = latest(recorded, {"skid-1.flow": 0.001, "skid-1.state": 1.0, "skid-1.none": 1.0})
    assert list(found) == ["skid-1.flow"]
    when, value = found["skid-1.flow"][-1]
    flow = values(3595)[2]
    assert isinstance(flow, float) and when == BEGIN_S + 3595 and value == pytest.approx(flow / 1000)
    assert found["skid-1.flow"][0][0] >= BEGIN_S + 2695


def test_trends_of_the_dashboard_begin_with_what_was_recorded(mallee, recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "none.toml").write_text(POD.partition("[history]")[0], encoding="utf-8")
    assert recent(load_pod(tmp_path / "none.toml")) is None
    before = recent(load_pod(tmp_path / "pod.toml"))
    assert before is not None and list(before({"skid-1.flow": 1.0, "pod.heat": 1.0})) == ["skid-1.flow"]


def test_alarms_are_from_their_coming_to_their_going(tmp_path: Path) -> None:
    from mallee.pod.alarms.store import AlarmStore

    log_alarms(tmp_path)
    log, _ = AlarmStore(tmp_path).events()
    assert [(each.name, each.begin_s - BEGIN_S, None if each.end_s is None else each.end_s - BEGIN_S) for each in stood(log)] == [
        ("skid-1 no_answer", 1180, 1500), ("feed A feed_lost", 2000, None), ("skid-1 supply_sensor_fault.1", 2400, 2530),
        ("pdu-a overload_warning.1", 2500, None), ("skid-1 leak", 7200, None),
    ]  # fmt: skip
    assert [each.device for each in stood(log, ["pdu-a"])] == ["pdu-a"]


def test_of_very_many_alarms_the_most_important_are_named_and_the_rest_counted() -> None:
    many = [Stood(f"pdu-{n}", "power_high", "low", 10.0 + n, None) for n in range(40)]
    made = plot(
        [Curve("a.b", "kW", [Point(0.0, 1.0), Point(60.0, 2.0)])],
        0.0,
        100.0,
        [*many, Stood("x", "trip", "critical", 5.0, 6.0)],
    )
    assert (
        len(made.alarms) == ALARMS_MAX
        and made.alarms[0].priority == "critical"
        and made.alarms_left_out == 41 - ALARMS_MAX
    )
    console = Console(width=80, file=io.StringIO())
    console.print(render(made, 80, 24))
    assert (
        isinstance(console.file, io.StringIO) and f"and {made.alarms_left_out} alarms more" in console.file.getvalue()
    )
    assert f"alarms, {made.alarms_left_out} more" in drawn(made, "svg").decode()


def test_braille_joins_neighbours_and_nothing_over_what_is_not_known() -> None:
    assert curve([(0.0, 0.0), (3.0, 1.0)], 0.0, 4.0, 0.0, 1.0, 2, 1) == ["⡠⠊"]
    assert curve([(0.0, 0.0), (1.5, None), (3.0, 1.0)], 0.0, 4.0, 0.0, 1.0, 2, 1) == ["⡀⠈"]
    assert curve([(9.0, 1.0)], 0.0, 4.0, 0.0, 1.0, 1, 1) == ["⠀"]
    low, high = scale([100.0, 100.1])
    assert low < 99.1 and high > 101.0  # noise does not fill the chart


def test_the_nearest_names_are_told(mallee) -> None:
    names = ["skid-1.flow", "skid-1.flow_low", "skid-1.heat", "pdu-a.power"]
    assert did_you_mean("skid-1.flo", names) == "did you mean 'skid-1.flow'?"
    assert did_you_mean("skid-1.flo", names, most=2) == "did you mean 'skid-1.flow' or 'skid-1.flow_low'?"
    assert moment(0).isoformat() == "2026-03-29T10:00:00+00:00"
