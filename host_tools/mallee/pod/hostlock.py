"""One host of a number on one computer: two would write the same files, and take each other's leases for their own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .. import locking
from ..errors import ExitCode, MalleeError
from .config import PodConfig
from .why.store import ADVISING

_FILE = "running"


@contextmanager
def only_host(config: PodConfig, folder: Path, *, advise: bool) -> Iterator[None]:
    """While it lasts no other process is this host; `folder` is where its files are. Raises MalleeError (REFUSED) where one is. A
    folder that cannot be written does not keep a pod from being controlled."""
    place = folder / ADVISING if advise else folder
    lock = None
    try:
        with suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
        lock = locking.hold(place / _FILE)
    except locking.Held as error:
        raise MalleeError(
            f"host {config.pod.host_id} of {config.pod.name} runs on this computer already{' and advises' if advise else ''}",
            "`mallee run` was started twice, or by a service and by hand",
            "`mallee status` and `mallee alarms` show what it does; a second host of the pod needs a number of its own: "
            f"MALLEE_HOST_ID={config.pod.host_id + 1} mallee run (docs/hosts.md)",
            ExitCode.REFUSED,
        ) from error
    except sqlite3.Error:
        pass
    try:
        yield
    finally:
        if lock is not None:
            lock.close()
