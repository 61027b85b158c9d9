"""A rack's power limit over Redfish, over real HTTP; and how limits are brought to where they are wanted."""

from __future__ import annotations

import asyncio
import json
from math import inf

import pytest
from mallee.errors import ExitCode, MalleeError
from mallee.pod.actuators.limiter import LimitRead, check_address, open_limiter
from mallee.pod.actuators.rackcaps import RackCaps
from mallee.sim.redfish import HttpConversation, RedfishService

from .redfish_server import manager, serving
from .virtual_loop import run_virtual


def address(port: int, name: str = "rack-1") -> str:
    return f"redfish+http://127.0.0.1:{port}/redfish/v1/Chassis/{name}"


def with_limiter(work, *managers, name: str = "rack-1"):
    async def main():
        async with serving(*managers) as port:
            limiter = open_limiter(address(port, name), timeout_s=5.0)
            try:
                return await work(limiter)
            finally:
                await limiter.close()

    return asyncio.run(main())


def test_a_limit_is_set_read_and_taken_away():
    rack = manager()

    async def work(limiter):
        before = await limiter.read()
        await limiter.set(80_000.4)
        during, limit_W = await limiter.read(), rack.limit_W
        await limiter.set(None)
        return before, during, limit_W, await limiter.read()

    before, during, limit_W, after = with_limiter(work, rack)
    assert before == after == LimitRead(limit_W=None, least_W=30_000.0)
    assert during.limit_W == limit_W == 80_000.0 and rack.writes == 2


def test_a_change_by_somebody_else_is_noticed():
    """The entity tag of the last read no longer fits: 412, and nothing is set."""
    rack = manager()

    async def work(limiter):
        await limiter.read()
        rack.version += 1
        with pytest.raises(MalleeError, match="412") as refused:
            await limiter.set(80_000.0)
        return refused.value

    error = with_limiter(work, rack)
    assert error.code == ExitCode.REFUSED and "somebody else" in error.likely and rack.limit_W is None


@pytest.mark.parametrize(("limit_W", "said"), [(1000.0, "not from 30000 to 120000"), (500_000.0, "not from 30000")])
def test_a_refusal_says_what_the_manager_says(limit_W, said):
    async def work(limiter):
        with pytest.raises(MalleeError, match=said) as refused:
            await limiter.set(limit_W)
        return refused.value.code

    assert with_limiter(work, manager()) == ExitCode.REFUSED


def test_another_chassis_and_nobody_at_all():
    async def work(limiter):
        with pytest.raises(MalleeError, match="404") as refused:
            await limiter.read()
        return refused.value

    assert "no such chassis" in with_limiter(work, manager(), name="rack-9").likely

    async def nobody():
        async with serving(manager()) as port:
            pass
        limiter = open_limiter(address(port), timeout_s=5.0)
        with pytest.raises(MalleeError, match="does not answer") as refused:
            await limiter.read()
        await limiter.close()
        return refused.value.code

    assert asyncio.run(nobody()) == ExitCode.NO_ANSWER


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("http://x/redfish/v1/Chassis/1", "no address of a power limit"),
        ("redfish+http:///redfish/v1/Chassis/1", "names no host"),
        ("redfish+https://rack-1", "names no chassis"),
        ("rack-1", "no address"),
    ],
)
def test_addresses_that_cannot_be(text, what):
    with pytest.raises(MalleeError, match=what):
        check_address(text)


def test_the_service_has_the_shape_of_the_schemas():
    """DSP8010: what every resource has, and the members that point on."""
    service = RedfishService({"rack-1": manager()})
    root = service.answer("GET", "/redfish/v1/", {}, b"")[1]
    assert root is not None and root["Chassis"]["@odata.id"] == "/redfish/v1/Chassis"
    members = service.answer("GET", "/redfish/v1/Chassis", {}, b"")[1]
    assert members is not None and members["Members@odata.count"] == 1
    chassis = service.answer("GET", members["Members"][0]["@odata.id"], {}, b"")[1]
    assert chassis is not None
    status, metrics, etag = service.answer("GET", chassis["EnvironmentMetrics"]["@odata.id"], {}, b"")
    assert status == 200 and metrics is not None and etag
    assert metrics["PowerWatts"] == {"Reading": 99_500} and metrics["PowerLimitWatts"]["ControlMode"] == "Disabled"
    for resource in (root, chassis, metrics):
        assert {"@odata.id", "@odata.type", "Id", "Name"} <= set(resource)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"PowerLimitWatts": 5}', b'{"PowerLimitWatts": {"SetPoint": "much"}}', b"\xff" * 40]
)
def test_bad_bodies_are_refused_and_change_nothing(body):
    rack = manager()
    service = RedfishService({"rack-1": rack})
    status, told, _ = service.answer("PATCH", "/redfish/v1/Chassis/rack-1/EnvironmentMetrics", {}, body)
    assert status == 400 and told is not None and "error" in told and rack.limit_W is None and rack.writes == 0


def test_bytes_that_are_no_http_end_the_connection():
    conversation = HttpConversation(RedfishService({"rack-1": manager()}))
    assert b"400" in conversation.received(b"\x00\x01\x02\r\n\r\n") and conversation.over
    pieces = HttpConversation(RedfishService({"rack-1": manager()}))
    request = b"GET /redfish/v1 HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = b"".join(pieces.received(request[n : n + 1]) for n in range(len(request)))
    assert answer.startswith(b"HTTP/1.1 200") and json.loads(answer.split(b"\r\n\r\n", 1)[1])["Id"] == "RootService"


class Fake:
    """A rack's manager that can be slow, away, or of another opinion."""

    def __init__(self) -> None:
        self.limit_W: float | None = None
        self.away = False
        self.rounds = 0.0
        self.sets: list[float | None] = []

    async def read(self) -> LimitRead:
        await asyncio.sleep(0.1)
        if self.away:
            raise MalleeError("away", "it is off", "wait", ExitCode.NO_ANSWER)
        return LimitRead(limit_W=self.limit_W, least_W=30_000.0)

    async def set(self, limit_W: float | None) -> None:
        await asyncio.sleep(0.1)
        if self.away:
            raise MalleeError("away", "it is off", "wait", ExitCode.NO_ANSWER)
        self.sets.append(limit_W)
        self.limit_W = limit_W if limit_W is None else limit_W + self.rounds

    async def close(self) -> None:
        pass


def brought(work):
    async def main():
        fakes = {"rack-1": Fake(), "rack-2": Fake()}
        caps = RackCaps(fakes)
        try:
            await work(caps, fakes)
        finally:
            await caps.close()

    run_virtual(main())


def test_limits_are_in_force_within_a_second_and_set_once():
    async def work(caps, fakes):
        await asyncio.sleep(0.5)
        assert all(state.ready and state.reachable and state.limit_kW is None for state in caps.states.values())
        caps.want({"rack-1": 80.0}, inf)
        await asyncio.sleep(1.0)
        assert fakes["rack-1"].sets == [80_000.0] and fakes["rack-2"].sets == []
        assert caps.states["rack-1"].limit_kW == 80.0 and caps.states["rack-1"].least_kW == 30.0
        caps.want({"rack-1": 80.0}, inf)
        await asyncio.sleep(100.0)
        assert fakes["rack-1"].sets == [80_000.0]
        caps.want({}, inf)
        await asyncio.sleep(1.0)
        assert fakes["rack-1"].sets == [80_000.0, None]

    brought(work)


def test_nothing_is_set_before_somebody_said_what():
    async def work(caps, fakes):
        fakes["rack-1"].limit_W = 70_000.0
        await asyncio.sleep(100.0)
        assert fakes["rack-1"].sets == [] and caps.states["rack-1"].limit_kW == 70.0

    brought(work)


def test_one_that_is_away_holds_up_nobody_and_gets_its_limit_when_it_is_back():
    async def work(caps, fakes):
        fakes["rack-1"].away = True
        caps.want({"rack-1": 80.0, "rack-2": 90.0}, inf)
        await asyncio.sleep(1.0)
        assert fakes["rack-2"].limit_W == 90_000.0
        state = caps.states["rack-1"]
        assert state.ready and not state.reachable and "away" in state.why
        fakes["rack-1"].away = False
        await asyncio.sleep(15.0)
        assert fakes["rack-1"].limit_W == 80_000.0 and caps.states["rack-1"].reachable

    brought(work)


def test_a_limit_that_somebody_takes_away_is_put_back():
    async def work(caps, fakes):
        caps.want({"rack-1": 80.0}, inf)
        await asyncio.sleep(1.0)
        fakes["rack-1"].limit_W = None
        await asyncio.sleep(31.0)
        assert fakes["rack-1"].limit_W == 80_000.0

    brought(work)


def test_a_host_that_stood_still_sets_nothing_until_it_is_sure_again():
    """Its successor has set another limit meanwhile; the limit is looked at each 30 s."""

    async def work(caps, fakes):
        now_s = asyncio.get_running_loop().time
        caps.want({"rack-1": 80.0}, now_s() + 2.0)
        await asyncio.sleep(10.0)
        fakes["rack-1"].limit_W = 60_000.0
        await asyncio.sleep(100.0)
        assert fakes["rack-1"].limit_W == 60_000.0 and caps.too_late == 1
        caps.stand_back()
        await asyncio.sleep(100.0)
        assert fakes["rack-1"].limit_W == 60_000.0 and caps.too_late == 1
        caps.want({"rack-1": 80.0}, now_s() + 2.0)
        await asyncio.sleep(1.0)
        assert fakes["rack-1"].limit_W == 80_000.0

    brought(work)


def test_a_manager_of_another_opinion_is_told():
    async def work(caps, fakes):
        fakes["rack-1"].rounds = 5000.0
        caps.want({"rack-1": 80.0}, inf)
        await asyncio.sleep(1.0)
        assert not caps.states["rack-1"].reachable and "85000 W is in force" in caps.states["rack-1"].why

    brought(work)
