"""The page in Chromium, before a host that controls a pod: it shows, it updates, it acts, and it asks nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from mallee.pod.alarms.store import AlarmStore
from mallee.pod.following import Seen
from mallee.web.roles import Role

from .. import documents
from .browsing import Watched, browser
from .served import Served, served_documents, served_pod

QUIET = (HealthCheck.too_slow, HealthCheck.filter_too_much)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_pod(tmp_path_factory.mktemp("pod")) as found:
        yield found


@pytest.fixture(scope="module")
def chrome() -> Iterator:
    with browser() as found:
        yield found


@pytest.fixture
def tab(chrome, served: Served) -> Iterator[Watched]:
    """At the end nothing has gone wrong in it, and nothing has left this server."""
    watched = Watched(chrome)
    yield watched
    home = watched.page.url.split("#")[0]
    watched.context.close()
    assert watched.errors == [] and watched.away(home) == [] and watched.requests


def expect(locator):
    from playwright.sync_api import expect as expected

    expected.set_options(timeout=20_000)  # of a machine that is busy; what is there is found at once
    return expected(locator)


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
        assert len(tab.errors) == 1 and "401" in tab.errors.pop()
        tab.context.close()


def test_what_happened_before_the_page_was_opened_is_there(chrome, served: Served) -> None:
    tab = Watched(chrome)
    tab.page.goto(f"{served.url}#/alarms")
    events = tab.page.locator("section").filter(has=tab.page.get_by_role("heading", name="Events", exact=True))
    expect(events).to_contain_text("over_temperature: Supply")  # it came with the first scan of that host
    expect(events).to_contain_text("the host started")
    tab.context.close()
    assert tab.errors == []


def test_an_engineer_sees_the_words_before_they_are_written(tab: Watched, served: Served) -> None:
    page, pod = tab.page, served.pod
    assert pod is not None
    page.goto(f"{served.url}#/skid/skid-1")
    dialog = page.locator("dialog")
    sign_in(tab, served, Role.ENGINEER)
    page.get_by_text("Points of skid-1").click()
    page.get_by_placeholder("filter").fill("preset_speed")
    row = page.locator("tr").filter(has=page.get_by_text("preset_speed", exact=True))
    row.get_by_role("button", name="Set").click()
    dialog.get_by_label("Value").fill("44")
    dialog.get_by_role("button", name="Show what is sent").click()
    expect(dialog).to_contain_text("1130")  # 4400 raw, as a word
    expect(dialog.locator(".change")).to_have_text("60 → 44 %")
    expect(dialog).not_to_contain_text("what follows")
    assert pod.skid.get("preset_speed") != 4400
    dialog.get_by_role("button", name="Write").click()
    expect(page.locator("#toasts")).to_contain_text("→ 44 %")
    assert pod.skid.get("preset_speed") == 4400


def test_what_follows_is_told_and_for_the_worst_the_name_is_typed(tab: Watched, served: Served) -> None:
    page, pod = tab.page, served.pod
    assert pod is not None
    served.call(lambda: pod.pdu_a.image["coil"].__setitem__(1, True))
    page.goto(f"{served.url}#/pdu/pdu-a")
    dialog = page.locator("dialog")
    sign_in(tab, served, Role.ENGINEER)
    page.get_by_text("Points of pdu-a").click()
    page.get_by_placeholder("filter").fill("branch_switch.2")
    for typed in ("", "yes", "pdu-b", "pdu-a"):
        page.locator("tr").filter(has_text="branch_switch.2").get_by_role("button", name="Set").click()
        dialog.get_by_label("Value").select_option("off")
        dialog.get_by_role("button", name="Show what is sent").click()
        expect(dialog.locator(".change")).to_have_text("on → off")
        expect(dialog.locator(".follows")).to_contain_text(
            "branch 2 is opened: rack-2 on feed A loses this supply at once"
        )
        write = dialog.get_by_role("button", name="Write")
        dialog.get_by_label("Type pdu-a if you want that").fill(typed)
        if typed != "pdu-a":
            expect(write).to_be_disabled()
            dialog.get_by_label("Type pdu-a").press("Enter")
            expect(dialog).to_be_visible()
            dialog.get_by_role("button", name="Cancel").click()
    assert pod.pdu_a.image["coil"][1]
    write.click()
    expect(page.locator("#toasts")).to_contain_text("pdu-a branch_switch.2: on → off")
    assert not pod.pdu_a.image["coil"][1]
    page.locator("tr").filter(has_text="branch_switch.2").get_by_role("button", name="Set").click()
    dialog.get_by_label("Value").select_option("on")
    dialog.get_by_role("button", name="Show what is sent").click()
    expect(dialog.locator(".follows")).to_contain_text("nobody may be working there")  # told; not to be typed for
    expect(dialog.get_by_role("button", name="Write")).to_be_enabled()


def test_points_begin_with_what_is_measured_now_and_none_is_left_out(tab: Watched, served: Served) -> None:
    page, pod = tab.page, served.pod
    assert pod is not None
    page.goto(f"{served.url}#/skid/skid-1")
    page.get_by_text("Points of skid-1").click()
    points = page.locator("details tbody tr")
    expect(points).to_have_count(80)
    views = page.request.get(f"{served.url}api/v1/devices/skid-1/points").json()
    measured = [view["point"]["name"] for view in views if view["value"]]
    names = points.locator("td:first-child").all_inner_texts()
    assert len(measured) > 20 and names[: len(measured)] == measured
    numbers = points.locator("td:nth-child(2)").all_inner_texts()
    assert all(numbers[: len(measured)]) and not any(numbers[len(measured) :])
    row = points.filter(has=page.get_by_text("facility_flow", exact=True))
    served.call(lambda: pod.skid.set("facility_flow", 6543))
    expect(row.locator("td").nth(1)).to_have_text("654.3")  # and goes on with the documents
    expect(page.locator("details .more")).to_have_text(f"{len(views) - 80} more: filter, or Show all {len(views)}")
    page.get_by_role("button", name=f"Show all {len(views)}").click()
    expect(points).to_have_count(len(views))
    expect(page.locator("details .more")).to_have_count(0)
    page.goto(f"{served.url}#/pdu/pdu-a")
    page.get_by_text("Points of pdu-a").click()
    expect(page.locator("details .more")).to_contain_text("more: filter")
    branches = page.locator("details tbody tr").filter(has=page.get_by_text("branch.1.power", exact=True))
    expect(branches.locator("td").nth(1)).not_to_have_text("")
    page.get_by_placeholder("filter").fill("branch.1.power")
    expect(page.locator("details .more")).to_have_count(0)


def test_each_device_has_its_own_filter_and_shows_it(tab: Watched, served: Served) -> None:
    page = tab.page
    page.goto(f"{served.url}#/pdu/pdu-a")
    page.get_by_text("Points of pdu-a").click()
    page.get_by_placeholder("filter").fill("Branch_Switch.2")
    points = page.locator("details tbody tr")
    expect(points).to_have_count(1)
    page.get_by_role("link", name="pdu-b").click()
    page.get_by_text("Points of pdu-b").click()
    expect(page.get_by_placeholder("filter")).to_have_value("")
    expect(points.nth(1)).to_be_visible()
    page.get_by_role("link", name="pdu-a").click()
    page.get_by_text("Points of pdu-a").click()
    expect(page.get_by_placeholder("filter")).to_have_value("Branch_Switch.2")
    expect(points).to_have_count(1)
    page.get_by_placeholder("filter").fill("")
    expect(points.nth(1)).to_be_visible()


def test_before_a_latch_is_reset_it_is_told_what_may_start(tab: Watched, tmp_path: Path) -> None:
    document = documents.troubled()
    latched = msgspec.structs.replace(document.alarms[0], state="latched_unacknowledged")
    document = msgspec.structs.replace(document, alarms=(latched,))
    with served_documents(tmp_path, Seen(document, "host")) as page:
        tab.page.goto(f"{page.url}#/alarms")
        sign_in(tab, page, Role.OPERATOR)
        tab.page.locator(".alarms li").filter(has_text=latched.remedy).get_by_role("button", name="Reset").click()
        follows = tab.page.locator("dialog .follows")
        expect(follows).to_contain_text("what it stopped may start")
        expect(follows).to_contain_text(latched.remedy)


def sign_in(tab: Watched, served: Served, role: Role) -> None:
    tab.page.get_by_role("button", name="Sign in").click()
    dialog = tab.page.locator("dialog")
    dialog.get_by_label("Token").fill(served.tokens[role])
    dialog.get_by_role("button", name="Sign in").click()
    expect(tab.page.locator(".status")).to_contain_text(f"the-{role}")


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


def test_a_switch_is_on_or_off_as_on_the_command_line(tab: Watched, served: Served) -> None:
    page = tab.page
    page.goto(f"{served.url}#/pdu/pdu-a")
    for value, word in (
        ("true", "on"),
        ("false", "off"),
        ("null", "–"),
        ("44", "44"),
        ("'run'", "run"),
        ("['a', 'b']", "a, b"),
    ):
        assert page.evaluate(f"import('/static/format.js').then((format) => format.written({value}))") == word
    page.get_by_role("button", name="Sign in").click()
    dialog = page.locator("dialog")
    dialog.get_by_label("Token").fill(served.tokens[Role.ENGINEER])
    dialog.get_by_role("button", name="Sign in").click()
    page.get_by_text("Points of pdu-a").click()
    page.get_by_placeholder("filter").fill("branch_switch.2")
    row = page.locator("tr").filter(has=page.get_by_text("branch_switch.2", exact=True))
    row.get_by_role("button", name="Set").click()
    dialog.get_by_label("Value").select_option("on")
    dialog.get_by_role("button", name="Show what is sent").click()
    dialog.get_by_role("button", name="Write").click()
    expect(page.locator("#toasts")).to_contain_text(re.compile(r"branch_switch\.2: (on|off) → on"))


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
