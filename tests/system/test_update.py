"""An update over the bus of the real firmware on a virtual board: brought, started once, proven; or sent back."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from mallee.deploy.updating.bringing import Offer
from mallee.deploy.updating.image import Image, image_for
from mallee.deploy.updating.patience import Patience
from mallee.deploy.updating.registers import command, look
from mallee.deploy.updating.session import Session
from mallee.device.device import Device
from mallee.errors import ExitCode, MalleeError
from mallee.sim.flash import device_key
from mallee.sim.line.faults import Faults
from mallee.sim.networkfaults import NetworkFaults

from .bench import Bench
from .serial_bench import SerialBench

NEW = (99, 1, 2)


def newer(image: Image, **files: bytes) -> Image:
    """The same as another release."""
    release = image.files["release.py"].decode()
    lines = [f"VERSION = {NEW}" if line.startswith("VERSION") else line for line in release.splitlines()]
    changed = {**image.files, "release.py": ("\n".join(lines) + "\n").encode(), **files}
    return msgspec.structs.replace(image, version=NEW, files=changed)


def received_before(slot: Path, image: Image) -> None:
    """All but what says the release, as if an attempt had been cut off: it is recognised, and need not be sent."""
    for path, data in image.files.items():
        if path != "release.py":
            (slot / path).parent.mkdir(parents=True, exist_ok=True)
            (slot / path).write_bytes(data)


def session_of(
    device: Device, image: Image, key: bytes | None = None, *, issued_s: int = 1_800_000_000, say=print, wait_s=3600.0
) -> Session:
    offer = Offer(image=image, key=device_key("bench") if key is None else key, issued_s=issued_s)
    return Session(device, offer, Patience(wait_s, say), lambda step, done, total: None)


async def value(device: Device, name: str):
    return (await device.read(name)).value


@pytest.fixture(scope="module")
def image():
    return image_for("virtual", "pump")


@pytest.mark.parametrize("profile", ["pump"])
def test_it_is_brought_started_proven_and_stays(image, profile):
    """The equipment keeps what it was told throughout: pumps run on, at most at the speed that they take without a command."""
    bench = Bench(profile)
    image = newer(image)

    async def test(device):
        session = session_of(device, image)
        await session.bring()
        assert session.sent_files >= len(image.files) - 2 and (await value(device, "state")) == "local"
        running = bench.controller.board.outputs
        assert bench.controller.restarts == 0 and running != bench.controller.board.undriven
        await session.start()
        device = session.device
        assert device.identity is not None and device.identity.firmware == "99.1.2" and bench.controller.restarts == 1
        assert await value(device, "reset_reason") == "command"
        await session.prove()
        said = await look(device)
        assert (said.application, said.confirmed, said.outcome, said.state) == ("slot_a", "slot_a", "confirmed", "idle")
        assert (await device.read_journal())[-1].kind == "start" or bench.controller.restarts == 1
        # The next one finds nearly everything on the controller.
        again = session_of(
            device, newer(image, **{"core/pid.py": image.files["core/pid.py"] + b"# another\n"}), issued_s=1_800_000_001
        )
        await again.bring()
        assert (again.sent_files, (await look(device)).state) == (1, "ready")
        await command(device, "cancel")
        assert (await look(device)).state == "idle"

    bench.run(test)


def test_what_cannot_start_goes_back_by_itself(image):
    bench = Bench("pump")
    broken = newer(image, **{"application.py": b"import nothing_that_is_there\n"})

    async def test(device):
        session = session_of(device, broken)
        await session.bring()
        with pytest.raises(MalleeError, match="old firmware again: did not start") as raised:
            await session.start()
        assert raised.value.code == ExitCode.FINDINGS
        device = session.device
        said = await look(device)
        assert (said.application, said.outcome) == ("flashed", "did_not_start")
        assert device.identity is not None and device.identity.firmware != "99.1.2"
        await asyncio.sleep(2.0)
        alarms = {alarm.entry.name for alarm in await device.read_alarms() if alarm.active}
        assert "update_failed" in alarms

    bench.run(test)


def test_an_image_for_somebody_else_is_refused_and_explained(image):
    bench = Bench("pump")

    async def test(device):
        for given, key, why in (
            (image, bytes(32 * [7]), "wrong signature"),
            (image, b"", "unsigned"),
            (msgspec.structs.replace(image, profile="pdu"), None, "other profile"),
            (msgspec.structs.replace(image, board="rp2_pico"), None, "other board"),
            (msgspec.structs.replace(image, version=(0, 0, 1)), None, "older"),
        ):
            with pytest.raises(MalleeError, match=f"refused to compare: {why}") as raised:
                await session_of(device, given, key).bring()
            assert raised.value.code == ExitCode.REFUSED and "untouched" in raised.value.next, why
        assert (await look(device)).state == "idle" and bench.controller.restarts == 0

    bench.run(test)


def line_away(bench: Bench, session: Session, seconds: float) -> None:
    """In the middle of the first ten files."""

    def advance(step: str, done: int, total: int) -> None:
        if step == "files" and session.sent_files == 10 and not away:
            network, server = bench.world.network, bench.controller.server
            network.disturb(server, NetworkFaults(cut=True))
            away.append(asyncio.get_running_loop().call_later(seconds, network.disturb, server, None))

    away: list[asyncio.TimerHandle] = []
    session._advance = advance


@pytest.mark.parametrize("away_s", [90.0, 3590.0])
def test_a_line_that_is_away_in_the_middle_is_waited_for(image, away_s):
    """For an hour, which is as long as it waits; the controller gives up after ten minutes. What was whole is not sent again."""
    bench = Bench("pump")
    image = newer(image)
    heard: list[str] = []

    async def test(device):
        session = session_of(device, image, say=heard.append)
        line_away(bench, session, away_s)
        await session.bring()
        assert (await look(device)).state == "ready" and bench.controller.restarts == 0
        assert session._patience.waited_s > 0.5 * away_s
        assert session.sent_bytes < image.size_bytes + 50_000  # two manifests, and the file that was under way

    bench.run(test)
    assert any("waiting" in text for text in heard) and any(
        "going on" in text or "answers again" in text for text in heard
    )


def test_a_line_that_is_away_for_longer_is_given_up_and_the_same_again_goes_on(image):
    bench = Bench("pump")
    image = newer(image)

    async def test(device):
        session = session_of(device, image, wait_s=60.0)
        line_away(bench, session, 640.0)
        with pytest.raises(MalleeError, match="for 60 s") as raised:
            await session.bring()
        assert raised.value.code == ExitCode.NO_ANSWER and "run the same command again" in raised.value.next
        await asyncio.sleep(600.0)
        assert (await look(device)).state == "idle" and (await value(device, "state")) == "local"
        again = session_of(device, image)
        await again.bring()
        assert (await look(device)).state == "ready"
        assert session.sent_files + again.sent_files <= len(image.files) + 1

    bench.run(test)


def test_who_restarts_in_the_middle_is_begun_anew_by_itself(image):
    """Its supply is cut twice while it receives; files that were whole are not sent again."""
    bench = Bench("pump")
    image = newer(image)

    async def test(device):
        session = session_of(device, image)
        ask, cuts = session._send, []

        async def send(file, data, step, done=0, total=0):
            if step == "files" and session.sent_files in (10, 20) and session.sent_files not in cuts:
                cuts.append(session.sent_files)
                bench.world.controllers.power_cycle("bench", 1_000_000)
            await ask(file, data, step, done, total)

        session._send = send
        await session.bring()
        assert (await look(device)).state == "ready" and cuts == [10, 20] and bench.controller.restarts == 2
        assert session.sent_bytes < image.size_bytes + 100_000  # three manifests, and what was under way

    bench.run(test)


def test_a_supply_that_goes_before_a_file_is_whole_ends_nothing(image):
    """Twice in the manifest; only the third time in a row is no accident. What somebody ended is not begun again."""
    bench = Bench("pump")
    image = newer(image)

    async def test(device):
        session = session_of(device, image)
        ask, cuts = session._send, []

        async def send(file, data, step, done=0, total=0):
            if len(cuts) < 2:
                cuts.append(step)
                bench.world.controllers.power_cycle("bench", 1_000_000)
            await ask(file, data, step, done, total)

        session._send = send
        await session.bring()
        assert (await look(device)).state == "ready" and cuts == ["manifest", "manifest"]

        async def never(file, data, step, done=0, total=0):
            bench.world.controllers.power_cycle("bench", 1_000_000)
            await ask(file, data, step, done, total)

        session._send = never
        with pytest.raises(MalleeError, match="let go of the update again and again") as raised:
            await session.bring()
        assert raised.value.code == ExitCode.REFUSED
        await asyncio.sleep(20.0)

        async def ended(file, data, step, done=0, total=0):
            await command(device, "cancel")
            await ask(file, data, step, done, total)

        session._send = ended
        with pytest.raises(MalleeError, match="was ended by somebody else") as raised:
            await session.bring()
        assert raised.value.code == ExitCode.REFUSED

    bench.run(test)


def test_over_a_noisy_serial_line(image):
    """Its answers repeat the requests (FC21), so an echo looks like them; damaged ones are sent again."""
    bench = SerialBench("pump", baud=115200, framing="8N1", faults=Faults(flip=2e-5), seed=3)
    image = newer(image, **{"core/pid.py": image.files["core/pid.py"] + b"# another\n"})
    received_before(bench.controller.flash / "slot_a", newer(image_for("virtual", "pump")))

    async def test(link):
        device = await Device.connect(link, 1)
        session = session_of(device, image)
        await session.bring()
        assert session.sent_files == 2 and session._patience.retries > 0
        await session.start()
        await session.prove()
        assert (await look(session.device)).confirmed == "slot_a"

    bench.run_link(test)
    assert bench.bus.line.counts
