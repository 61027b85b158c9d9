"""`mallee config`: which settings are in force and where they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from .. import settings
from ..errors import ExitCode
from .common import Common, Context
from .output import emit


def register(app: App) -> None:
    group = App(name="config", help="Show settings and check pod files.")
    group.command(show)
    group.command(check)
    app.command(group)


def show(*names: str, common: Annotated[Common | None, Parameter(name="*")] = None) -> int:
    """Every setting in force, with its origin: flag, variable, file and line, or default.

    Examples: `mallee config show`; `mallee config show power`; `mallee config show 'rack.*.priority'`.

    Parameters
    ----------
    names
        Only these: a section such as `control`, or patterns.
    """
    context = Context(common)
    rows = [
        {"setting": setting.name, "value": setting.value, "origin": setting.origin}
        for setting in settings.named(settings.shown(context.settings, context.pod()), names)
    ]
    emit(context.out, context.output, rows, ("setting", "value", "origin"))
    return ExitCode.DONE


def check(file: Path | None = None, /, *, common: Annotated[Common | None, Parameter(name="*")] = None) -> int:
    """Check a pod file and do nothing else.

    Parameters
    ----------
    file
        Pod file; otherwise the one in force.
    """
    context = Context(common, pod_file=file)
    pod = context.pod()
    row = {
        "file": str(context.settings.pod_file),
        "pod": pod.pod.name,
        "skids": len(pod.skids),
        "pdus": len(pod.pdus),
        "feeds": len(pod.feeds),
        "racks": len(pod.racks),
    }
    emit(context.out, context.output, [row], tuple(row))
    return ExitCode.DONE
