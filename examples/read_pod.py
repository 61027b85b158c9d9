"""Read a pod: connect to each device of the pod file, and print some points by name, with unit and quality.

mallee demo                      # in one terminal
python examples/read_pod.py      # in another; with a pod file of your own: python examples/read_pod.py my-pod.toml
"""

import asyncio
import sys

import mallee


async def main(pod_file: str) -> None:
    async with mallee.open_pod(pod_file) as pod:
        skid = await pod.device("skid-1")
        print(
            f"{skid.name} is a {skid.dictionary.profile}, map {skid.dictionary.version[0]}.{skid.dictionary.version[1]}"
        )
        supply = await skid.read("supply_temperature")
        print(f"supply temperature {supply.value} {supply.unit}, {supply.quality.value}, {supply.time:%H:%M:%S} UTC")
        fast = await skid.read_fast()  # everything that control needs, in one request
        for name in ("differential_pressure", "flow", "heat", "pump_speed.1", "valve_position", "state"):
            reading = fast[name]
            print(f"{name:24}{reading.value!s:>10} {reading.unit}")
        for name in pod.names:
            device = await pod.device(name)
            active = [alarm.entry.name for alarm in await device.read_alarms() if alarm.active]
            print(f"{name}: {', '.join(active) or 'no alarm'}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "default"))
