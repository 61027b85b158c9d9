"""What was said on a bus during a test: frames as a link shows them, as a pcap file, and in words."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import Path

from ..device.dictionary import Dictionary
from ..device.frames import FrameReader
from ..link.pcap import PcapWriter
from ..link.tap import TapFrame

_SIGN = {"request": "->", "answer": "<-", "noise": "xx"}
_MOST = 100_000


class Trace:
    """A tap that remembers the latest frames; `left_out` counts those before them."""

    def __init__(self, most: int = _MOST) -> None:
        self.frames: deque[TapFrame] = deque(maxlen=most)
        self.left_out = 0

    def __call__(self, frame: TapFrame) -> None:
        self.left_out += len(self.frames) == self.frames.maxlen
        self.frames.append(frame)

    def clear(self) -> None:
        self.frames.clear()
        self.left_out = 0

    def save_pcap(self, path: Path) -> int:
        """For tshark and Wireshark (docs/link.md); returns the number of frames. Raises OSError."""
        with path.open("wb") as file:
            writer = PcapWriter(file, self.frames[0].form if self.frames else "rtu")
            for frame in self.frames:
                writer.write(frame)
        return writer.packets

    def words(self, dictionaries: Mapping[tuple[str, int], Dictionary]) -> str:
        """A line a frame: time, direction, unit, meaning, and every value of a point in it."""
        reader = FrameReader(dictionaries)
        lines = [f"{self.left_out} frames before these were left out"] if self.left_out else []
        for frame in self.frames:
            row = reader.read(frame)
            unit = "-" if row.unit is None else str(row.unit)
            points = ", ".join(f"{name} {value}" for name, value in row.points.items())
            lines.append(f"{row.time[11:-1]} {_SIGN[row.direction]} {unit:>3}  {row.meaning}  {points or row.data}")
        return "\n".join(lines) + "\n"
