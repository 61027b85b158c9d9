"""Sends 20 kB on request, as fast as the socket takes them. For tests/host/sim/test_sim_network.py."""

import select
import socket

import build_info

listener = socket.socket()
listener.bind(("0.0.0.0", build_info.PORT))
listener.listen(1)
client, _ = listener.accept()
assert client.recv(100) == b"flood\n"
client.setblocking(False)
data = memoryview(bytes(i & 0xFF for i in range(20_000)))
poll = select.poll()
poll.register(client, select.POLLOUT)
while data:
    try:
        data = data[client.send(data) :]
    except OSError as error:
        assert error.errno == 11
        print("EAGAIN with", len(data), "to go")
        poll.poll(-1)
client.setblocking(True)
client.recv(1)
