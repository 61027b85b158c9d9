"""The report of the benches: what is met, missed, or could not be measured."""

from ..bench.__main__ import judge

PROMISED = {"unit": "us", "limit": "<= 400"}


def test_met_and_missed():
    assert judge("hil.tick", PROMISED, {"hil.tick": (399, "once")})["ok"] is True
    assert judge("hil.tick", PROMISED, {"hil.tick": (401, "once")})["ok"] is False


def test_what_could_not_be_measured_is_not_a_miss_but_what_nobody_mentions_is():
    assert judge("hil.tick", PROMISED, {"hil.tick": (None, "no image")})["ok"] is None
    assert judge("hil.tick", PROMISED, {})["ok"] is False
