"""Set points of a device by name: what is there now, what would be sent, and the write itself, read back."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..device.dictionary import Dictionary
from ..device.parsing import parse_value
from ..device.writing import PlannedWrite, find_point, plan_writes
from ..link.base import Link
from ..reading import Scalar, Snapshot
from .config import PodConfig
from .consequences import Consequence, consequences
from .fleet import Fleet


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it would be sent."""

    device: str
    function: int
    table: str
    address: int
    words: list[int]
    hex: str


class Prepared(msgspec.Struct, frozen=True):
    """`old` is None where it was not asked for: in a dry run."""

    device: str
    dictionary: Dictionary
    values: dict[str, Scalar]
    old: Snapshot | None
    consequences: tuple[Consequence, ...] = ()
    """To be told before it is written; of a dry run whatever may follow."""

    def planned(self) -> list[Planned]:
        return [plan_row(self.device, write) for write in plan_writes(self.dictionary, self.values)]


async def prepare(
    pod: PodConfig,
    name: str,
    texts: Mapping[str, str],
    *,
    timeout_s: float,
    dry_run: bool = False,
    lent: Mapping[str, Link] | None = None,
) -> Prepared:
    """Texts as a person types them, checked against the device's own dictionary. `lent` as Fleet has it. Raises MalleeError;
    nothing is written."""
    async with Fleet(pod, timeout_s=timeout_s, lent=lent) as fleet:
        device = await fleet.device(name)
        points = [find_point(device.dictionary, point) for point in texts]
        values: dict[str, Scalar] = {point.name: parse_value(point, texts[point.name]) for point in points}
        plan_writes(device.dictionary, values)
        old = None if dry_run else await device.read_many(values)
        before = None if old is None else {point: old.value(point) for point in values}
        return Prepared(
            name, device.dictionary, values, old, consequences(pod, name, device.dictionary, values, before)
        )


async def write(
    pod: PodConfig,
    name: str,
    values: Mapping[str, Scalar],
    *,
    timeout_s: float,
    lent: Mapping[str, Link] | None = None,
) -> Snapshot:
    """What stands there afterwards. Raises MalleeError."""
    async with Fleet(pod, timeout_s=timeout_s, lent=lent) as fleet:
        return await (await fleet.device(name)).write(values)


def plan_row(device: str, write: PlannedWrite) -> Planned:
    return Planned(
        device=device,
        function=write.function_code,
        table=write.table,
        address=write.address,
        words=list(write.words),
        hex=" ".join(f"{word:04X}" for word in write.words),
    )
