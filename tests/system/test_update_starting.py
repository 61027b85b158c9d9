"""New firmware is started over the bus: what a controller waits for, lines and hosts that are away meanwhile, and the trial."""

import asyncio

import pytest
from mallee.deploy.updating import bringing as module
from mallee.deploy.updating import registers
from mallee.deploy.updating.image import image_for
from mallee.deploy.updating.registers import command, look
from mallee.deploy.updating.rollout import Hear, Target, roll_out
from mallee.deploy.updating.session import Session
from mallee.device.device import Device
from mallee.errors import ExitCode, MalleeError
from mallee.link.failures import NoAnswer
from mallee.sim.flash import device_key
from mallee.sim.networkfaults import NetworkFaults

from .bench import Bench
from .test_update import newer, received_before, session_of, value


async def number(device: Device, name: str) -> float:
    found = await value(device, name)
    assert isinstance(found, int | float)
    return found


async def heated(bench: Bench, device: Device) -> None:
    """Branch 3 is at 85 % of its trip, and stays there."""
    rated_A = await number(device, "branch.3.rating")
    bench.equipment.current_A[2] = 2 * rated_A
    for _ in range(600):
        if await number(device, "branch.3.thermal") >= 85.0:
            break
        await asyncio.sleep(0.2)
    bench.equipment.current_A[2] = 1.2 * rated_A  # (1.2 In)^2 of 1.69


@pytest.fixture(scope="module")
def image():
    return newer(image_for("virtual", "pdu"))


def bench_of(image) -> Bench:
    """A PDU that has nearly everything already."""
    bench = Bench("pdu")
    received_before(bench.controller.flash / "slot_a", image)
    return bench


def cool_at(bench: Bench, seconds: float) -> None:
    def cool() -> None:
        bench.equipment.current_A[2] = 20.0

    asyncio.get_running_loop().call_later(seconds, cool)


def away(bench: Bench, begin_s: float, end_s: float) -> None:
    loop, network = asyncio.get_running_loop(), bench.world.network
    loop.call_later(begin_s, network.disturb, bench.controller.server, NetworkFaults(cut=True))
    loop.call_later(end_s, network.disturb, bench.controller.server, None)


async def held_up(bench: Bench, device: Device, image) -> tuple[Session, asyncio.Task[None]]:
    """A host that waits for a hot PDU."""
    session = session_of(device, image)
    await session.bring()
    await heated(bench, device)
    starting = asyncio.create_task(session.start())
    await asyncio.sleep(5.0)
    assert (await look(device)).state == "waiting"
    return session, starting


async def waiting(bench: Bench, device: Device, image) -> Session:
    """A hot PDU that was told to start what it has; its host does nothing more."""
    session = session_of(device, image)
    await session.bring()
    await heated(bench, device)
    await command(device, "activate")
    await asyncio.sleep(2.0)
    assert (await look(device)).state == "waiting"
    return session


@pytest.mark.parametrize("away_s", [5.0, 700.0])
def test_while_it_waits_for_its_equipment_a_line_that_is_away_is_no_restart(image, away_s):
    """After ten minutes it has called the start off, and is brought what it has let go of."""
    bench = bench_of(image)

    async def test(device):
        session = session_of(device, image)
        await session.bring()
        await heated(bench, device)
        away(bench, 3.0, 3.0 + away_s)
        seen: list[int] = []
        loop = asyncio.get_running_loop()
        loop.call_later(away_s + 20.0, lambda: seen.append(bench.controller.restarts))
        cool_at(bench, away_s + 20.0)
        await session.start()
        assert seen == [0] and bench.controller.restarts == 1
        await session.prove()
        assert (await look(session.device)).outcome == "confirmed"

    bench.run(test)


def test_a_host_that_was_killed_while_it_waits_is_followed_by_another(image):
    bench = bench_of(image)

    async def test(device):
        await waiting(bench, device, image)
        again = session_of(device, image, issued_s=1_800_000_001)
        cool_at(bench, 20.0)
        assert not await again.resume()
        await again.bring()
        await again.start()
        await again.prove()
        assert again.sent_files == 0 and (await look(again.device)).outcome == "confirmed"

    bench.run(test)


def test_a_host_that_was_killed_in_the_proof_is_followed_by_another(image):
    bench = bench_of(image)

    async def test(device):
        first = session_of(device, image)
        await first.bring()
        assert not await first.resume()
        await first.start()

        async def connect(name: str) -> Device:
            return await Device.connect(device.link, device.unit, name=name)

        target = Target(name="pdu", image=image, key=device_key("bench"), on_trial=True)
        hear = Hear(lambda *step: None, print)
        (found,) = await roll_out([target], connect, hear, issued_s=1_800_000_001)
        assert (found.result, found.version, found.sent_files) == ("updated", "99.1.2", 0), found
        assert (await look(device)).outcome == "confirmed" and bench.controller.restarts == 1

    bench.run(test)


def test_who_calls_a_start_off_ends_it_for_the_host_that_waits(image):
    bench = bench_of(image)

    async def test(device):
        _, starting = await held_up(bench, device, image)
        await asyncio.sleep(10.0)
        await command(device, "cancel")
        with pytest.raises(MalleeError, match="ended by somebody else") as raised:
            await starting
        assert raised.value.code == ExitCode.REFUSED and bench.controller.restarts == 0

    bench.run(test)


def test_another_release_on_trial_is_not_taken_for_this_one(image):
    bench = bench_of(image)

    async def test(device):
        first = session_of(device, image)
        await first.bring()
        await first.start()
        other = session_of(first.device, image_for("virtual", "pdu"))
        assert not await other.resume()
        with pytest.raises(MalleeError, match="refused to begin: not now"):
            await other.bring()

    bench.run(test)


def test_a_start_whose_answer_is_lost_is_found_on_trial(image, monkeypatch):
    """The line goes with the answer, and comes back behind the restart: told once more, it says that this is not the time."""
    bench = bench_of(image)
    told = registers.tell

    async def lost(device, name, file=0):
        await told(device, name, file)
        if name == "activate" and not bench.controller.restarts:
            await asyncio.sleep(6.0)
            raise NoAnswer(device.link.address, device.unit, 1.0)

    async def test(device):
        session = session_of(device, image)
        await session.bring()
        monkeypatch.setattr(module, "tell", lost)
        await session.start()
        await session.prove()
        assert (await look(session.device)).outcome == "confirmed" and bench.controller.restarts == 1

    bench.run(test)


def test_who_is_interrupted_calls_the_start_off(image):
    bench = bench_of(image)

    async def test(device):
        _, starting = await held_up(bench, device, image)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert (await look(device)).state in ("idle", "ready")
        bench.equipment.current_A[2] = 20.0
        await asyncio.sleep(60.0)
        assert bench.controller.restarts == 0

    bench.run(test)


def test_what_a_hot_branch_holds_up_leaves_the_line_to_others(image):
    """An update cannot be begun then; who waits for it asks once a second, and says so."""
    bench = Bench("pdu")
    heard: list[str] = []

    async def test(device):
        await heated(bench, device)
        session = session_of(device, image, say=heard.append)
        bringing = asyncio.create_task(session.bring())
        await asyncio.sleep(10.0)
        before = device.link.statistics.unit(device.unit).requests
        await asyncio.sleep(60.0)
        assert 20 < device.link.statistics.unit(device.unit).requests - before <= 70
        assert any("device busy" in text for text in heard)
        bringing.cancel()

    bench.run(test)


def test_an_alarm_that_comes_while_it_waits_is_not_the_new_firmwares(image):
    bench = bench_of(image)

    async def test(device):
        await device.write({"warning_level": 95})
        session, starting = await held_up(bench, device, image)
        assert "overload_warning.3" not in (session._alarms or ())
        await device.write({"warning_level": 70})
        await asyncio.sleep(15.0)
        assert "overload_warning.3" in (session._alarms or ())
        cool_at(bench, 1.0)
        await starting
        await session.prove()

    bench.run(test)


def test_a_trial_that_ends_while_it_cannot_be_confirmed_is_said(image):
    """A PDU that is hot writes nothing down, and is not sent back for an alarm either: that begins above what it has."""
    bench = bench_of(image)

    async def test(device):
        session = session_of(device, image)
        await session.bring()
        await session.start()
        device = session.device
        await device.write({"warning_level": 95})
        await heated(bench, device)

        def restart() -> None:
            bench.world.controllers.power_cycle(bench.controller.name)
            bench.equipment.current_A[2] = 20.0

        asyncio.get_running_loop().call_later(30.0, restart)
        with pytest.raises(MalleeError, match="runs its old firmware again: did not start") as told:
            await session.prove()
        assert told.value.code == ExitCode.FINDINGS

    bench.run(test)
