"""Requests that begin and do not end, and too many connections: in virtual time, without a socket."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from mallee.web import deadlines
from mallee.web.deadlines import REQUEST_S, Deadlines
from mallee.web.live import Counters
from uvicorn.server import ServerState

from ..virtual_loop import run_virtual
from .served import served_documents

HEAD = b"POST /x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\n"


class Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.closed = False
        self.protocol: Deadlines | None = None

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            assert self.protocol is not None
            self.protocol.connection_lost(None)

    abort = close

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Server:
    """Connections to an application that reads the body and answers."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.config = uvicorn.Config(self._answer, log_config=None, lifespan="off", interface="asgi3")
        self.state = ServerState()

    def connect(self) -> tuple[Deadlines, Wire]:
        made = Deadlines(
            self.counters, config=self.config, server_state=self.state, app_state={}, _loop=asyncio.get_running_loop()
        )
        wire = Wire()
        wire.protocol = made
        made.connection_made(wire)
        return made, wire

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive()).get("more_body"):
            pass
        if message["type"] == "http.disconnect":
            return
        if scope["path"] == "/live":
            await asyncio.sleep(10 * REQUEST_S)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: 127", HEAD, HEAD + b"abc"])
def test_a_request_that_does_not_end_is_let_go(begun: bytes) -> None:
    async def scenario() -> None:
        server = Server()
        connection, wire = server.connect()
        if begun:
            connection.data_received(begun)
        await asyncio.sleep(REQUEST_S - 1)
        assert not wire.closed
        await asyncio.sleep(2)
        assert wire.closed and server.counters.refused == {"slow": 1} and not server.state.connections

    run_virtual(scenario())


def test_a_byte_now_and_then_gives_no_more_time() -> None:
    async def scenario() -> None:
        server = Server()
        connection, wire = server.connect()
        for byte in HEAD * 2:
            if wire.closed:
                break
            connection.data_received(bytes([byte]))
            await asyncio.sleep(1)
        assert wire.closed and len(wire.sent) == 0 and server.counters.refused == {"slow": 1}

    run_virtual(scenario())


def test_who_asks_and_waits_for_the_answer_or_follows_is_not() -> None:
    async def scenario() -> None:
        server = Server()
        connection, wire = server.connect()
        for _ in range(3):  # one connection, later requests
            connection.data_received(HEAD + b"ab")
            await asyncio.sleep(1)
            connection.data_received(b"cd")
            await asyncio.sleep(3)
        assert wire.sent.count(b"200 OK") == 3 and not wire.closed
        follower, followed = server.connect()
        follower.data_received(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await asyncio.sleep(5 * REQUEST_S)
        assert not followed.closed and server.counters.refused == {}
        await asyncio.sleep(6 * REQUEST_S)
        assert b"200 OK" in followed.sent

    run_virtual(scenario())


def test_there_is_an_end_to_how_many_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "MOST_CONNECTIONS", 3)

    async def scenario() -> None:
        server = Server()
        wires = [server.connect()[1] for _ in range(5)]
        assert [wire.closed for wire in wires] == [False] * 3 + [True] * 2
        assert server.counters.refused == {"connections": 2}
        wires[0].close()
        assert not server.connect()[1].closed

    run_virtual(scenario())


def test_the_server_itself_has_that_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "MOST_CONNECTIONS", 1)
    with served_documents(tmp_path) as served:
        where = urlsplit(served.url)
        assert where.hostname is not None and where.port is not None
        with closing(socket.create_connection((where.hostname, where.port))) as first:
            first.sendall(b"GET / HTTP/1.1\r\n")
            with closing(socket.create_connection((where.hostname, where.port))) as second:
                second.settimeout(30)
                with suppress(ConnectionResetError):
                    assert second.recv(1) == b""
        assert served.page.counters.refused == {"connections": 1}
