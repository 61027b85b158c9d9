"""The page in Chromium, where somebody writes points or resets a latch: what is shown before, and what follows."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
from mallee.pod.following import Seen
from mallee.web.roles import Role

from .. import documents
from .browsing import Watched, expect, sign_in
from .served import Served, served_documents


def test_an_engineer_sees_the_words_before_they_are_written(tab: Watched, served: Served) -> None:
    page, pod = tab.page, served.pod
    assert pod is not None
    page.goto(f"{served.url}#/skid/skid-1")
    dialog = page.locator("dialog")
    sign_in(tab, served.tokens[Role.ENGINEER], Role.ENGINEER)
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
    sign_in(tab, served.tokens[Role.ENGINEER], Role.ENGINEER)
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
        sign_in(tab, page.tokens[Role.OPERATOR], Role.OPERATOR)
        tab.page.locator(".alarms li").filter(has_text=latched.remedy).get_by_role("button", name="Reset").click()
        follows = tab.page.locator("dialog .follows")
        expect(follows).to_contain_text("what it stopped may start")
        expect(follows).to_contain_text(latched.remedy)


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
