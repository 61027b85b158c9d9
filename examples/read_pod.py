"""Read a pod with the library: connect to a controller, read points by name, print them with unit and quality.

mallee demo                      # in one terminal
python examples/read_pod.py      # in another; or with an address: python examples/read_pod.py tcp://192.0.2.17:502
"""

import asyncio
import sys

from mallee.device.device import Device
from mallee.link.opening import open_link


async def main(address: str) -> None:
    link = open_link(address)
    try:
        skid = await Device.connect(link, unit=1)
        print(f"{skid.dictionary.profile} at {address}, map {skid.dictionary.version[0]}.{skid.dictionary.version[1]}")
        supply = await skid.read("supply_temperature")
        print(f"supply temperature {supply.value} {supply.unit}, {supply.quality.value}, {supply.time:%H:%M:%S} UTC")
        fast = await skid.read_fast()  # everything that control needs, in one request
        for name in ("differential_pressure", "flow", "heat", "pump_speed.1", "valve_position", "state"):
            reading = fast[name]
            print(f"{name:24}{reading.value!s:>10} {reading.unit}")
        for alarm in await skid.read_alarms():
            if alarm.active:
                print(f"alarm {alarm.entry.name}: {alarm.entry.remedy}")
    finally:
        await link.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:15001"))
