"""A recording of the flight recorder: fast samples around a trip, from its file. docs/journal.md has the format. Pure."""

from __future__ import annotations

import struct
from array import array
from datetime import UTC, datetime
from sys import byteorder

import msgspec

from ..errors import ExitCode, MalleeError
from .dictionary import Dictionary

VERSION = 1
HEADER_BYTES = 64
NONE, RUNNING, WHOLE = 0, 1, 2
_HEADER = struct.Struct(">HHHIIIBxHHIHHHHI4s16s")
_LATER = 19  # this byte is not 0 when another branch was latched as tripped
_CLOCK_SET = 1
_UNKNOWN_BOOT = 0xFFFFFFFF
_NOT_SAMPLED = -0x8000
_CHANNELS_MAX = 16  # `tripped` has so many bits


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """What the channels did around a trip. samples[c][i] belongs to channels[c], (i - before) sample periods after the sample on
    which protection tripped; None where the converter gave nothing. `time` where the clock was set, else `uptime_s`, seconds
    since the controller's start; both as the journal has them, to a second. `boot_count`: the start that it belongs to."""

    sequence: int
    boot_count: int | None
    time: datetime | None
    uptime_s: int | None
    alarm: str
    alarm_code: int
    tripped: tuple[str, ...]
    first_out: bool
    """No other branch was latched as tripped when it came."""
    sample_period_us: int
    before: int
    unit: str
    channels: tuple[str, ...]
    samples: tuple[tuple[float | None, ...], ...]

    @property
    def after(self) -> int:
        """Samples from the trip on, that of the trip with them."""
        return len(self.samples[0]) - self.before

    def at_ms(self, index: int) -> float:
        """When the sample was taken, after that of the trip."""
        return (index - self.before) * self.sample_period_us / 1000


def status(content: bytes) -> int:
    """NONE, RUNNING or WHOLE. Raises MalleeError for what is not the header of a recording, or of another version."""
    if len(content) < HEADER_BYTES:
        raise _damaged(f"it has {len(content)} bytes, less than its header")
    version, header_bytes, found = struct.unpack_from(">HHH", content)
    if version != VERSION:
        raise MalleeError(
            f"the recording has format version {version}, and this mallee knows {VERSION}",
            "the controller's firmware is newer than this program, or what answered is not a mallee controller",
            "update mallee: pip install --upgrade mallee",
            ExitCode.REFUSED,
        )
    if header_bytes != HEADER_BYTES or found not in (NONE, RUNNING, WHOLE):
        raise _damaged(f"its header claims {header_bytes} bytes and state {found}")
    return found


def parse(content: bytes, dictionary: Dictionary) -> Recording | None:
    """None where there is no whole recording. Raises MalleeError for anything that is not one."""
    if status(content) != WHOLE:
        return None
    (
        _, _, _, sequence, boot, seconds, source, alarm, tripped, period_us, count, before, after, numerator, denominator,
        unit, names,
    ) = _HEADER.unpack_from(content)  # fmt: skip
    claimed = 2 * count * (before + after)
    if (
        not 1 <= count <= _CHANNELS_MAX
        or not after
        or not period_us
        or not numerator
        or not denominator
        or not sequence
    ):
        raise _damaged("its header has a 0 where there cannot be one")
    if len(content) != HEADER_BYTES + claimed:
        raise _damaged(f"its header claims {claimed} bytes of samples, and {len(content) - HEADER_BYTES} came")
    codes = array("h", content[HEADER_BYTES:])
    if byteorder == "little":
        codes.byteswap()
    channels = tuple(_text(names).replace("*", str(n)) for n in range(1, count + 1))
    dated = source == _CLOCK_SET
    known = dictionary.alarm_by_code.get(alarm)
    return Recording(
        sequence=sequence,
        boot_count=None if boot == _UNKNOWN_BOOT else boot,
        time=datetime.fromtimestamp(seconds, UTC) if dated else None,
        uptime_s=None if dated else seconds,
        alarm=known.name if known else f"alarm {alarm}",
        alarm_code=alarm,
        tripped=tuple(name for bit, name in enumerate(channels) if tripped >> bit & 1),
        first_out=content[_LATER] == 0,
        sample_period_us=period_us,
        before=before,
        unit=_text(unit),
        channels=channels,
        samples=tuple(
            tuple(None if code == _NOT_SAMPLED else code * numerator / denominator for code in codes[channel::count])
            for channel in range(count)
        ),
    )


def _text(data: bytes) -> str:
    try:
        text = data.rstrip(b"\0").decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if not text.isprintable() or not text:
        raise _damaged("its header has no text where a name should be")
    return text


def _damaged(how: str) -> MalleeError:
    return MalleeError(
        f"the recording is damaged: {how}",
        "what answered is not a mallee controller, or its firmware is at fault",
        "read it again; if it stays so, keep the output of --debug for the makers",
        ExitCode.REFUSED,
    )
