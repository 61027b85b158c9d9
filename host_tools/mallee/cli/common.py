"""Options that every command has, and what follows from them."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import Parameter
from rich.console import Console

from .. import clock, settings
from ..errors import ExitCode, MalleeError
from ..pod.config import PodConfig
from ..pod.document import Event
from .output import PIPED_WIDTH, is_piped

_DURATION = re.compile(r"^(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m|min|h)?$")
_SECONDS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def check_units(units: Iterable[int], *, serial: bool) -> None:
    """Raises MalleeError for an address that no unit has: before anything is sent."""
    least = 1 if serial else 0
    for unit in units:
        if not least <= unit <= 255:
            broadcast = unit == 0
            raise MalleeError(
                f"--unit {unit} is no unit address",
                "0 is the broadcast address of a serial line: all would hear it, and none may answer"
                if broadcast
                else "a typing error",
                f"name {least} to 255; on a serial line units are 1 to 247 by the standard",
                ExitCode.USAGE,
            )


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Common:
    """Options of every command."""

    config: Annotated[Path | None, Parameter(name=["--config", "-c"])] = None
    """Pod file, or `oversubscribed`, which comes with mallee. Otherwise MALLEE_CONFIG, the nearest pod.toml, the user's
    config.toml, or the bundled default pod."""
    output: Annotated[settings.Output | None, Parameter(name=["--output", "-o"])] = None
    """Form of the data on stdout."""
    timeout: str | None = None
    """How long a request may take, such as 500ms or 2s."""
    color: Annotated[bool, Parameter(negative="--no-color")] = True
    """Colour where stdout is a terminal. NO_COLOR in the environment is respected too."""
    debug: Annotated[bool, Parameter(negative=())] = False
    """Show the traceback of an error."""
    log: Literal["text", "json"] = "text"
    """Form of what is said on stderr, a line each: for people, or as JSON for a log collector (docs/logs.md)."""


class _Console(Console):
    """Rich ends the process with status 1 when whoever read its output has gone; that is no error (see cli.app)."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class _Noting(logging.Handler):
    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._note = note

    def emit(self, record: logging.LogRecord) -> None:
        self._note(record.getMessage())


class Context:
    """Settings in force for one command, and the consoles to print on."""

    def __init__(self, common: Common | None, *, pod_file: Path | None = None) -> None:
        common = common or Common()
        flags = {
            "config": pod_file or common.config,
            "output": common.output,
            "timeout_s": None if common.timeout is None else duration_s(common.timeout, "--timeout"),
        }
        self.settings = settings.resolve(flags)
        self._output: settings.Output = self.settings.output
        self._json_log = common.log == "json"
        no_color = None if common.color else True
        self._bundled_told = False
        told = logging.getLogger("mallee")  # what the library says to any program
        told.handlers, told.propagate = [_Noting(self.note)], False
        self.out = _Console(highlight=False, no_color=no_color, width=PIPED_WIDTH if is_piped() else None)
        self.err = _Console(stderr=True, highlight=False, no_color=no_color, soft_wrap=True)

    @property
    def output(self) -> settings.Output:
        return self._output

    @property
    def timeout_s(self) -> float:
        return self.settings.timeout_s

    @property
    def live(self) -> bool:
        """Repaint a table: it was asked for, and stdout is a terminal that can be drawn on. A dumb one would show nothing
        until the end."""
        return self.output == "table" and self.out.is_terminal and not self.out.is_dumb_terminal

    def pod(self) -> PodConfig:
        """The pod file in force; says so, once, when it is only the bundled one."""
        if self.settings.bundled and not self._bundled_told:
            self._bundled_told = True
            self.note("no pod file here: using the bundled default pod (--config FILE names another)")
        return settings.load(self.settings)

    def keys_file(self, of_pod: str) -> Path | None:
        """File of the device keys: MALLEE_KEYS, or what the pod file says; None: there is none."""
        place = os.environ.get("MALLEE_KEYS") or of_pod
        return Path(place) if place else None

    def as_lines(self) -> None:
        """Where a table would be repainted but there is no terminal: lines of JSON."""
        self._output = "jsonl"

    def note(self, text: str) -> None:
        """Something worth knowing, on stderr."""
        if self._json_log:
            self.event(Event(time=clock.utc_now(), kind="note", device="", text=text))
        else:
            self.err.print(text, style="dim", markup=False)

    def event(self, event: Event) -> None:
        """Something that happened, on stderr."""
        if self._json_log:
            sys.stderr.write(msgspec.json.encode(event).decode() + "\n")
            sys.stderr.flush()
        else:
            self.err.print(f"{event.time:%H:%M:%S} {event.device}: {event.text}", style="dim", markup=False)

    def ask(self, question: str) -> str:
        """What a person types. Raises MalleeError where the input ends instead (Ctrl-D)."""
        self.err.print(question, end="", markup=False)
        try:
            return input().strip()
        except EOFError:
            self.err.print()
            raise MalleeError(
                "nothing was changed",
                "the input ended before there was an answer",
                "run it again if it was a mistake",
                ExitCode.DECLINED,
            ) from None

    def confirm(self, question: str, yes: bool, *, typed: str = "") -> None:
        """Ask before something is changed; `typed`: the name that has to be typed for it. Raises MalleeError when the answer
        is no, or nobody can be asked."""
        if yes:
            return
        if not sys.stdin.isatty():
            raise MalleeError(
                "nobody can be asked for confirmation here",
                "the command runs in a script",
                "add --yes if the change is wanted; --dry-run shows it",
                ExitCode.USAGE,
            )
        if typed:
            agreed = self.ask(f"{question} Type {typed} if you want that: ") == typed
        else:
            agreed = self.ask(f"{question} [y/N] ").lower() in ("y", "yes")
        if not agreed:
            raise MalleeError(
                "nothing was changed",
                f"the answer was not {typed}" if typed else "the answer was no",
                "run it again if it was a mistake",
                ExitCode.DECLINED,
            )


def duration_s(text: str, option: str) -> float:
    """`20s`, `2m`, `500ms`, `1.5h` or plain seconds. Raises MalleeError."""
    match = _DURATION.match(text.strip())
    if match is None or float(match["number"]) == 0:
        raise MalleeError(
            f"{option}: {text!r} is not a duration", "the unit is missing or misspelt", "write 500ms, 20s, 2m or 1h"
        )
    return float(match["number"]) * _SECONDS[match["unit"]]


def simulator_part(name: str) -> Any:
    """Module `name` of mallee.sim, which is an extra of its own. Raises MalleeError where it is not installed."""
    if importlib.util.find_spec("CoolProp") is None:  # not imported: that takes a second or two
        raise MalleeError(
            "the simulator is not installed: there is no CoolProp",
            "mallee was installed without its sim extra",
            "pip install 'mallee[sim]'",
        )
    return importlib.import_module(f"mallee.sim.{name}")
