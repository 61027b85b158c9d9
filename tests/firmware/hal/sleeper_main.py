"""Accepts two connections at a time, slowly, and echoes lines. For tests/host/sim."""

import select
import socket
import time

import build_info

listener = socket.socket()
listener.bind(("0.0.0.0", build_info.PORT))
listener.listen(2)
listener.setblocking(False)
poll = select.poll()
poll.register(listener, select.POLLIN)
time.sleep_us(2000)
while True:
    for stream, _ in poll.poll(-1):
        if stream is listener:
            client, _ = listener.accept()
            client.setblocking(False)
            poll.register(client, select.POLLIN)
        else:
            data = stream.read(100)
            if data:
                stream.write(data)
            else:
                poll.unregister(stream)
                stream.close()
