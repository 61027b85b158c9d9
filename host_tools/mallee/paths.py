"""Where a person's configuration and the caches of this program belong on each platform."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path


def _base(variable: str, mac: str, unix: str, windows: str) -> Path:
    explicit = os.environ.get(variable)
    if explicit:
        return Path(explicit)
    if sys.platform == "win32":
        return Path(os.environ.get(windows) or Path.home() / "AppData" / "Local")
    return Path.home() / (mac if sys.platform == "darwin" else unix)


def user_config_dir() -> Path:
    """XDG Base Directory Specification 0.8 on Unix, the platform's own place elsewhere."""
    return _base("XDG_CONFIG_HOME", "Library/Application Support", ".config", "APPDATA") / "mallee"


def user_cache_dir() -> Path:
    return _base("XDG_CACHE_HOME", "Library/Caches", ".cache", "LOCALAPPDATA") / "mallee"


def user_state_dir() -> Path:
    """What a program goes on with after a restart: not worth a backup, but not to be lost either."""
    return _base("XDG_STATE_HOME", "Library/Application Support", ".local/state", "LOCALAPPDATA") / "mallee"


def pod_state_dir(pod: str, host_id: int) -> Path:
    """Of one pod as one host keeps it: a second host of the pod on this computer has a folder of its own."""
    return user_state_dir() / f"{re.sub(r'[^A-Za-z0-9.-]+', '-', pod)}.host-{host_id}"


def lines_dir() -> Path:
    """Where hosts share their serial ports (link/sharing.py). A demo's host, whose other files are the demo's, does too:
    MALLEE_LINES_DIR tells it where."""
    explicit = os.environ.get("MALLEE_LINES_DIR")
    return Path(explicit) if explicit else user_state_dir() / "lines"
