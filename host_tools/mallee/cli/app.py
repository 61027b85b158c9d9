"""The command line as a whole: which commands there are, and how errors end it.

A command module registers itself: it has `register(app)`. A module that is not part of this installation (a command of
an extra that is not installed) is left out; everything else that is wrong with it is an error.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from .. import __version__
from ..errors import EXIT_CODE_MEANING, ExitCode, MalleeError
from .failing import end_of_error, wants_debug

# In the order of the help: from trying it out to configuring it. Each is a module of this package.
COMMANDS = (
    "demo",
    "run",
    "status",
    "scan",
    "listen",
    "doctor",
    "get",
    "set",
    "watch",
    "trace",
    "alarms",
    "why",
    "log",
    "recording",
    "history",
    "export",
    "report",
    "describe",
    "calibrate",
    "commission",
    "sim",
    "build",
    "flash",
    "config",
)

_EPILOGUE = "Exit codes: " + ", ".join(f"{code.value} {meaning}" for code, meaning in EXIT_CODE_MEANING.items()) + "."


def make_app() -> App:
    """The application with every command that this installation has."""
    app = App(
        name="mallee",
        help="Find the controllers of a pod, read them, cool and power it, and explain what happens.",
        help_epilogue=_EPILOGUE,
        version=__version__,
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
    )
    for name in COMMANDS:
        module = f"{__package__}.{'set_' if name == 'set' else name}"
        if importlib.util.find_spec(module) is not None:
            importlib.import_module(module).register(app)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Nothing but a bug of mallee ever prints a traceback."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = make_app()(tokens)
        sys.stdout.flush()
        return int(code or ExitCode.DONE)
    except SystemExit as error:  # --help and --version end this way
        return int(error.code) if isinstance(error.code, int) else int(ExitCode.DONE)
    except BrokenPipeError:
        _leave_closed_pipes()
        return int(ExitCode.DONE)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except (MalleeError, CycloptsError, Exception) as error:
        if wants_debug(tokens):
            raise
        code = end_of_error(error, tokens)
        if isinstance(error, OSError):
            _leave_closed_pipes()
        return code


def _leave_closed_pipes() -> None:
    """Whoever read our output has seen enough, or the disk is full. Python would complain at its own end, and exit with 120, were
    anything left to be written."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
