"""Real sockets into a paced world."""

from __future__ import annotations

import socket
import threading

import pytest
from mallee.errors import ExitCode, MalleeError
from mallee.sim.gateway import Gateway

from .worlds import needs_micropython, world_of

pytestmark = needs_micropython


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def gateway_world(port: int):
    world = world_of("echo_main.py", speed=20.0)
    server = world.network.servers.pop(("127.0.0.1", 16000))
    world.network.servers["127.0.0.1", port] = server
    (world.directory / "board-0" / "build_info.py").write_text(f'NAME = "board-0"\nPORT = {port}\n')
    gateway = Gateway(world)
    world.at_close(gateway.close)
    return world, gateway


def test_a_real_client_talks_to_a_virtual_board():
    port = free_port()
    world, gateway = gateway_world(port)
    got: list[bytes] = []

    def client() -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as real, real.makefile("rwb", 0) as stream:
            for i in range(20):
                stream.write(b"line %d\n" % i)
                got.append(stream.readline())
            stream.write(b"die\n")
            try:
                got.append(stream.readline())
            except ConnectionResetError:
                got.append(b"reset")

    thread = threading.Thread(target=client)
    with world:
        world.run_for(0.1)
        thread.start()
        world.run(1 << 60, lambda: not thread.is_alive())
    assert got == [*(b"line %d\n" % i for i in range(20)), b"reset"]
    assert gateway.clients == 1 and not gateway.bridges


def test_a_port_in_use_says_so():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(MalleeError) as caught:
            gateway_world(taken.getsockname()[1])
    assert caught.value.code == ExitCode.USAGE
    assert "cannot listen" in caught.value.what and "another" in caught.value.likely and caught.value.next
