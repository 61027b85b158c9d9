"""Real registers: what the firmware of a default pod showed its host, read back from a history that `mallee run` recorded."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from mallee.device.decoding import Decoded, SpanDecoder
from mallee.device.spans import fast_span
from mallee.history.journals import datetime_of
from mallee.history.query import History, Piece
from mallee.pod.loader import parse_pod
from mallee.reading import Quality, Scalar
from mallee.resources import dictionary, examples_dir
from mallee.sim.hostprocess import HostProcess, run_command
from mallee.sim.trainingload import Training
from mallee.sim.world import World

NOISE_PERCENT = 0.05
"""Standard deviation of the skids' transmitters, of their span."""


class Recorded(NamedTuple):
    """Of one controller: its profile, and of each scan what a decoder gave."""

    profile: str
    scans: list[Decoded]


def recorded(for_s: int) -> list[Recorded]:
    """The fast blocks of each controller of the default pod, each second for `for_s` virtual seconds under a training load."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pod.toml"
        pod = (examples_dir() / "pod.toml").read_text(encoding="utf-8") + "\n[history]\n"
        path.write_text(pod, encoding="utf-8")
        config = parse_pod(pod, str(path))
        with World.from_pod(config, seed=1, load=Training(0.8, 1), noise=NOISE_PERCENT) as world:
            environment = {key: value for key, value in os.environ.items() if not key.startswith("MALLEE_")}
            host = HostProcess(world, run_command(path), environment={**environment, "XDG_CONFIG_HOME": folder})
            world.run(for_s * 1_000_000)
            if host.restarts:
                raise RuntimeError(f"the host did not run through: {host.errors}")
            host.kill()
        with History(Path(folder) / "history.db") as history:
            profiles = [(skid.name, "pump") for skid in config.skids] + [(pdu.name, "pdu") for pdu in config.pdus]
            return [_of_controller(history, name, profile) for name, profile in profiles]


def _of_controller(history: History, name: str, profile: str) -> Recorded:
    decoder = SpanDecoder(fast_span(dictionary(profile)))
    series = [each for each in history.series() if each.device == name and each.point in decoder.at]
    pieces = {piece.series.point: piece for piece in history.read(series, 0, 1 << 60)}
    times_ms = pieces["sequence"].times_ms
    scans = []
    for at, time_ms in enumerate(times_ms):
        values: list[Scalar] = [pieces[n].values[at] if n in pieces else None for n in decoder.names]
        qualities = [_quality(pieces.get(name), at) for name in decoder.names]
        good = all(quality is Quality.GOOD for quality in qualities)
        scans.append(Decoded(decoder, values, None if good else qualities, datetime_of(time_ms)))
    return Recorded(profile, scans)


def _quality(piece: Piece | None, at: int) -> Quality:
    return Quality.GOOD if piece is None or piece.qualities is None else piece.qualities[at]
