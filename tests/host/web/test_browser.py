"""The page in Chromium, before a host that controls a pod: it shows, it updates, it acts, and it asks nobody else."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from mallee.pod.alarms.store import AlarmStore
from mallee.pod.following import Seen
from mallee.web.roles import Role

from .. import documents
from .browsing import Watched, expect
from .served import Served, served_documents, served_pod

QUIET = (HealthCheck.too_slow, HealthCheck.filter_too_much)


def test_every_view_is_shown_and_lives(tab: Watched, served: Served) -> None:
    page, pod = tab.page, served.pod
    assert pod is not None
    page.goto(served.url)
    expect(page.locator(".status .pill")).to_have_text("live")
    expect(page.locator("main")).to_contain_text("rack-1")
    supply = page.locator("main table").first.locator("tbody tr").first.locator("td").nth(2)
    expect(supply).to_contain_text("37.0")
    served.call(lambda: pod.skid.set("supply_temperature", 3860))
    expect(supply).to_contain_text("↑38.6")
    served.call(lambda: pod.skid.set("supply_temperature", 3702))
    expect(supply).to_contain_text("37.0")
    page.get_by_role("link", name="Skids").click()
    drawing = page.locator("svg.schematic")
    for text in ("heat exchanger", "199 kPa", "pump 1: running 61 %", "800 l/min", "set 37.0"):
        expect(drawing).to_contain_text(text)
    served.call(lambda: pod.skid.set("flow", 7654))
    expect(drawing).to_contain_text("765 l/min")
    expect(page.locator("main")).to_contain_text("an equal share")  # why the host set it
    page.get_by_role("link", name="PDUs").click()
    expect(page.locator("main")).to_contain_text("L1")
    expect(page.locator("main")).to_contain_text("45.0")
    page.get_by_role("link", name="Bus").click()
    expect(page.locator("main")).to_contain_text(f":{pod.skid.port}")
    page.get_by_role("link", name="Trends").click()
    expect(page.locator("#chart .scatterlayer .trace")).to_have_count(4)
    page.get_by_label("point to add").fill("pdu-a.branch.1.power")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#chart .scatterlayer .trace")).to_have_count(5)


def test_nobody_acts_without_a_token_and_an_operator_acknowledges(tab: Watched, served: Served) -> None:
    page = tab.page
    page.goto(f"{served.url}#/alarms")
    row = page.locator(".alarms li").filter(has_text="over temperature")
    expect(row).to_contain_text("unacknowledged")
    row.get_by_role("button", name="Acknowledge").click()
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("mallee serve token add")
    dialog.get_by_label("Token").fill("mallee_guessed")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_contain_text("none that is known here")
    assert served.page.journal.entries() == ([], 0)
    # Chromium tells each refusal on its console: that one was asked for.
    assert len(tab.errors) == 1 and "401" in tab.errors.pop()
    dialog.get_by_label("Token").fill(served.tokens[Role.OPERATOR])
    dialog.get_by_role("button", name="Sign in").click()
    expect(page.locator(".status")).to_contain_text("the-operator · operator")
    row.get_by_role("button", name="Acknowledge").click()
    dialog.get_by_label("What you found").fill("looked at it")
    dialog.get_by_role("button", name="Acknowledge").click()
    expect(dialog).to_be_hidden()  # it was answered: until then the journal may not have the outcome
    expect(row.locator(".state")).to_contain_text("by the-operator, looked at it")
    kept = AlarmStore(served.page.journal.folder).view()
    assert kept is not None and kept.alarms[0].acknowledged_by == "the-operator"
    assert [entry.outcome for entry in served.page.journal.entries()[0]] == ["asked", "done"]
    row.get_by_role("button", name="Shelve").click()
    dialog.get_by_label("Why").fill("known")
    dialog.get_by_role("button", name="Shelve").click()
    expect(row).to_contain_text("shelved")
    row.get_by_role("button", name="Unshelve").click()
    dialog.get_by_role("button", name="Unshelve").click()
    expect(row.locator(".state")).to_contain_text("unacknowledged")
    page.reload()
    expect(page.locator(".status")).to_contain_text("the-operator")  # of this tab
    page.get_by_role("button", name=re.compile("sign out")).click()
    expect(page.locator(".status")).to_contain_text("Sign in")


def test_a_private_page_shows_nothing_before_a_token_and_then_lives(chrome, tmp_path: Path) -> None:
    with served_pod(tmp_path, private=True) as private:
        pod, tab = private.pod, Watched(chrome)
        assert pod is not None
        page = tab.page
        for view in ("", "alarms", "trends"):
            page.goto(f"{private.url}#/{view}")
            expect(page.locator("main")).to_contain_text("mallee serve token add")
            for text in ("skid-1", "rack-1", "small pod", "Overview"):
                expect(page.locator("body")).not_to_contain_text(text)
        assert tab.errors == [] and not [each for each in tab.requests if "/api/" in each or each.endswith("/live")]
        page.get_by_label("Token").fill("mallee_guessed")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("main")).to_contain_text("none that is known here")
        assert len(tab.errors) == 1 and "401" in tab.errors.pop()  # the one that was asked for
        page.goto(private.url)
        page.get_by_label("Token").fill(private.tokens[Role.VIEWER])
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".status")).to_contain_text("the-viewer · viewer")
        expect(page.locator(".brand")).to_contain_text("small pod")
        supply = page.locator("main table").first.locator("tbody tr").first.locator("td").nth(2)
        expect(supply).to_contain_text("37.0")
        private.call(lambda: pod.skid.set("supply_temperature", 3860))
        expect(supply).to_contain_text("↑38.6")
        page.get_by_role("link", name="Trends").click()
        expect(page.locator("#chart .scatterlayer .trace")).to_have_count(4)
        page.reload()
        expect(page.locator(".status")).to_contain_text("the-viewer")
        assert tab.errors == [] and tab.away(private.url) == []
        page.get_by_role("button", name=re.compile("sign out")).click()
        expect(page.get_by_label("Token")).to_be_visible()
        expect(page.locator("body")).not_to_contain_text("skid-1")
        page.get_by_label("Token").fill(private.tokens[Role.VIEWER])
        with page.expect_response("**/api/v1/about"), page.expect_response("**/api/v1/events"):
            page.get_by_role(
                "button", name="Sign in"
            ).click()  # all that it asks at first is answered before it is revoked
        expect(page.locator(".status")).to_contain_text("the-viewer")
        private.page.tokens.revoke("the-viewer")
        page.reload()
        expect(page.get_by_label("Token")).to_be_visible()
        # The reload, and perhaps a request of the page before it.
        assert 1 <= len(tab.errors) <= 2 and all("401" in error for error in tab.errors)
        tab.context.close()


def test_what_happened_before_the_page_was_opened_is_there(chrome, served: Served) -> None:
    tab = Watched(chrome)
    tab.page.goto(f"{served.url}#/alarms")
    events = tab.page.locator("section").filter(has=tab.page.get_by_role("heading", name="Events", exact=True))
    expect(events).to_contain_text("over_temperature: Supply")  # it came with the first scan of that host
    expect(events).to_contain_text("the host started")
    tab.context.close()
    assert tab.errors == []


def test_old_values_are_marked_and_unknown_ones_are_dashes(tab: Watched, tmp_path: Path) -> None:
    old = Seen(documents.troubled(), "host", 30.0, True)
    with served_documents(tmp_path, old) as page:
        tab.page.goto(page.url)
        expect(tab.page.locator(".status .pill")).to_contain_text("stale, 3")
        expect(tab.page.locator(".banner").first).to_contain_text("says nothing any more")
        row = tab.page.locator("tr").filter(has_text="pdu-b2")
        expect(row).to_contain_text("waiting")
        expect(row.locator("td").nth(2)).to_have_text("–")
        expect(tab.page.locator("tr").filter(has_text="skid-2").locator("td").nth(2)).to_contain_text("38.2*")
        expect(tab.page.locator("main")).to_contain_text("tripped 4")


def test_a_server_that_has_gone_is_told(tab: Watched, tmp_path: Path) -> None:
    with served_documents(tmp_path, Seen(documents.document(), "host")) as page:
        tab.page.goto(page.url)
        expect(tab.page.locator("main")).to_contain_text("rack-1")
    expect(tab.page.locator(".status .pill")).to_contain_text("not connected")
    expect(tab.page.locator("main")).to_contain_text("rack-1")  # what was known, and how old it is
    assert all("ERR_" in each for each in tab.errors)
    tab.errors.clear()


def test_a_browser_that_leaves_is_forgotten(served: Served) -> None:
    import httpx

    with httpx.stream("GET", f"{served.url}live") as staying:
        told = (line for line in staying.iter_lines() if line == "event: pod")
        next(told)
        next(told)
        with httpx.stream("GET", f"{served.url}live") as leaving:
            assert leaving.headers["content-type"].startswith("text/event-stream")
            lines = leaving.iter_lines()
            assert next(lines) == "event: pod" and next(lines).startswith('data: {"document":')
            assert served.page.live.subscribers == 2
        for _ in range(2):  # by then its server has noticed
            next(told)
        assert served.page.live.subscribers == 1


def test_a_name_that_the_pod_does_not_have_shows_nothing_of_another(tab: Watched, served: Served) -> None:
    page = tab.page
    page.goto(f"{served.url}#/skid/skid-9")
    expect(page.locator("main")).to_contain_text("this pod has no skid skid-9")
    expect(page.locator("svg.schematic")).to_have_count(0)
    page.get_by_role("link", name="skid-1").click()
    expect(page.locator("svg.schematic")).to_have_count(1)
    page.goto(f"{served.url}#/pdu/pdu-z")
    expect(page.locator("main")).to_contain_text("this pod has no PDU pdu-z")
    for name in (
        "%",
        "constructor",
        "nothing",
    ):  # what is no code, or no view, is no error either: the fixture looks at the console
        page.goto(f"{served.url}#/bus")
        expect(page.locator("main")).not_to_contain_text("rack-1")
        page.goto(f"{served.url}#/{name}")
        expect(page.locator("main")).to_contain_text("rack-1")


def test_the_phone_has_all_of_it(chrome, served: Served) -> None:
    watched = Watched(chrome, viewport={"width": 390, "height": 844}, color_scheme="dark")
    for view in ("", "skid", "pdu", "alarms", "bus"):
        watched.page.goto(f"{served.url}#/{view}")
        expect(watched.page.locator("main .card").first).to_be_visible()
        width = watched.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{view or 'overview'} is wider than the screen"
    watched.context.close()
    assert watched.errors == []


def test_schemathesis_finds_no_answer_that_is_not_described(served: Served) -> None:
    """What fits the description is taken, what does not is refused, and each answer is one that the description has."""
    schemathesis = pytest.importorskip("schemathesis", reason="no schemathesis: install the dev group")
    checks = pytest.importorskip("schemathesis.checks")
    modes = pytest.importorskip("schemathesis.generation").GenerationMode
    headers = {"Authorization": f"Bearer {served.tokens[Role.OPERATOR]}"}
    described = schemathesis.openapi.from_url(f"{served.url}api/v1/openapi.json")
    operations = [each.ok() for each in described.get_all_operations()]
    assert len(operations) == 20
    seen: set[int] = set()
    refused: set[str] = set()
    for operation in operations:
        for mode in modes:
            if mode is modes.NEGATIVE and operation.method == "get" and not operation.query:
                continue  # every name is text: there is nothing wrong to be sent

            @settings(max_examples=3, derandomize=True, deadline=None, suppress_health_check=QUIET, database=None)
            @given(case=operation.as_strategy(generation_mode=mode))
            def check(case) -> None:
                # A host or controller that does not answer is described (504), and a bug (500) is not.
                response = case.call_and_validate(headers=headers, excluded_checks=[checks.not_a_server_error])
                seen.add(response.status_code)
                if response.status_code == 400:
                    refused.add(case.path)

            check()
    assert {200, 400, 403, 404} <= seen and 500 not in seen
    assert {"/api/v1/history", "/api/v1/alarms/shelve", "/api/v1/alarms/acknowledge"} <= refused


def test_the_document_is_made_of_the_structures_that_check(served: Served) -> None:
    import httpx

    described = msgspec.json.decode(httpx.get(f"{served.url}api/v1/openapi.json").content)
    shelving = described["components"]["schemas"]["ShelvingAsked"]
    assert shelving["properties"]["for_s"]["maximum"] == 86_400.0 and "for_s" in shelving["required"]
    operations = [each for path in described["paths"].values() for each in path.values()]
    assert len({each["operationId"] for each in operations}) == len(operations) == 20
    guarded = [each for each in operations if "security" in each]
    assert len(guarded) == 10 and all({"401", "403"} <= set(each["responses"]) for each in guarded)
