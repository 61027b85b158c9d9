"""`mallee recording`: what the flight recorder of a device kept of the last trip."""

from __future__ import annotations

from statistics import median
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from .. import clock
from ..device.recording import Recording
from ..errors import ExitCode
from ..pod.fleet import Fleet
from . import completing
from .common import Common, Context
from .output import emit

COLUMNS = ("channel", "unit", "before", "at_trip", "peak", "peak_at_ms", "end", "tripped")
_TIME = "at_ms"


def register(app: App) -> None:
    app.command(recording)


def recording(
    device: completing.Device,
    /,
    *,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Show the fast currents around the last trip of a PDU: of each branch before it, at it, and the peak.

    `-o csv` has all samples, `-o json` and `-o jsonl` the recording as one document.

    Parameters
    ----------
    device
        Name from the pod file, or an address: tcp://HOST:PORT#UNIT.
    """
    context = Context(common)
    found = clock.run(_read(context, device))
    if context.output == "csv":
        channels = found.channels if found else ()
        emit(context.out, context.output, samples(found) if found else [], (_TIME, *channels))
    elif context.output != "table":
        emit(context.out, context.output, [{"device": device, **msgspec.to_builtins(found)}] if found else [], ())
    elif found:
        context.out.print(title(device, found), markup=False)
        emit(context.out, context.output, summary(found), COLUMNS)
    if not found:
        context.note(
            f"{device} has no recording: nothing tripped since its controller started; "
            f"a restart loses what there was. `mallee log {device}` shows trips before that"
        )
    return ExitCode.DONE


async def _read(context: Context, name: str) -> Recording | None:
    async with Fleet(context.pod(), timeout_s=context.timeout_s) as fleet:
        device = await fleet.device(name)
        return await device.read_recording()


def title(device: str, found: Recording) -> str:
    when = f"start + {found.uptime_s} s" if found.time is None else f"{found.time:%Y-%m-%d %H:%M:%S} UTC"
    before_ms, after_ms = (n * found.sample_period_us / 1000 for n in (found.before, found.after))
    later = "" if found.first_out else "another branch was latched as tripped; "
    return (
        f"recording {found.sequence} of {device}: {found.alarm}, {when}; {later}"
        f"{before_ms:g} ms before and {after_ms:g} ms after, a sample every {found.sample_period_us / 1000:g} ms"
    )


def summary(found: Recording) -> list[dict[str, Any]]:
    """A row a channel. `before` is the median, which one high sample just before the trip does not move."""
    rows = []
    for channel, values in zip(found.channels, found.samples, strict=True):
        before = [value for value in values[: found.before] if value is not None]
        known = [(value, -index) for index, value in enumerate(values) if value is not None]
        peak, earliest = max(known) if known else (None, 0)
        rows.append(
            {
                "channel": channel,
                "unit": found.unit,
                "before": _round(median(before) if before else None),
                "at_trip": _round(values[found.before]),
                "peak": _round(peak),
                "peak_at_ms": None if peak is None else found.at_ms(-earliest),
                "end": _round(values[-1]),
                "tripped": "tripped" if channel in found.tripped else None,
            }
        )
    return rows


def samples(found: Recording) -> list[dict[str, Any]]:
    """A row a sample, its time after the trip, and a column a channel."""
    return [
        {_TIME: found.at_ms(index), **{c: _round(v) for c, v in zip(found.channels, values, strict=True)}}
        for index, values in enumerate(zip(*found.samples, strict=True))
    ]


def _round(value: float | None) -> float | None:
    """To a digit more than the registers have."""
    return None if value is None else round(value, 3)
