"""`mallee report shift`: the page of an hour of which everything is known, but for its picture to the byte."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from mallee.paths import pod_state_dir

from .commanding import commands
from .plot_pod import POD, log_alarms, note_decision, record
from .report_pod import POD as REPORTED
from .report_pod import Recording

GOLDEN = Path(__file__).with_name("shift_page.html")
HOUR = ("--from", "2026-03-29T12:00", "--for", "1h", "--zone", "Europe/Berlin")


@pytest.fixture
def mallee(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "pod.toml").write_text(POD, encoding="utf-8")
    record(tmp_path / "h.db")
    monkeypatch.chdir(tmp_path)
    log_alarms(pod_state_dir("p", 1), others=True)
    note_decision(pod_state_dir("p", 1))
    return commands(capsys)


class Tags(HTMLParser):
    """Names of the elements, and that each is closed where it has to be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def without_picture(text: str) -> str:
    return re.sub(r"<svg.*</svg>", "<svg></svg>", text, flags=re.DOTALL)


def test_the_page_is_as_it_was(mallee, tmp_path: Path) -> None:
    ran = mallee("report", "shift", *HOUR, "--file", "shift.html")
    assert ran.code == 0 and ran.out == "" and "shift.html: 4 alarms" in ran.err
    text = (tmp_path / "shift.html").read_text(encoding="utf-8")
    assert without_picture(text) == GOLDEN.read_text(encoding="utf-8")
    page = Tags(text)
    assert (
        page.open == []
        and page.seen >= {"svg", "table", "style"}
        and not page.seen & {"script", "link", "img", "iframe"}
    )
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"|url\((?!#)', text) == []
    assert (
        "skid-1 no_answer (high)" in text and "&lt;the cable&gt;" in text
    )  # in the picture; what a person typed is no HTML


def test_without_a_history_it_says_what_it_cannot_tell(mallee, tmp_path: Path) -> None:
    (tmp_path / "pod.toml").write_text(POD.partition("[history]")[0], encoding="utf-8")
    ran = mallee("report", "shift", *HOUR)
    assert ran.code == 0 and "<h2>Alarms</h2>" in ran.out and "<svg" not in ran.out
    assert "no energies and no trends" in ran.out and "no energies and no trends" in ran.err


def test_an_empty_time_and_a_folder_that_is_not_there(mallee) -> None:
    ran = mallee("report", "shift", "--from", "2026-03-20T12:00", "--for", "8h")
    assert ran.code == 0 and "<p>None.</p>" in ran.out and "nothing was recorded in that time" in ran.out
    ran = mallee("report", "shift", *HOUR, "--file", "no/such/page.html")
    assert ran.code == 2 and "cannot write" in ran.err
    ran = mallee("report", "shift", "-o", "csv")
    assert ran.code == 2 and "a page has no form csv" in ran.err


def test_energies_are_those_of_the_report(mallee, tmp_path: Path) -> None:
    (tmp_path / "pod.toml").write_text(REPORTED.replace("h.db", "r.db"), encoding="utf-8")
    recording = Recording(tmp_path / "r.db")
    recording.run(0, 2 * 3600 + 10)
    recording.close(2 * 3600 + 10)
    ran = mallee("report", "shift", "--from", "2026-03-28T22:00", "--for", "2h")
    assert ran.code == 0
    assert '<td class="t">2026-03-28 22:00</td><td class="n">60.0</td>' in ran.out  # two racks, 60 kW
    assert '<td class="t">all</td><td class="n">120.0</td>' in ran.out and "<b>120.0 kWh</b>" in ran.out


def test_covered_is_of_the_time_asked_about(mallee, tmp_path: Path) -> None:
    """Of an eight-hour shift an hour and five minutes were recorded: 13 %, and not nearly all."""
    (tmp_path / "pod.toml").write_text(REPORTED.replace("h.db", "r.db"), encoding="utf-8")
    recording = Recording(tmp_path / "r.db")
    recording.run(0, 3900)
    recording.close(3900)
    ran = mallee("report", "shift", "--from", "2026-03-28T18:00", "--for", "8h")
    energy = ran.out.partition("Energy by hour")[2].partition("</table>")[0]
    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in energy.split("<tr>")[2:]]
    assert [(row[0], row[-1]) for row in rows] == [
        ("2026-03-28 22:00", "100"), ("2026-03-28 23:00", "7"), ("all", "13"),
    ]  # fmt: skip
    assert " UTC, 8 h</p>" in ran.out
    short = mallee("report", "shift", "--from", "2026-03-28T22:00", "--for", "10m")
    assert " UTC, 10 min</p>" in short.out
    assert " UTC, 7 h 30 min</p>" in mallee("report", "shift", "--from", "2026-03-28T18:00", "--for", "450m").out
