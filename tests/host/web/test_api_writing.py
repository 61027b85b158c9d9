"""Points written through the JSON API: limits, what follows, and a device's own dictionary."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from mallee.pod.config import PodConfig, PodSection, Skid
from mallee.pod.runner import PodRunner
from mallee.web.endpoints import PointsSet
from mallee.web.roles import Role

from ..peer import Peer
from ..pod_of_peers import PodOfPeers
from ..test_unknown_map import NEWER
from ..virtual_loop import run_virtual
from .asking import twin, with_host
from .pages import Opened, opened

ACK = {"device": "skid-1", "alarm": "over_temperature", "note": "seen"}


def test_an_engineer_writes_points_within_their_limits(tmp_path: Path) -> None:
    async def scenario(pod: PodOfPeers, runner: PodRunner, page: Opened) -> None:
        path, body = "/api/v1/devices/skid-1/points", {"values": {"preset_speed": 55, "minimum_speed": 20}}
        before = pod.skid.get("preset_speed")
        response = await page.post(path, {**body, "dry_run": True}, Role.ENGINEER)
        planned = msgspec.json.decode(response.content, type=PointsSet)
        words = [word for request in planned.requests for word in request.words]
        assert planned.dry_run and sorted(words) == [2000, 5500] and planned.requests[0].function == 16
        assert {each.point: (each.old, each.new, each.unit) for each in planned.points} == {
            "preset_speed": (before / 100, 55.0, "%"), "minimum_speed": (15.0, 20.0, "%"),
        } and planned.consequences == ()  # fmt: skip
        assert pod.skid.get("preset_speed") == before and page.page.journal.entries() == ([], 0)
        response = await page.post(path, body, Role.ENGINEER)
        done = msgspec.json.decode(response.content, type=PointsSet)
        assert {each.point: (each.new, each.unit) for each in done.points} == {
            "preset_speed": (55.0, "%"), "minimum_speed": (20.0, "%"),
        }  # fmt: skip
        assert pod.skid.get("preset_speed") == 5500
        asked, ended = page.page.journal.entries()[0]
        assert (
            asked.detail == "preset_speed = 55; minimum_speed = 20"
            and ended.outcome == "done"
            and "→ 55" in ended.detail
        )
        for values, status, what in (
            ({"preset_speed": 900}, 409, "preset_speed"),
            ({"flow": 1}, 400, "cannot be written"),
            ({"preset_sped": 1}, 404, "preset_sped"),
            ({"mode_setpoint": "flwo"}, 400, "flwo"),
            ({"preset_speed": True}, 400, "preset_speed"),
        ):
            response = await page.post(path, {"values": values}, Role.ENGINEER)
            assert response.status_code == status and what in twin(response).message, values
        last = page.page.journal.entries()[0][-1]
        assert (last.outcome, last.verb, last.target) == ("refused", "set", "skid-1")
        on = {"values": {"branch_switch.1": True}}
        assert (await page.post("/api/v1/devices/pdu-a/points", on, Role.ENGINEER)).is_success
        assert pod.pdu_a.image["coil"][0] == 1
        pod.skid.silent = True
        response = await page.post(path, body, Role.ENGINEER)
        assert response.status_code == 504 and pod.skid.get("preset_speed") == 5500

    with_host(tmp_path, scenario)


def test_what_follows_is_said_before_it_is_written(tmp_path: Path) -> None:
    """As on the command line; the device itself says what is there now."""

    async def scenario(pod: PodOfPeers, runner: PodRunner, page: Opened) -> None:
        async def planned(device: str, **values: object) -> PointsSet:
            body = {"values": {name.replace("__", "."): value for name, value in values.items()}, "dry_run": True}
            response = await page.post(f"/api/v1/devices/{device}/points", body, Role.ENGINEER)
            return msgspec.json.decode(response.content, type=PointsSet)

        pod.pdu_a.image["coil"][1] = True
        off = await planned("pdu-a", branch_switch__2=False)
        assert [(each.old, each.new) for each in off.points] == [(True, False)]
        (loss,) = off.consequences
        assert loss.worst and "branch 2 is opened: rack-2 on feed A loses this supply at once" in loss.text
        pod.pdu_a.image["coil"][1] = False
        assert (await planned("pdu-a", branch_switch__2=False)).consequences == (), "it is open already"
        standby = await planned("skid-1", operation_setpoint="standby")
        assert [(each.old, each.new) for each in standby.points] == [("run", "standby")]
        assert standby.consequences[0].worst and "may cool no more" in standby.consequences[0].text
        (latch,) = (await planned("skid-1", reset_latch=17)).consequences
        assert not latch.worst and "what it stopped may start" in latch.text
        assert (await planned("skid-1", supply_pressure_stop=620)).consequences[0].worst
        assert pod.skid.get("operation_setpoint") == 0 and page.page.journal.entries() == ([], 0)
        body = {"values": {"operation_setpoint": "standby"}}
        done = await page.post("/api/v1/devices/skid-1/points", body, Role.ENGINEER)
        assert msgspec.json.decode(done.content, type=PointsSet).consequences == standby.consequences
        assert pod.skid.get("operation_setpoint") == 1
        pod.skid.silent = True
        asked = await page.post("/api/v1/devices/skid-1/points", body | {"dry_run": True}, Role.ENGINEER)
        assert asked.status_code == 504, "what is there now is not known"

    with_host(tmp_path, scenario)


def test_a_newer_controllers_own_points_are_shown_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a release that this one knows nothing of: by what the controller itself says of its points."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = "/api/v1/devices/skid-1"

    async def main() -> None:
        async with Peer(NEWER, profile=1, name="skid-1") as skid:
            config = PodConfig(pod=PodSection(name="new pod"), skids=(Skid("skid-1", f"tcp://127.0.0.1:{skid.port}"),))
            async with opened(tmp_path, config=config) as page:
                assert (await page.get(f"{path}/points/economy")).status_code == 404
                assert skid.requests == [], "who only looks asks no controller"
                assert (await page.get(f"{path}/own-points", Role.OPERATOR)).status_code == 403
                views = (await page.get(f"{path}/own-points", Role.ENGINEER)).json()
                (economy,) = (view["point"] for view in views if view["point"]["name"] == "economy")
                assert (economy["low"], economy["high"], economy["unit"]) == (0, 90, "kW")
                assert (await page.get(f"{path}/points/economy")).status_code == 200
                body = {"values": {"economy": 33.5}}
                planned = await page.post(f"{path}/points", {**body, "dry_run": True}, Role.ENGINEER)
                assert planned.json()["requests"][0]["words"] == [335] and skid.get("economy") != 335
                done = await page.post(f"{path}/points", body, Role.ENGINEER)
                assert done.json()["points"][0]["new"] == 33.5 and skid.get("economy") == 335
                too_much = await page.post(f"{path}/points", {"values": {"economy": 900}}, Role.ENGINEER)
                assert too_much.status_code == 409 and "economy" in twin(too_much).message
                misspelt = await page.post(f"{path}/points", {"values": {"econmy": 1}}, Role.ENGINEER)
                assert misspelt.status_code == 404 and "economy" in twin(misspelt).next

    run_virtual(main())
