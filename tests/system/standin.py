"""A board for tests that call it real: a process that has a virtual one live, with a bus and a console as ports, and a FIFO whose
lines switch its supply.

    python -m tests.system.standin PROFILE UNIT FIFO

prints its addresses as JSON, then serves until its standard input ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading

from mallee.hil.virtual import VirtualBoard


def main(profile: str, unit: str, fifo: str) -> None:
    os.mkfifo(fifo)
    board = VirtualBoard(profile, int(unit))
    board.console_port  # noqa: B018 - makes it
    power = board.power

    def switch() -> None:
        while True:
            with open(fifo, encoding="utf-8") as commands:
                for command in map(str.strip, commands):
                    board.time.complete(switched(command))

    async def switched(command: str) -> None:
        power.off() if command == "off" else power.on()

    with board.live():
        print(json.dumps({"bus": board.bus_address, "console": board.console_port}), flush=True)
        threading.Thread(target=switch, daemon=True).start()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
