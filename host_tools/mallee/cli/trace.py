"""`mallee trace`: every frame between this computer and a device."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from .. import clock
from ..device.device import Device
from ..device.frames import FrameRow
from ..device.selecting import fast_points, select
from ..errors import ExitCode, MalleeError
from ..link.address import SerialAddress, parse_address
from ..link.pcap import PcapWriter
from ..link.tap import TapFrame
from ..pod.fleet import Fleet, find_controller
from ..poll.tracing import trace as follow
from ..ui.frames import frame_line
from . import completing
from .common import Common, Context, duration_s
from .creating import create
from .output import emit_line, rows_of
from .stopping import stop_event

_INTERVAL_S = 1.0


def register(app: App) -> None:
    app.command(trace)


def trace(
    device: completing.Device,
    /,
    *points: completing.Point,
    interval: str | None = None,
    for_: Annotated[str | None, Parameter(name="--for")] = None,
    pcap: Path | None = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Poll a device and show each frame: time, direction, unit, what it asks, and the values of points in it.

    It asks for nothing but what it shows, and writes nothing. `mallee listen` hears others on a line, and sends nothing.

    Parameters
    ----------
    device
        Name from the pod file, or an address such as serial:///dev/ttyUSB0?baud=19200#3.
    points
        Names or patterns to poll. None: the fast block.
    interval
        Time between polls, such as 200ms; otherwise 1 s.
    for_
        End after this time; otherwise on Ctrl-C.
    pcap
        Write the frames to this file as well, for tshark or Wireshark.
    """
    context = Context(common)
    if context.output not in ("table", "jsonl"):
        raise MalleeError("frames are lines, one after the other", f"-o {context.output} was asked for", "use -o jsonl")
    interval_s = _INTERVAL_S if interval is None else duration_s(interval, "--interval")
    for_s = None if for_ is None else duration_s(for_, "--for")
    return clock.run(_trace(context, device, points, interval_s, for_s, pcap))


async def _trace(
    context: Context, name: str, patterns: tuple[str, ...], interval_s: float, for_s: float | None, path: Path | None
) -> ExitCode:
    pod = context.pod()
    form = "rtu" if isinstance(parse_address(find_controller(pod, name).address), SerialAddress) else "tcp"

    def points(device: Device) -> list[str]:
        chosen = select(device.dictionary, patterns) if patterns else fast_points(device.dictionary)
        return [point.name for point in chosen]

    with ExitStack() as files:
        writer = None if path is None else PcapWriter(files.enter_context(create(path)), form)

        def show(frame: TapFrame, row: FrameRow) -> None:
            if writer is not None:
                writer.write(frame)
            if context.output == "jsonl":
                emit_line(rows_of([row])[0])
            else:
                context.out.print(frame_line(row), soft_wrap=True)

        async with Fleet(pod, timeout_s=context.timeout_s) as fleet:
            link = fleet.link(name)
            await follow(link, lambda: fleet.device(name), points, interval_s, show, stop_event(for_s))
        if writer is not None:
            context.note(f"{writer.packets} frames in {path}")
    return ExitCode.DONE
