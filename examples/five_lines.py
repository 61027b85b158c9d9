"""Open a pod, read, write and subscribe. Beside `mallee demo`: python examples/five_lines.py"""

import asyncio
import sys

import mallee


async def main(pod_file: str) -> None:
    async with mallee.open_pod(pod_file) as pod:
        skid = await pod.device("skid-1")
        print(await skid.read("supply_temperature"))
        await skid.write({"preset_valve": 65.0})
        async for now in pod.subscribe("skid-1", "flow", "heat", interval_s=0.5):
            print(now.number("flow"), now.number("heat"))
            break


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "default"))
