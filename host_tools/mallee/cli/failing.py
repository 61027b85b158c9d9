"""How an error ends a command: three lines on stderr, or their JSON twin, and the exit code."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Sequence

import msgspec
from cyclopts import CycloptsError
from rich.console import Console
from rich.text import Text

from ..errors import ExitCode, MalleeError


def wants_debug(tokens: Sequence[str]) -> bool:
    return "--debug" in tokens


def wants_json(tokens: Sequence[str]) -> bool:
    """Whether the command line asks for JSON, as data or as log: looked at without parsing, for it may be what is wrong."""
    for at, token in enumerate(tokens):
        name, _, value = token.partition("=")
        if name in ("-o", "--output", "--log"):
            value = value or (tokens[at + 1] if at + 1 < len(tokens) else "")
            if value in ("json", "jsonl"):
                return True
    return False


def as_mallee_error(error: Exception) -> MalleeError:
    """Any error with its three parts."""
    if isinstance(error, MalleeError):
        return error
    if isinstance(error, CycloptsError):
        what, _, hint = str(error).partition(" Did you mean ")
        name = hint.partition("?")[0].strip('"')
        next_step = (
            f"did you mean {name}?" if name else "`mallee --help` and `mallee COMMAND --help` show what there is"
        )
        return MalleeError(what.strip().rstrip("."), "a typing error on the command line", next_step, ExitCode.USAGE)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        where = f" of {error.filename}" if error.filename else " of what this command writes to"
        return MalleeError(
            f"the disk{where} is full",
            "no space or quota is left there; what was written before is there",
            "free space, or write somewhere else",
            ExitCode.USAGE,
        )
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" ({last[0].filename.rpartition('mallee')[2].lstrip('/')}:{last[0].lineno})" if last else ""
    return MalleeError(
        f"{type(error).__name__}: {error}{where}",
        "a bug of mallee",
        "run the same command with --debug and report what it prints",
        ExitCode.BUG,
    )


def end_of_error(error: Exception, tokens: Sequence[str]) -> int:
    """Print the error to stderr and return its exit code."""
    known = as_mallee_error(error)
    if wants_json(tokens):
        sys.stderr.write(msgspec.json.encode(known.document()).decode() + "\n")
        return int(known.code)
    console = Console(stderr=True, highlight=False, soft_wrap=True, no_color="--no-color" in tokens or None)
    console.print(Text.assemble(("error: ", "bold red"), known.what))
    console.print(Text.assemble(("likely: ", "yellow"), known.likely))
    console.print(Text.assemble(("next: ", "green"), known.next))
    return int(known.code)
