"""Sums and limits of the electrical side."""

from __future__ import annotations

import msgspec
import pytest
from mallee.pod.config import Feed
from mallee.pod.power import sums as power

from .documents import CONFIG, document, pdu


def test_losing_a_feed_moves_its_current_to_the_other() -> None:
    pod = document()
    feed_a, feed_b = pod.feeds
    assert feed_a.current_A == pytest.approx(4 * 168)
    assert feed_a.survivor_current_A == pytest.approx(8 * 168)
    assert feed_b.headroom_A == pytest.approx(2000 - 8 * 168)
    assert pod.pdus[0].survivor_current_A == pytest.approx(2 * 168)
    assert pod.findings == ()


def test_an_unknown_part_makes_the_sum_unknown() -> None:
    pod = document(pdus=tuple(pdu(index, unknown=index == 5) for index in range(8)))
    feed_a, feed_b = pod.feeds
    assert feed_b.power_kW is None
    assert feed_b.current_A is None
    assert feed_b.pdus_known == 3
    assert feed_a.power_kW == pytest.approx(480.0)
    assert feed_a.survivor_current_A is None  # what would come over is not known
    assert pod.totals.power_kW is None
    assert pod.racks[0].power_kW == pytest.approx(120.0)
    assert pod.racks[2].power_kW is None  # it hangs on pdu-a2 and pdu-b2
    assert pod.racks[2].estimate_kW == pytest.approx(120.0)
    assert pod.racks[2].branches_known == 4


def test_an_open_branch_takes_nothing_over() -> None:
    pdus = power.with_loads(tuple(pdu(index, tripped=1 if index == 0 else 0) for index in range(8)))
    assert pdus[0].survivor_current_A == pytest.approx(168 + 8 * 21)  # by the three branches of its rack that are left
    assert pdus[4].survivor_current_A == pytest.approx(168 + 7 * 21)  # of the same racks, on the other feed


@pytest.mark.parametrize(("current_A", "levels"), [(400, []), (476, ["warning"]), (496, ["limit"])])
def test_the_bands_of_a_main(current_A: float, levels: list[str]) -> None:
    pdus = tuple(msgspec.structs.replace(pdu(index), load=None, survivor_current_A=None) for index in range(8))
    pdus = (msgspec.structs.replace(pdus[0], load=current_A / 500), *pdus[1:])
    assert [finding.level for finding in power.findings((), pdus)] == levels


def test_no_headroom_is_a_finding_before_the_feed_is_lost() -> None:
    pdus = power.with_loads(tuple(pdu(index) for index in range(8)))
    feeds = power.feed_states((Feed("A", 1000.0), Feed("B", 2000.0)), pdus)
    found = power.findings(feeds, ())
    assert [(finding.level, finding.where) for finding in found] == [("warning", "feed A")]
    assert "1344 A of 1000 A" in found[0].what


def test_a_pod_without_pdus_has_no_sums() -> None:
    (feed, _) = power.feed_states(CONFIG.feeds, ())
    assert feed.power_kW is None
    assert feed.load is None
