"""`mallee watch` as a person has it: a real process on a real terminal of three sizes, keys sent, the screen read back."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mallee.paths import pod_state_dir
from mallee.pod.document import PodDocument
from mallee.pod.runner import run_pod
from mallee.pod.why.store import DOCUMENT
from msgspec.structs import replace

from .peers_in_thread import PeersInThread, in_thread, peers_in_thread, write_pod_file
from .terminal import Terminal

VIEWS = {
    "1": ("[1 pod]", "cooling", "power", "racks", "pdu-a", "rack-1"),
    "2": ("[2 skids]", "facility water", "exchanger", "37.02/37.0 °C", "(P1)", "P2 60→0 % running", "cold"),
    "3": ("[3 PDUs]", "►pdu-a", "L3", "rack-1", "thermal", "240.0 V"),
    "4": ("[4 alarms (1)]", "► high", "over_temperature", "unacknowledged", "facility water warm", "a acknowledge"),
    "5": ("[5 trends]", "power", "kW", "└"),
    "6": ("[6 bus]", "requests/s", "127.0.0.1:", "p99 ms", "skid-1"),
    "?": ("acknowledge the chosen alarm", "STALE", "Ctrl-C"),
}


@pytest.fixture(scope="module")
def peers() -> Iterator[PeersInThread]:
    with peers_in_thread(scan_s=0.5) as running:
        pod = running.pod
        running.call(lambda: pod.skid.image["discrete"].__setitem__(21, True))  # over_temperature
        running.call(lambda: pod.skid.set("alarm_count", 1))
        yield running


@pytest.fixture
def folder(peers: PeersInThread, tmp_path: Path) -> Path:
    file = write_pod_file(peers.pod.config, tmp_path / "pod.toml")
    # The peers' uptime runs faster than time.
    file.write_text(file.read_text(encoding="utf-8") + "[quarantine]\nenabled = false\n", encoding="utf-8")
    return tmp_path


@contextmanager
def host(peers: PeersInThread) -> Iterator[tuple[Path, threading.Event]]:
    """`mallee run` in a thread: its last document, and whether it may go on."""
    config = peers.pod.config
    folder = pod_state_dir(config.pod.name, config.pod.host_id)
    going = threading.Event()
    going.set()

    async def serve(ready: Callable[[], None], finish: asyncio.Event) -> None:
        def publish(document: PodDocument) -> None:
            going.wait()
            if document.alarms:
                ready()

        trusting = replace(config, quarantine=replace(config.quarantine, enabled=False))
        await run_pod(trusting, publish=publish, stop=finish, state_dir=folder)

    with in_thread(serve):
        try:
            yield folder / DOCUMENT, going
        finally:
            going.set()


def tour(terminal: Terminal, columns: int, lines: int) -> None:
    for key, shown in VIEWS.items():
        terminal.press(key)
        screen = terminal.until(*shown, "q end")
        assert len(screen.splitlines()) == lines and max(map(len, screen.splitlines())) <= columns
    terminal.press("?")


def test_small_all_views_and_what_is_done_with_an_alarm(peers: PeersInThread, folder: Path) -> None:
    with host(peers), Terminal(folder, 80, 24, "watch") as terminal:
        terminal.until("small pod", "host 7", "over_temperature")
        tour(terminal, 80, 24)
        terminal.press("4", "a")
        terminal.until("acknowledge skid-1: over_temperature", "Enter: acknowledge it")
        terminal.press("seen", "enter")
        terminal.until("acknowledged: skid-1: over_temperature", "acknowledged by", ": seen")
        terminal.press("a")
        terminal.until("Enter: acknowledge it")
        terminal.press("enter")
        terminal.until("error: ", "acknowledged already", "likely: ", "next: `mallee alarms --all`")
        terminal.press("s")
        terminal.until("Enter: next")
        terminal.press("enter")
        terminal.until("Enter: shelve it")
        terminal.press("enter")
        terminal.until("something has to stand here")
        terminal.press("known", "enter")
        terminal.until("shelved: skid-1: over_temperature", "[4 alarms]", "1 not told")
        terminal.press("t")
        terminal.until("► high", ": known", "until")
        terminal.press("u")
        terminal.until("unshelved: skid-1: over_temperature", "[4 alarms (1)]")
        terminal.press("q")
        assert terminal.end() == 0 and terminal.restored()
        assert "documents, " in terminal.text and " lost, p99 " in terminal.text


def test_middle_what_is_stale_says_so_and_sigterm_leaves_the_terminal_as_it_was(
    peers: PeersInThread, folder: Path
) -> None:
    with host(peers) as (document, going), Terminal(folder, 120, 40, "watch") as terminal:
        tour(terminal, 120, 40)
        going.clear()
        terminal.press("1")
        terminal.until("[1 pod]")
        written_s = document.stat().st_mtime - 20
        os.utime(document, (written_s, written_s))
        terminal.until("STALE: 2", " s old")
        terminal.press("5")
        terminal.until("[5 trends]", "old: 2")
        going.set()
        terminal.until(lambda text: "STALE" not in text and "old: " not in text)
        assert terminal.end(signal.SIGTERM) == 0 and terminal.restored()
        assert " lost, p99 " in terminal.text


def test_large_without_colour_and_ctrl_c(peers: PeersInThread, folder: Path) -> None:
    with host(peers), Terminal(folder, 200, 60, "watch", NO_COLOR="1") as terminal:
        tour(terminal, 200, 60)
        terminal.press("1")
        terminal.until(" skid-1 over_temperature: Supply temperature")  # which came before the dashboard began
        assert not terminal.coloured
        terminal.press("ctrl+c")
        assert terminal.end() == 130 and terminal.restored()
        assert " lost, p99 " in terminal.text


def test_without_a_host_it_reads_by_itself_and_says_so_and_ends_with_its_terminal(
    peers: PeersInThread, folder: Path
) -> None:
    for peer in peers.pod.peers:
        peers.call(peer.requests.clear)
    with Terminal(folder, 80, 24, "watch") as terminal:
        terminal.until("read from here", "over_temperature")
        assert terminal.coloured
        terminal.press("4")
        terminal.until("► high")
        terminal.press("a")
        terminal.until("Enter: acknowledge it")
        terminal.press("enter")
        terminal.until(
            "error: no host keeps the alarms of small pod here", "likely: `mallee run` does not run", "next: "
        )
        terminal.vanish()
        assert terminal.end() == 0
    functions = {request[0] for peer in peers.pod.peers for request in peer.requests}
    assert functions and not functions & {5, 6, 15, 16, 22, 23}  # nothing was written


def test_a_terminal_that_vanishes_without_a_word_ends_it_too(peers: PeersInThread, folder: Path) -> None:
    with Terminal(folder, 80, 24, "watch", hangs_up=False) as terminal:
        terminal.until("small pod")
        terminal.vanish()
        assert terminal.end() == 0


@pytest.mark.parametrize("what", [(), ("skid-1", "flow")], ids=["pod", "points"])
def test_a_dumb_terminal_gets_lines_as_they_come(peers: PeersInThread, folder: Path, what: tuple[str, ...]) -> None:
    with Terminal(folder, 80, 24, "watch", *what, TERM="dumb") as terminal:
        terminal.until(lambda screen: b'"flow' in terminal.output)  # a line of the whole pod is more than a screen
        terminal.press("ctrl+c")
        assert terminal.end() == 130 and b"\x1b[" not in terminal.output
