"""The JSON API: what it tells, whom it lets act, and what it says of bad input."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from mallee.pod.alarms.store import ACTIONS, AlarmStore
from mallee.pod.following import Seen
from mallee.pod.runner import PodRunner
from mallee.web.endpoints import AlarmLists, JournalView
from mallee.web.handlers import ENDPOINTS
from mallee.web.points import PointView
from mallee.web.roles import Role

from ...conftest import ROOT
from ..documents import troubled
from ..pod_of_peers import PodOfPeers
from .asking import twin, with_host, with_page
from .pages import NOW, Opened

ACK = {"device": "skid-1", "alarm": "over_temperature", "note": "seen"}


def test_what_is_known_can_be_asked_for(tmp_path: Path) -> None:
    async def scenario(page: Opened) -> None:
        about = (await page.get("/api/v1/about")).json()
        assert about["pod"] == "default pod" and len(about["devices"]) == 10 and not about["recorded"]
        seen = msgspec.json.decode((await page.get("/api/v1/pod")).content, type=Seen)
        assert seen.source == "host" and seen.document.scan == 77 and not seen.stale
        device = (await page.get("/api/v1/devices/skid-1")).json()
        assert device["kind"] == "skid" and device["skid"]["flow"]["value"] == 1192.0 and device["pdu"] is None
        points = msgspec.json.decode((await page.get("/api/v1/devices/pdu-a1/points")).content, type=list[PointView])
        by_name = {each.point.name: each for each in points}
        assert by_name["branch.3.current"].value is not None and by_name["branch.3.current"].value.value == 21.0
        assert by_name["branch.3.rating"].value is None and by_name["branch.3.rating"].point.writable
        assert not [name for name in by_name if name.startswith("latched.")]
        point = (await page.get("/api/v1/devices/skid-1/points/flow")).json()
        assert point["point"]["unit"] == "l/min" and point["value"]["value"] == 1192.0
        alarms = msgspec.json.decode((await page.get("/api/v1/alarms")).content, type=AlarmLists)
        assert [each.name for each in alarms.active] == ["overload_trip.4", "no_answer"]
        names = {each["name"] for each in (await page.get("/api/v1/series")).json()}
        assert {"skid-1.flow", "pdu-a1.branch.8.current", "feed A.load", "pod.power"} <= names

    with_page(tmp_path, scenario)


def test_before_the_first_document_it_says_so(tmp_path: Path) -> None:
    async def scenario(page: Opened) -> None:
        page.page.live.seen = None
        for path in ("/api/v1/pod", "/api/v1/alarms", "/api/v1/devices/skid-1"):
            response = await page.get(path)
            assert response.status_code == 503 and twin(response).code == 3
        assert (await page.get("/api/v1/devices/skid-1/points")).status_code == 200
        assert b"mallee_pod" not in (await page.get("/metrics")).content

    with_page(tmp_path, scenario)


@pytest.mark.parametrize(
    ("path", "status", "what", "next_step"),
    [
        ("/api/v1/devices/skid1", 404, "'skid1'", "did you mean 'skid-1' or 'skid-2'?"),
        ("/api/v1/devices/skid-1/points/flwo", 404, "'flwo'", "did you mean 'flow'"),
        ("/api/v1/history?series=skid-1.flwo", 404, "skid-1.flwo", "did you mean 'skid-1.flow', 'skid-2.flow' or '"),
        ("/api/v1/history", 400, "series", "openapi"),
        ("/api/v1/history?series=skid-1.flow&last=soon", 400, "last", "openapi"),
        ("/api/v1/history?series=skid-1.flow&last=5m&last=6m", 400, "twice", "openapi"),
        ("/api/v1/history?series=skid-1.flow&until=yesterday", 400, "until", "openapi"),
        ("/api/v1/pod?verbose=1", 400, "verbose", "openapi"),
        ("/api/v1/nothing", 404, "/api/v1/nothing", "openapi"),
        ("/static/../app.py", 404, "app.py", "openapi"),
        ("/static/nothing.js", 404, "nothing.js", "openapi"),
    ],
)
def test_wrong_names_and_questions_are_told(tmp_path: Path, path: str, status: int, what: str, next_step: str) -> None:
    async def scenario(page: Opened) -> None:
        response = await page.get(path)
        assert response.status_code == status
        error = twin(response)
        assert what in error.message and error.likely and next_step in error.next and error.code == 2

    with_page(tmp_path, scenario)


def test_only_names_of_this_computer_are_served(tmp_path: Path) -> None:
    async def scenario(page: Opened) -> None:
        for host in ("127.0.0.1:8034", "localhost", "[::1]:8034", "192.0.2.7", "pod.example:80", "POD.example"):
            assert (await page.client.get("/", headers={"host": host})).status_code == 200, host
        for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "a b", "127.0.0.1:x"):
            response = await page.client.get("/api/v1/pod", headers={"host": host})
            assert response.status_code == 421 and "--name" in twin(response).next, host
        assert page.page.counters.refused == {"host": 6}

    with_page(tmp_path, scenario, names=frozenset({"pod.example"}))


def test_other_sites_may_not_act_nor_read(tmp_path: Path) -> None:
    async def scenario(page: Opened) -> None:
        headers = {"authorization": f"Bearer {page.tokens[Role.ENGINEER]}", "origin": "http://evil.example"}
        response = await page.client.post("/api/v1/alarms/acknowledge", json=ACK, headers=headers)
        assert response.status_code == 403 and "evil.example" in twin(response).message
        response = await page.client.post("/api/v1/alarms/acknowledge", content=b"{}", headers={
            "authorization": headers["authorization"], "content-type": "text/plain"})  # fmt: skip
        assert response.status_code == 415  # what a form could send
        preflight = await page.client.options("/api/v1/alarms/acknowledge", headers=headers)
        assert preflight.status_code in (403, 405)
        response = await page.client.get("/api/v1/pod", headers=headers)
        for each in (preflight, response, await page.get("/")):
            assert not [name for name in each.headers if name.startswith("access-control")]
            assert each.headers["cross-origin-resource-policy"] == "same-origin"
            assert "default-src 'none'" in each.headers["content-security-policy"] and "set-cookie" not in each.headers
        assert not (tmp_path / ACTIONS).exists()

    with_page(tmp_path, scenario)


def test_who_may_do_what(tmp_path: Path) -> None:
    """Every endpoint, with every role: what needs one is refused to those below it."""

    async def scenario(page: Opened) -> None:
        for each in ENDPOINTS:
            path = each.path.replace("{name}", "skid-1").replace("{point}", "flow")
            for role in (None, *Role):
                response = await (page.get(path, role) if each.method == "GET" else page.post(path, {}, role))
                if each.role is None or (role is not None and role.may(each.role)):
                    assert response.status_code in (200, 400, 504), (path, role)  # 504: there are no controllers
                else:
                    assert response.status_code == (401 if role is None else 403), (path, role)
                    assert twin(response).code == 4 and "mallee serve token add" in twin(response).next
        assert (await page.get("/api/v1/me")).headers["www-authenticate"] == "Bearer"
        headers = {"authorization": "Bearer mallee_wrong"}
        assert (await page.client.get("/api/v1/me", headers=headers)).status_code == 401
        assert (await page.get("/api/v1/me", Role.OPERATOR)).json() == {"name": "the-operator", "role": "operator"}
        refused = [entry for entry in page.page.journal.entries()[0] if entry.outcome == "refused"]
        assert len(refused) == 8 and {entry.by for entry in refused} == {"the-viewer", "the-operator"}
        assert page.page.counters.refused["role"] == 11  # three of them only wanted to read

    with_page(tmp_path, scenario)


def test_a_private_page_shows_nothing_without_a_token(tmp_path: Path) -> None:
    async def scenario(page: Opened) -> None:
        for each in ENDPOINTS:
            if each.method == "GET":
                path = each.path.replace("{name}", "skid-1").replace("{point}", "flow")
                assert (await page.get(path)).status_code == 401, path
        for path in ("/metrics", "/live"):
            assert (await page.get(path)).status_code == 401
        assert (await page.get("/metrics", Role.VIEWER)).status_code == 200
        assert (await page.get("/api/v1/pod", Role.VIEWER)).status_code == 200
        assert (await page.get("/")).status_code == 200  # where one signs in
        document = (await page.get("/api/v1/openapi.json")).json()
        assert document["paths"]["/api/v1/pod"]["get"]["security"] == [{"token": []}]

    with_page(tmp_path, scenario, private=True)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b'{"device": "skid-1"}', "alarm"),
        (b'{"device": "skid-1", "alarm": "flow_low", "notes": ""}', "notes"),
        (b'{"device": "", "alarm": "flow_low"}', "device"),
        (b'{"device": 1, "alarm": "flow_low"}', "device"),
        (b'\xff\xfe', "body"),
        (b"[" * 5000, "body"),
    ],


)  # fmt: skip
def test_a_body_that_is_none_is_told(tmp_path: Path, body: bytes, what: str) -> None:
    async def scenario(page: Opened) -> None:
        headers = {"authorization": f"Bearer {page.tokens[Role.OPERATOR]}", "content-type": "application/json"}
        response = await page.client.post("/api/v1/alarms/acknowledge", content=body, headers=headers)
        assert response.status_code == 400 and what in twin(response).message

    with_page(tmp_path, scenario)


def test_a_body_without_end_is_cut_off(tmp_path: Path) -> None:
    async def scenario(page: Opened) -> None:
        headers = {"authorization": f"Bearer {page.tokens[Role.OPERATOR]}", "content-type": "application/json"}
        body = b'"' + b"x" * 64_000 + b'"'
        response = await page.client.post("/api/v1/alarms/acknowledge", content=body, headers=headers)
        assert response.status_code == 413 and page.page.counters.refused == {"size": 1}

    with_page(tmp_path, scenario)


def test_an_alarm_is_acknowledged_by_the_running_host_and_noted(tmp_path: Path) -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner, page: Opened) -> None:
        asked = asyncio.create_task(page.post("/api/v1/alarms/acknowledge", ACK, Role.OPERATOR))
        await asyncio.sleep(0.05)
        assert len(list((tmp_path / ACTIONS).glob("*.json"))) == 1
        (entry,) = page.page.journal.entries()[0]
        assert entry.outcome == "asked"  # before anything is done
        document = await runner.scan()
        response = await asked
        assert response.json() == {"verb": "acknowledge", "done": ["skid-1: over_temperature"]}
        assert document.alarms[0].acknowledged_by == "the-operator" and document.alarms[0].note == "seen"
        view = msgspec.json.decode((await page.get("/api/v1/journal", Role.OPERATOR)).content, type=JournalView)
        assert [each.outcome for each in view.entries] == ["done", "asked"]
        assert {(each.by, each.verb, each.target) for each in view.entries} == {
            ("the-operator", "acknowledge", "skid-1: over_temperature")
        }
        again = asyncio.create_task(page.post("/api/v1/alarms/acknowledge", ACK, Role.ENGINEER))
        await asyncio.sleep(0.05)
        await runner.scan()
        response = await again
        assert response.status_code == 409 and "acknowledged already" in twin(response).message
        shelve = {"device": "skid-1", "alarm": "over_temperature", "note": "known", "for_s": 3600}
        asked = asyncio.create_task(page.post("/api/v1/alarms/shelve", shelve, Role.OPERATOR))
        await asyncio.sleep(0.05)
        document = await runner.scan()
        assert (await asked).status_code == 200 and document.suppressed[0].shelved_by == "the-operator"
        assert page.page.counters.actions == {
            ("acknowledge", "done"): 1, ("acknowledge", "refused"): 1, ("shelve", "done"): 1,
        }  # fmt: skip

    with_host(tmp_path, scenario)


def test_what_cannot_be_noted_is_not_done(tmp_path: Path) -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner, page: Opened) -> None:
        (tmp_path / "web-actions.jsonl").mkdir()  # as a disk that is full: it cannot be written
        response = await page.post("/api/v1/alarms/acknowledge", ACK, Role.OPERATOR)
        assert response.status_code == 507 and "disk is full" in twin(response).likely and twin(response).code == 2
        assert not AlarmStore(tmp_path).take()[0]
        before = list(pod.skid.requests)
        response = await page.post("/api/v1/devices/skid-1/points", {"values": {"preset_speed": 55}}, Role.ENGINEER)
        assert response.status_code == 507
        assert not [pdu for pdu in pod.skid.requests[len(before) :] if pdu[0] in (5, 6, 15, 16)]

    with_host(tmp_path, scenario)


def test_without_a_host_nobody_hears(tmp_path: Path) -> None:
    async def scenario(page: Opened) -> None:
        response = await page.post("/api/v1/alarms/acknowledge", ACK, Role.OPERATOR)
        assert response.status_code == 504 and twin(response).code == 3 and "mallee run" in twin(response).next
        asked, ended = page.page.journal.entries()[0]
        assert (asked.outcome, ended.outcome, asked.id) == ("asked", "failed", ended.id) and "no host" in ended.why

    with_page(tmp_path, scenario)


def test_now_is_by_the_clock_of_who_writes_the_documents(tmp_path: Path) -> None:
    """A demo's runs faster than this computer's: what came last is part of the last 15 minutes."""

    async def scenario(page: Opened) -> None:
        ahead = msgspec.structs.replace(troubled(), time=NOW + timedelta(days=400), scan=78)
        page.page.live.hear(Seen(ahead, "host"))
        (series,) = (await page.get("/api/v1/history?series=skid-1.flow&last=1m")).json()["series"]
        assert series["values"] == [1192.0]
        until = {"series": "skid-1.flow", "until": "2026-01-01T12:00:00Z"}
        found = (await page.get("/api/v1/history", params=until)).json()
        assert found["to_ms"] == 1_767_268_800_000 and found["to_ms"] - found["from_ms"] == 900_000

    with_page(tmp_path, scenario)


def test_a_bug_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(page: Opened) -> None:
        monkeypatch.setattr(page.page.live.ring, "names", lambda: 1 / 0)
        response = await page.get("/api/v1/series")
        assert (
            response.status_code == 500 and twin(response).code == 1 and "ZeroDivisionError" in twin(response).message
        )

    with_page(tmp_path, scenario)


def test_behind_the_documented_proxy_one_can_act(tmp_path: Path) -> None:
    """The browser's Host and Origin, changed as the lines in docs/web.md say, before a page started as they say."""
    text = (ROOT / "docs" / "web.md").read_text(encoding="utf-8")
    started = re.search(r"^mallee serve .*--name (\S+)", text, re.MULTILINE)
    assert started is not None and f"{started[1]} {{" in text and "reverse_proxy 127.0.0.1:8034" in text
    headers = {"host": started[1], "origin": f"https://{started[1]}"}
    headers |= {name.lower(): value for name, value in re.findall(r"header_up (\w+) ([\w.:-]+)", text)}

    async def scenario(page: Opened) -> None:
        token = {"authorization": f"Bearer {page.tokens[Role.OPERATOR]}"}
        response = await page.client.post("/api/v1/alarms/acknowledge", json=ACK, headers=headers | token)
        assert response.status_code not in (403, 421), response.text
        assert page.page.counters.refused == {}
        renamed = headers | token | {"host": "127.0.0.1:8034"}
        refused = await page.client.post("/api/v1/alarms/acknowledge", json=ACK, headers=renamed)
        assert refused.status_code == 403 and "a proxy before it must keep the Host" in twin(refused).next

    with_page(tmp_path, scenario, names=frozenset({started[1]}))
