"""The responder as a process beside the bench."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Serving:
    ports: list[int]
    pty: str


@contextmanager
def responder(count: int) -> Iterator[Serving]:
    command = [sys.executable, "-m", "tests.bench.link.responder", str(count)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        said = json.loads(process.stdout.readline())
        yield Serving(said["ports"], said["pty"])
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
