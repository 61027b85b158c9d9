"""`mallee listen`: what others say on a serial line. Nothing is ever sent."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from .. import clock, resources
from ..deploy.dictionary import PROFILES
from ..device.dictionary import Dictionary
from ..device.frames import FrameRow
from ..device.overhearing import overhear
from ..errors import ExitCode, MalleeError
from ..link.address import SerialAddress
from ..link.failures import nothing_heard, nothing_understood
from ..link.guessing import reading_settings
from ..link.overheard import LineHeard
from ..link.pcap import PcapWriter
from ..link.tap import TapFrame
from ..pod.linenames import dictionaries_on_line, find_line, is_address
from ..suggest import did_you_mean
from ..ui.frames import frame_line
from .common import Common, Context, duration_s
from .creating import create
from .output import emit, emit_line, rows_of
from .stopping import stop_event

UNIT_COLUMNS = (
    "unit", "requests", "rate_Hz", "answers", "exceptions", "unanswered", "damaged", "late", "second", "stray", "functions",
    "delay_p50_ms", "delay_p99_ms",
)  # fmt: skip
LINE_COLUMNS = (
    "link", "seconds", "bytes", "frames", "broadcasts", "noise_bytes", "bursts", "load_percent", "gap_p50_ms",
    "longest_silence_s",
)  # fmt: skip


def register(app: App) -> None:
    app.command(listen)


def listen(
    port: str,
    /,
    *,
    profile: tuple[str, ...] = (),
    summary: Annotated[bool, Parameter(negative=())] = False,
    for_: Annotated[str | None, Parameter(name="--for")] = None,
    pcap: Path | None = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Hear a serial line without sending a byte: every request and answer of any master and any units, and what is damaged.

    Without baud and framing in the address both are found from what is heard. At the end: a row a unit, and one of the line.
    Values have names where the pod file says what a unit is, where another master reads its identity, or with --profile.

    Exit code 0: frames were heard; 3: nothing was; 5: bytes, but no good frame.

    Parameters
    ----------
    port
        /dev/ttyUSB0, COM3, serial:///dev/ttyUSB0?baud=19200&framing=8E1, serial://socket://HOST:PORT for a serial server, or a
        name from the pod file.
    profile
        UNIT=PROFILE, such as 3=pump; repeat the option for each unit.
    summary
        Only the counts at the end. `-o json` and `-o csv` have them alone too.
    for_
        End after this time; otherwise on Ctrl-C.
    pcap
        Write the frames to this file as well, for tshark or Wireshark.
    """
    context = Context(common)
    config = None if context.settings.bundled and is_address(port) else context.pod()
    line = find_line(port, config)
    candidates = [line] if isinstance(line, SerialAddress) else reading_settings(line.device)
    found = {} if config is None else dictionaries_on_line(config, line.device)
    told = {unit: resources.dictionary(name) for unit, name in _profiles(profile).items()}
    for_s = None if for_ is None else duration_s(for_, "--for")
    show_frames = not summary and context.output in ("table", "jsonl")
    heard = clock.run(_listen(context, candidates, found | told, for_s, pcap, show_frames))
    _summarise(context, heard)
    if not heard.bytes:
        raise nothing_heard(heard.link, heard.seconds)
    if not heard.frames:
        raise nothing_understood(heard.link, heard.bytes, heard.seconds, one_way=len(candidates) == 1)
    return ExitCode.DONE


def _profiles(texts: tuple[str, ...]) -> dict[int, str]:
    found: dict[int, str] = {}
    for text in texts:
        unit, _, name = text.partition("=")
        if not unit.isdigit() or not 1 <= int(unit) <= 247 or name not in PROFILES:
            right = unit.isdigit() and 1 <= int(unit) <= 247
            raise MalleeError(
                f"--profile {text}: not UNIT=PROFILE",
                "there is no such profile" if right else "the unit is not a number from 1 to 247",
                did_you_mean(name, PROFILES) if right else "write --profile 3=pump",
            )
        found[int(unit)] = name
    return found


async def _listen(
    context: Context,
    candidates: list[SerialAddress],
    dictionaries: dict[int, Dictionary],
    for_s: float | None,
    path: Path | None,
    show_frames: bool,
) -> LineHeard:
    with ExitStack() as files:
        writer = None if path is None else PcapWriter(files.enter_context(create(path)), "rtu")

        def show(frame: TapFrame, row: FrameRow) -> None:
            if writer is not None:
                writer.write(frame)
            if show_frames and context.output == "jsonl":
                emit_line(rows_of([row])[0])
            elif show_frames:
                context.out.print(frame_line(row), soft_wrap=True)

        def settled(address: SerialAddress) -> None:
            alike = "; 8O1 and 8N2 would sound the same" if address.framing == "8E1" else ""
            context.note(f"the line speaks {address.baud} Bd {address.framing}{alike}")

        heard = await overhear(candidates, dictionaries, show, stop_event(for_s, interrupted=True), settled)
        if writer is not None:
            context.note(f"{writer.packets} frames in {path}")
    return heard


def _summarise(context: Context, heard: LineHeard) -> None:
    if context.output == "jsonl":
        emit_line({"summary": rows_of([heard])[0]})
    elif context.output == "json":
        emit(context.out, context.output, rows_of([heard]), ())
    else:
        emit(context.out, context.output, [{**row, **_counted(row)} for row in rows_of(heard.units)], UNIT_COLUMNS)
        if context.output == "table":
            emit(context.out, context.output, rows_of([heard]), LINE_COLUMNS)


def _counted(row: dict[str, Any]) -> dict[str, str]:
    """Counts by code as one cell."""
    return {
        key: ", ".join(f"{code}: {count}" for code, count in row[key].items()) for key in ("exceptions", "functions")
    }
