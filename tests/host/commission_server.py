"""`python -m tests.host.commission_server FOLDER POINT`: the skid of commission_pod.py on a port, and `pod.toml` in FOLDER.

The first write of POINT is obeyed, said as `held VALUE`, and answered only after a line on standard input: whoever wrote it hangs
just there. At the end of the input it says as JSON what its settings are, and were.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
from pathlib import Path
from typing import Any

from .commission_pod import POD, SETTINGS, Following, commissioned


class Server:
    def __init__(self, skid: Following, point: str) -> None:
        self._skid = skid
        self._point: str | None = point
        self._go_on = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, as MODBUS Messaging on TCP/IP has it."""
        try:
            while True:
                transaction, _, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
                answer = self._skid.answer(await reader.readexactly(length - 1))
                await self._hold()
                writer.write(struct.pack(">HHHB", transaction, 0, len(answer) + 1, unit) + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()  # its master was killed, or is done

    async def _hold(self) -> None:
        writes = self._skid.device.writes
        if self._point is not None and writes and self._point in writes[-1]:
            value, self._point = writes[-1][self._point], None
            _say(f"held {json.dumps(value)}")
            await self._go_on.wait()

    async def listen(self) -> None:
        """Until the input ends."""
        while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
            self._go_on.set()


async def main(folder: str, point: str) -> None:
    with commissioned(Path(folder)) as pod:
        skid = pod["skid-1"]
        server = Server(skid, point)
        async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            text = POD.replace('tcp://192.0.2.1"', f'tcp://127.0.0.1:{port}"')
            (Path(folder) / "pod.toml").write_text(text, encoding="utf-8")
            _say(f"serving {port}")
            await server.listen()
        now = {name: _plain(skid.device.value(name)) for name in SETTINGS["skid-1"]}
        _say(json.dumps({"now": now, "before": SETTINGS["skid-1"]}))


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
