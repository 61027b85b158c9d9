"""Whose turn is first in a roll-out."""

from __future__ import annotations

from typing import Any

from mallee.deploy.updating.rollout import Hear, Target, roll_out
from mallee.device.device import Device
from mallee.errors import MalleeError

from .virtual_loop import run_virtual


def test_what_is_on_trial_is_looked_at_before_the_others():
    """A trial does not wait; and the rows stay in the order of the pod file."""
    asked: list[str] = []
    image: Any = None

    async def connect(name: str) -> Device:
        asked.append(name)
        raise MalleeError("no", "it is a test", "nothing")

    targets = [Target(name=name, image=image, on_trial=name == "pdu-a2") for name in ("pdu-a1", "pdu-a2", "pdu-a3")]
    found = run_virtual(roll_out(targets, connect, Hear(lambda *step: None, print), issued_s=1))
    assert asked == ["pdu-a2"]
    assert [(each.name, each.result) for each in found] == [
        ("pdu-a1", "not_begun"),
        ("pdu-a2", "failed"),
        ("pdu-a3", "not_begun"),
    ]
