"""The command line as a whole: which commands there are, and how errors end it.

A command module registers itself: it has `register(app)`, and a row in commands.py. A module that is not part of this
installation (a command of an extra that is not installed) is left out; everything else that is wrong with it is an error.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Group

from .. import __version__
from ..errors import EXIT_CODE_MEANING, ExitCode, MalleeError
from .commands import COMMANDS, HERE
from .failing import end_of_error, wants_debug
from .streams import leave_closed_pipes, open_missing

_COMPLETE = "__complete"
"""What the script of `mallee completion` puts before the words of the command line."""
_EPILOGUE = "Exit codes: " + ", ".join(f"{code.value} {meaning}" for code, meaning in EXIT_CODE_MEANING.items()) + "."


def make_app(tokens: Sequence[str] | None = None) -> App:
    """The application. With the words of a command line only the command that they name is imported: it shall not wait for the
    others. Without, all are."""
    app = App(
        name="mallee",
        help="Find the controllers of a pod, read them, cool and power it, and explain what happens. Without a command: what is "
        "here, and what to do next.",
        help_prologue=_examples(("mallee demo", "mallee status", "mallee scan /dev/ttyUSB0", "mallee COMMAND --help")),
        help_epilogue=_EPILOGUE,
        version=__version__,
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
    )
    groups = {name: Group(name, sort_key=place) for place, name in enumerate(dict.fromkeys(c.group for c in COMMANDS))}
    words = [word for word in tokens or () if word != _COMPLETE]
    named = None if tokens is None else next(iter(words), "")
    alone = {command.name for command in COMMANDS} | {"", "--help", "-h", "--version"}
    for command in COMMANDS:
        if importlib.util.find_spec(command.home) is None:
            continue
        if named in alone and command.name != named:
            app.command(
                f"{command.home}:register", name=command.name, help=command.summary, group=groups[command.group]
            )
            continue
        importlib.import_module(command.home).register(app)
        own = app[command.name]
        own.group = groups[command.group]
        own.help_prologue = _examples(command.examples)
    for flag in ("--help", "--version"):
        app[flag].group = groups[HERE]
    if tokens is not None and not tokens:
        app.default(importlib.import_module(f"{__package__}.look").look)
    return app


def _examples(lines: Sequence[str]) -> str:
    return "Examples:\n\n" + "\n".join(f"- `{line}`" for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Nothing but a bug of mallee ever prints a traceback."""
    open_missing()
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run(tokens)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        leave_closed_pipes()
        return int(ExitCode.DONE)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except (MalleeError, CycloptsError, Exception) as error:
        if wants_debug(tokens):
            raise
        code = end_of_error(error, tokens)
        if isinstance(error, OSError):
            leave_closed_pipes()
        return code


def _run(tokens: Sequence[str]) -> int:
    try:
        return int(make_app(tokens)(tokens) or ExitCode.DONE)
    except SystemExit as error:  # --help and --version end this way
        if isinstance(error.__context__, BrokenPipeError):  # Rich's, where nobody reads the help any more
            raise error.__context__ from None
        return int(error.code) if isinstance(error.code, int) else int(ExitCode.DONE)
