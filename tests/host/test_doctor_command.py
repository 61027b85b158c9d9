"""`mallee doctor` as a command: of devices of other makes, where nobody answers, and beside a host that runs here."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import msgspec
from mallee import clock
from mallee.diagnosis import asking, overheard
from mallee.link.opening import links_from
from mallee.pod.config import MappedDevice
from mallee.pod.document import LeaseView, PodDocument
from mallee.reading import Quality
from mallee.testing import MockPod, run

from ..conftest import ROOT
from . import healthy_pod
from .commanding import commands
from .virtual_loop import run_virtual

POD = """\
[pod]
name = "p"
[[skid]]
name = "skid-1"
address = "tcp://192.0.2.1"
[[device]]
name = "meter"
address = "tcp://192.0.2.2"
unit = 10
map = "meter.toml"
"""


def test_a_device_of_another_make_is_asked_whether_its_map_fits(tmp_path, capsys, monkeypatch):
    (tmp_path / "pod.toml").write_text(POD, encoding="utf-8")
    (tmp_path / "meter.toml").write_text(
        (ROOT / "examples" / "shelf.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    command = commands(capsys)
    monkeypatch.setattr(clock, "run", run)
    with MockPod(tmp_path / "pod.toml") as pod:
        arguments = ("doctor", "meter", "--config", str(tmp_path / "pod.toml"), "-o", "json")
        assert command(*arguments).code == 0
        device = pod["meter"]
        assert isinstance(pod.config.devices[0], MappedDevice) and device.dictionary.foreign is not None
        device.refuse(device.dictionary.foreign.probe)
        ran = command(*arguments)
        (found,) = [row for row in ran.json if row["state"] == "fail"]
        assert ran.code == 5 and found["check"] == "map" and "refuses" in found["seen"]


def test_the_command_where_nobody_answers(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(clock, "run", run_virtual)
    text = POD.partition("[[device]]")[0]
    (tmp_path / "pod.toml").write_text(text.replace("192.0.2.1", "127.0.0.1:9"), encoding="utf-8")
    command = commands(capsys)
    ran = command("doctor", "tcp://127.0.0.1:9#3", "-o", "csv")
    first = ran.out.splitlines()[1]
    assert ran.code == 3 and "the controller runs no server" in first
    assert first.startswith("tcp://127.0.0.1:9#3,port,fail,")
    ran = command("doctor", "--config", str(tmp_path / "pod.toml"))
    assert ran.code == 3 and "1 fail" in ran.out and "start `mallee demo`" in ran.err and "skid-1\n" in ran.out
    ran = command("doctor", "skid-9")
    assert ran.code == 2 and "did you mean 'skid-" in ran.err


def heard(monkeypatch, document: PodDocument):
    """What the doctor says beside a host that runs here and shows this document, scan after scan; nothing is sent on any line."""
    serial = {c.name: f"serial:///dev/ttyUSB{n % 2}" for n, c in enumerate(healthy_pod.CONFIG.controllers)}

    def moved(entries):
        return tuple(
            msgspec.structs.replace(each, address=serial[each.name], unit=n) for n, each in enumerate(entries, 1)
        )

    config = msgspec.structs.replace(
        healthy_pod.CONFIG, skids=moved(healthy_pod.CONFIG.skids), pdus=moved(healthy_pod.CONFIG.pdus)
    )
    scans = itertools.count(1)

    def live(folder):
        return SimpleNamespace(document=msgspec.structs.replace(document, scan=next(scans)), stale=False)

    def refuse(address, timeout_s):
        raise AssertionError(f"{address} was opened")

    for module in (asking, overheard):
        monkeypatch.setattr(module, "live", live)
    with links_from(refuse):
        diagnosis = run(asking.diagnose_all(asking.plan_of(None, config), for_s=3.0))
    wrong = {where: f.check for where, fs in diagnosis.found for f in fs if f.state in ("warn", "fail")}
    return diagnosis.code, wrong


def test_beside_a_host_that_runs_here_its_serial_lines_are_left_to_it(monkeypatch):
    document = healthy_pod.healthy()
    leased = {"lease": LeaseView(state="active", holder=document.host_id, remaining_s=4.0)}
    document = msgspec.structs.replace(
        document,
        skids=tuple(msgspec.structs.replace(each, **leased) for each in document.skids),
        pdus=tuple(msgspec.structs.replace(each, **leased) for each in document.pdus),
    )
    assert heard(monkeypatch, document) == (0, {})
    swapped = healthy_pod.with_skid(
        document, 0, "supply_pressure", lambda value: msgspec.structs.replace(value, value=100.0, quality=Quality.GOOD)
    )
    swapped = healthy_pod.with_skid(
        swapped, 0, "return_pressure", lambda value: msgspec.structs.replace(value, value=260.0, quality=Quality.GOOD)
    )
    assert heard(monkeypatch, swapped) == (5, {"skid-1": "supply and return"})
    pdus = (msgspec.structs.replace(document.pdus[0], answering=False, reason="silent"), *document.pdus[1:])
    assert heard(monkeypatch, msgspec.structs.replace(document, pdus=pdus)) == (5, {document.pdus[0].name: "host"})
