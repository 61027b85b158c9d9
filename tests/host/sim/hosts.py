"""A host for tests: a child process on the world's clock that prints one JSON document a second. Run as a script."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time


async def main(mode: str) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    reader, writer = await asyncio.open_connection("127.0.0.1", 16000)
    for cycle in range(1000):
        writer.write(b"ticks\n")
        answer = (await reader.readline()).decode().split()
        print(json.dumps({"cycle": cycle, "time": loop.time(), "ticks": int(answer[0])}), flush=True)
        if mode == "ends" and cycle == 3:
            sys.exit(7)
        if mode == "slow" and cycle == 2:
            time.sleep(0.4)  # computes for a while: the paced world must not wait  # noqa: ASYNC251
        try:
            await asyncio.wait_for(stop.wait(), 1.0)
        except TimeoutError:
            continue
        print(json.dumps({"stopped": loop.time()}), flush=True)
        return


if __name__ == "__main__":
    from mallee.sim.loop import child_loop_factory

    factory = child_loop_factory(int(os.environ["MALLEE_SIM_FD"]))
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main(sys.argv[1] if len(sys.argv) > 1 else ""))
