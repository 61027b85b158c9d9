"""A lease that an acceptance takes, and lets lapse: the controller must fall back to its own set-points.

It brings the controller's own set-points, so that nothing moves by it. Epochs only rise: each of these is used up, and a host
takes the next one.
"""

from __future__ import annotations

from ..device.device import Device
from ..device.remote import Grant
from ..reading import Scalar

_SHORT_s = 1


async def take(device: Device, holder: int, seconds: int) -> int:
    """Returns its epoch. Raises MalleeError where another one holds a lease."""
    epoch = int((await device.read("lease_epoch")).number or 0) + 1
    await device.write_remote(Grant(holder, epoch, seconds), await _own(device))
    return epoch


async def give_back(device: Device, holder: int) -> None:
    """After one that lapsed: only a host that comes and goes ends the alarm. Raises MalleeError like `take`."""
    epoch = await take(device, holder, _SHORT_s)
    await device.write_remote(Grant(0, epoch, 0), await _own(device))


async def _own(device: Device) -> dict[str, Scalar]:
    """What stands behind the lease, with the controller's own set-point where there is one of that name."""
    remote = await device.read_remote()
    names = {name: f"{name.removeprefix('remote_')}_setpoint" for name in remote}
    own = {name: local for name, local in names.items() if local in device.dictionary.by_name}
    now = await device.read_many(own.values())
    return {**remote, **{name: now.value(local) for name, local in own.items()}}
