"""An update over the bus of the real firmware on a virtual board: brought, started once, proven; or sent back."""

import msgspec
import pytest
from mallee.deploy.updating.image import Image, image_for
from mallee.deploy.updating.patience import Patience
from mallee.deploy.updating.registers import look
from mallee.deploy.updating.session import Offer, Session
from mallee.device.device import Device
from mallee.sim.flash import device_key

from .bench import Bench

NEW = (99, 1, 2)


def newer(image: Image, **files: bytes) -> Image:
    """The same as another release."""
    release = image.files["release.py"].decode()
    lines = [f"VERSION = {NEW}" if line.startswith("VERSION") else line for line in release.splitlines()]
    changed = {**image.files, "release.py": ("\n".join(lines) + "\n").encode(), **files}
    return msgspec.structs.replace(image, version=NEW, files=changed)


def session_of(device: Device, image: Image, key: bytes | None = None) -> Session:
    offer = Offer(image=image, key=device_key("bench") if key is None else key, issued_s=1_800_000_000)
    return Session(device, offer, Patience(60.0, print), lambda step, done, total: None)


@pytest.fixture(scope="module")
def image():
    return image_for("virtual", "pump")


def test_it_is_brought_started_proven_and_stays(image):
    bench = Bench("pump")

    async def test(device):
        session = session_of(device, newer(image))
        await session.bring()
        print(session.sent_files, session.sent_bytes, session._patience.retries)
        await session.start()
        assert session.device.identity.firmware == "99.1.2"
        await session.prove()
        said = await look(session.device)
        assert (said.application, said.confirmed, said.outcome, said.state) == ("slot_a", "slot_a", "confirmed", "idle")

    bench.run(test)
    print(bench.world.now_us / 1e6)
