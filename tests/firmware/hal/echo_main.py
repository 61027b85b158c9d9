"""Firmware of the simulator's own tests: echoes TCP, and does a few things on demand. Uses only what a real board has."""

import select
import socket
import time

import build_info
import machine

ticks = 0


def tick(timer):
    global ticks
    ticks += 1


print("echo", build_info.NAME, "starts after", machine.reset_cause())
timer = machine.Timer(-1)
timer.init(mode=machine.Timer.PERIODIC, freq=1000, callback=tick, hard=True)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(socket.getaddrinfo("0.0.0.0", build_info.PORT)[0][-1])
listener.listen(2)
listener.setblocking(False)
poll = select.poll()
poll.register(listener, select.POLLIN)
buffer = bytearray(512)
while True:
    for ready in poll.ipoll(1000):
        stream = ready[0]
        if stream is listener:
            client, address = listener.accept()
            client.setblocking(False)
            poll.register(client, select.POLLIN)
            continue
        got = stream.readinto(buffer)
        if not got:
            poll.unregister(stream)
            stream.close()
            continue
        text = bytes(buffer[:got])
        if text == b"ticks\n":
            stream.send(b"%d %d\n" % (ticks, time.ticks_ms()))
        elif text == b"die\n":
            raise SystemExit(3)
        elif text == b"reset\n":
            machine.reset()
        elif text == b"hang\n":
            while True:
                pass
        else:
            stream.send(text)
