"""What an update waits for, and what ends it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mallee.deploy.updating.patience import Patience
from mallee.device.identity import read_identity
from mallee.errors import ExitCode, MalleeError
from mallee.link.failures import LinkDown, NoAnswer, Refused

from .virtual_loop import run_virtual

BUSY, NOT_THERE = Refused("here", 1, 16, 6), Refused("here", 1, 16, 2)
SILENT, CUT = NoAnswer("here", 1, 1.0), LinkDown("here", "it is cut")
GATEWAY = [Refused("here", 1, 16, code) for code in (10, 11)]


def asked(*answers: MalleeError, limit_s: float = 60.0, **how: Any) -> tuple[Patience, list[str], Any]:
    """What comes of asking: these errors first, then an answer."""
    left, heard = list(answers), list[str]()
    patience = Patience(limit_s, heard.append)

    async def action() -> str:
        if left:
            raise left.pop(0)
        return "well"

    async def main() -> Any:
        try:
            return await patience.ask("skid-1", action, **how)
        except MalleeError as error:
            return error

    return patience, heard, run_virtual(main())


@pytest.mark.parametrize("error", [BUSY, SILENT, CUT, *GATEWAY], ids=["busy", "silent", "cut", "no path", "no target"])
def test_what_passes_is_waited_for(error):
    patience, heard, found = asked(*12 * [error])
    assert found == "well" and len(heard) == 2 and "waiting" in heard[0] and "going on" in heard[1]
    assert patience.retries == (0 if error is BUSY else 12)


def test_what_does_not_pass_is_raised_at_once_but_for_somebody_who_restarts():
    assert asked(NOT_THERE)[2] is NOT_THERE
    assert asked(NOT_THERE, SILENT, restarting=True)[2] == "well"


def test_a_restart_is_told_of_when_it_takes_long():
    assert asked(*10 * [SILENT], restarting=True)[1] == []
    assert len(asked(*30 * [SILENT], restarting=True)[1]) == 2


def test_a_restart_takes_what_it_takes_however_little_is_to_be_waited():
    assert asked(*20 * [SILENT], limit_s=5.0, restarting=True)[2] == "well"
    assert "for 60 s" in asked(*100 * [SILENT], limit_s=5.0, restarting=True)[2].what


def test_it_ends():
    patience, heard, found = asked(*100 * [SILENT], limit_s=20.0)
    assert isinstance(found, MalleeError) and found.code == ExitCode.NO_ANSWER and "for 20 s" in found.what
    assert 19.0 < patience.waited_s < 22.0 and len(heard) == 1


def test_a_gateway_that_hears_nothing_is_no_other_device():
    class Gateway:
        address = "tcp://gateway"

        async def request(self, unit: int, *_: object, **__: object) -> None:
            raise Refused(self.address, unit, 4, 11)

    link: Any = Gateway()
    with pytest.raises(NoAnswer, match="gateway target failed to respond"):
        asyncio.run(read_identity(link, 5))
