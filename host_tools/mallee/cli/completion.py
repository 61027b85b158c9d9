"""`mallee completion`: what makes the TAB key of a shell know this program's words."""

from __future__ import annotations

import sys
from typing import Literal

from cyclopts import App
from rich.console import Console

from ..errors import ExitCode

Shell = Literal["bash", "zsh", "fish", "powershell"]
_PLACES: dict[Shell, str] = {
    "bash": "mallee completion bash > ~/.local/share/bash-completion/completions/mallee",
    "zsh": "mallee completion zsh > ~/.zfunc/_mallee, with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc",
    "fish": "mallee completion fish > ~/.config/fish/completions/mallee.fish",
    "powershell": "mallee completion powershell >> $PROFILE",
}


def register(app: App) -> None:
    app.command(completion)


def completion(shell: Shell, /) -> int:
    """Print the script that completes commands, options, devices and points of the pod file in your shell.

    Parameters
    ----------
    shell
        bash, zsh, fish or powershell.
    """
    from .app import make_app

    sys.stdout.write(make_app().generate_completion(prog_name="mallee", shell=shell))
    if sys.stdout.isatty():
        note = Console(stderr=True, highlight=False, soft_wrap=True)
        note.print(f"to keep it: {_PLACES[shell]}; then open a new shell", style="dim", markup=False)
    return ExitCode.DONE
