"""A person takes longer than a controller keeps an idle connection: what comes then is asked over a new one."""

from __future__ import annotations

import asyncio

import pytest
from mallee.commissioning import running
from mallee.commissioning.machine import counts
from mallee.commissioning.model import Limit, Step
from mallee.commissioning.running import Answer, Auto

from .peers_in_thread import PeersInThread, peers_in_thread


class Slow(Auto):
    """While it is asked, the controller closes its connections."""

    def __init__(self, peers: PeersInThread) -> None:
        self._peers = peers

    def begin(self, step: Step) -> tuple[Answer, str]:
        skid = self._peers.pod.skid
        self._peers.call(lambda: [writer.transport.abort() for writer in list(skid._writers)])
        return "yes", ""


@pytest.mark.parametrize("times", [1, 3])
def test_an_idle_connection_that_was_closed_meanwhile_ends_nothing(tmp_path, monkeypatch, times):
    level = (Limit("level", 70.0, 90.0),)
    plan = tuple(
        Step(id=f"skid-1/{n}", device="skid-1", kind="move", title="level", expect=level, consequence="none")
        for n in range(times)
    )
    monkeypatch.setattr(running, "plan_of", lambda *_: plan)
    with peers_in_thread() as peers:
        session = asyncio.run(
            running.commission(peers.pod.config, tmp_path / "s.json", Slow(peers), who="me", only=("skid-1",))
        )
    assert counts(session)["passed"] == times, session.results
