"""`python -m tests.host.history_writer FILE FIRST COUNT STEP_MS [STATEMENT]`: writes scans and says the number of each when it is
committed. With STATEMENT it kills itself (-9) just before that statement of SQL."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from .history_files import Filler, make


def main(file: str, first: str, count: str, step_ms: str, statement: str = "0") -> None:
    store = make(Path(file), flush=True)
    left = int(statement)

    def die_in_time(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    store.database.set_trace_callback(die_in_time if left else None)
    filler = Filler(store, int(step_ms))
    for n in range(int(first), int(first) + int(count)):
        store.append(filler.entry(n))
        sys.stdout.write(f"{n}\n")
        sys.stdout.flush()
        while store.work():
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
