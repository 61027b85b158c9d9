"""The web page: how long a person waits for it, and what twenty browsers cost the control of the pod.

Both before `mallee run` and `mallee serve` as processes of their own, with the default pod's controllers as peers on loopback.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..figure import Figure
from ..pod.cycle import peers
from .lateness import Alternation, compared
from .starting import PDUS, SKIDS, pod_file

LOADS = 7
BROWSERS, ALTERNATIONS, SCANS, SCAN_S = 20, 5, 300, 0.25
_PAINTED = """() => {
  const told = () => {
    if (!document.querySelector("main .card td")) return requestAnimationFrame(told);
    requestAnimationFrame(() => setTimeout(() => { window.painted_ms = performance.now(); }));
  };
  told();
}"""
"""In the page: when the frame after the first one with the pod's values has been drawn."""

_WAIT = """() => new Promise((done) => {
  const look = () => (window.painted_ms ? done(window.painted_ms) : requestAnimationFrame(look));
  look();
})"""


def measure() -> dict[str, Figure]:
    with tempfile.TemporaryDirectory() as text, peers(SKIDS, PDUS) as ports:
        folder = Path(text)
        file = pod_file(folder, ports)
        usual = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"(?m)^scan_s = .*$", f"scan_s = {SCAN_S}", usual), encoding="utf-8")
        with running(folder, "run", str(file), "-o", "jsonl") as host, serving(folder, file) as url:
            scans(host, 8)
            return {"first_paint": first_paint(url), "cycle_with_20_browsers": cycle(host, url)}


def first_paint(url: str) -> Figure:
    from ...host.web.browsing import ARGUMENTS, chromium

    if chromium() is None:
        return Figure(None, "no Chromium: install it (Debian: chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return Figure(None, "no playwright: install the dev group")
    found: list[float] = []
    empty: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for _ in range(LOADS):
            context = browser.new_context(viewport={"width": 1280, "height": 800})  # with an empty cache
            page = context.new_page()
            page.add_init_script(f"({_PAINTED})()")
            page.goto(url)
            found.append(page.evaluate(_WAIT))
            empty.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"))
            context.close()
        browser.close()
    return Figure(
        round(statistics.median(found) / 1000, 3),
        f"from the request to the first frame with the pod's values, Chromium with an empty cache, median of {LOADS}; longest "
        f"{max(found) / 1000:.2f} s; something is drawn after {statistics.median(empty) / 1000:.2f} s (median)",
    )


def cycle(host: queue.Queue[str], url: str) -> Figure:
    """Every other alternation begins with the browsers: a machine that gets busier is not taken for them."""
    found: list[Alternation] = []
    heard = 0
    for number in range(ALTERNATIONS):
        cycles_s: dict[bool, list[float]] = {}
        for watched in (False, True) if number % 2 else (True, False):
            with browsers(url, BROWSERS if watched else 0) as count:
                cycles_s[watched] = [each["cycle_s"] for each in scans(host, SCANS)]
            heard += count()
        found.append(Alternation(cycles_s[False], cycles_s[True]))
    if heard < BROWSERS * ALTERNATIONS * SCANS * SCAN_S / 2:  # the host shows a document once a second at most
        raise RuntimeError(f"the browsers heard {heard} documents: they did not follow")
    return compared(found)


def scans(host: queue.Queue[str], count: int) -> list[dict[str, Any]]:
    """The next documents, from now on."""
    while not host.empty():
        host.get_nowait()
    return [json.loads(host.get(timeout=60)) for _ in range(count)]


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[queue.Queue[str]]:
    """The documents of a command that runs beside, as they come. They are taken all the time: a host that cannot print stands
    still."""
    lines: queue.Queue[str] = queue.Queue()
    with open(folder / "errors.txt", "a", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "mallee", *arguments],
            cwd=folder,
            env=environment(folder),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        reader = threading.Thread(target=lambda: [lines.put(line) for line in process.stdout or ()], daemon=True)
        reader.start()
        try:
            yield lines
        finally:
            process.terminate()
            process.wait(30)
            reader.join(5)
            assert process.stdout is not None
            process.stdout.close()


@contextmanager
def serving(folder: Path, file: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "mallee", "serve", "--port", "0", "-c", str(file)]
    process = subprocess.Popen(command, cwd=folder, env=environment(folder), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        said = process.stderr.readline()
        found = re.search(r"http://\S+", said)
        if found is None:
            raise RuntimeError(f"`mallee serve` did not begin: {said}")
        yield found[0]
    finally:
        process.terminate()
        process.communicate(timeout=30)


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "XDG_STATE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "COLUMNS": "100"}


@contextmanager
def browsers(url: str, count: int) -> Iterator[Any]:
    """So many that read the live updates, in a process of their own; yields what tells afterwards how much they heard."""
    if not count:
        yield lambda: 0
        return
    command = [sys.executable, "-m", "tests.bench.faces.page", url, str(count)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()  # all of them have heard one
    told = ""

    def heard() -> int:
        return int(told)

    try:
        yield heard
    finally:
        told, _ = process.communicate("", timeout=30)


async def _follow(url: str, count: int) -> None:
    """Each reads as a browser does, and says nothing."""
    where = urlsplit(url)
    heard = 0
    first = [asyncio.Event() for _ in range(count)]

    async def one(event: asyncio.Event) -> None:
        nonlocal heard
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(f"GET /live HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
        while data := await reader.read(1 << 16):
            heard += data.count(b"event: pod")
            if heard:
                event.set()

    async with asyncio.TaskGroup() as tasks:
        followers = [tasks.create_task(one(event)) for event in first]
        await asyncio.gather(*(event.wait() for event in first))
        print("ready", flush=True)
        heard = 0
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        for each in followers:
            each.cancel()
    print(heard)


if __name__ == "__main__":
    asyncio.run(_follow(sys.argv[1], int(sys.argv[2])))
