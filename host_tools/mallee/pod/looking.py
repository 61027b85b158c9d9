"""What is here, for somebody who has only typed `mallee`: a host, a pod that answers, serial ports, boards. `advice` is pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .config import PodConfig
from .document import PodDocument
from .reaching import on_this_computer

_ROLES = {"master": "controls", "standby": "stands by for", "listening": "begins with", "advising": "advises"}
_TAKEN = ("active", "holding", "ramping")


class Port(NamedTuple):
    device: str
    what: str
    board: bool
    """A board with its own USB, rather than an adapter for a serial line."""


class Sight(NamedTuple):
    """`document` is a host's (`of_host`), or of one look at the pod. None: `problem` says what is wrong with the pod file."""

    config: PodConfig | None
    pod_file: Path
    bundled: bool
    document: PodDocument | None = None
    of_host: bool = False
    age_s: float = 0.0
    ports: Sequence[Port] = ()
    problem: str = ""


class Line(NamedTuple):
    """What was seen, and the command that goes on from it."""

    seen: str
    next: str


def advice(sight: Sight) -> list[Line]:
    """The most urgent first, at most one next step each."""
    lines = [Line(f"the pod file is wrong: {sight.problem}", "mallee config check")] if sight.problem else []
    if sight.config is not None and sight.document is not None:
        lines += _of_pod(sight, sight.config, sight.document)
    for port in sight.ports:
        if port.board:
            next_step = "mallee flash --board BOARD --profile pdu --name NAME --dry-run"
            lines.append(Line(f"a board at {port.device} ({port.what})", next_step))
        else:
            lines.append(Line(f"a serial port {port.device} ({port.what})", f"mallee scan {port.device}"))
    return lines


def _of_pod(sight: Sight, config: PodConfig, document: PodDocument) -> list[Line]:
    members = document.members
    answering = sum(member.answering for member in members)
    pod = f"{config.pod.name} ({'bundled' if sight.bundled else sight.pod_file})"
    if not answering and not sight.of_host:
        if not on_this_computer(config):
            return [Line(f"{pod}: none of its {len(members)} controllers answers", "mallee doctor")]
        real = Line("controllers of your own, on the network or a serial line", "mallee scan HOST --write my-pod.toml")
        return [Line(f"{pod}: nothing runs here", "mallee demo"), real]
    answer = f"{answering} of {len(members)} controllers answer"
    if sight.of_host:
        lines = [Line(f"host {document.host_id} {_ROLES[document.role]} {pod}: {answer}", "mallee watch")]
    else:
        lines = [Line(f"{pod}: {answer}, and no host runs here", "mallee status")]
        if not any(member.lease.state in _TAKEN for member in members):
            lines.append(Line("nobody controls it", _run(sight)))
    if document.alarms:
        worst = document.alarms[0]
        many = f"{len(document.alarms)} alarms, the first" if len(document.alarms) > 1 else "one alarm"
        lines.insert(0, Line(f"{many}: {worst.priority}, {worst.device} {worst.name}", "mallee alarms"))
    return lines


def _run(sight: Sight) -> str:
    return "mallee run" if sight.bundled else f"mallee run {sight.pod_file}"
