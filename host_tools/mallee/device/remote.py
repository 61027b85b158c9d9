"""The remote block: the lease and the set-points behind it, written in one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..reading import Scalar
from .dictionary import Dictionary, Point
from .writing import PlannedWrite, plan_writes

LEASE_POINTS = ("remote_holder", "remote_epoch", "remote_seconds")


@dataclass(frozen=True, slots=True)
class Grant:
    """A lease as it is written: holder 0 gives it back."""

    holder: int
    epoch: int
    seconds: int


def remote_points(dictionary: Dictionary) -> list[Point]:
    """The points of the remote block in wire order, the lease first. Empty when the profile has none."""
    head = dictionary.by_name.get(LEASE_POINTS[0])
    if head is None:
        return []
    first, count = next(block for block in dictionary.blocks("holding") if block[0] <= head.address < sum(block))
    points = [p for p in dictionary.points if p.table == "holding" and head.address <= p.address < first + count]
    return sorted(points, key=lambda point: point.address)


def plan_remote(dictionary: Dictionary, grant: Grant, set_points: Mapping[str, Scalar]) -> PlannedWrite:
    """The one request that renews the lease and writes every set-point.

    `set_points` must name exactly the points behind the lease; ValueError otherwise, MalleeError outside
    limits.
    """
    points = remote_points(dictionary)
    behind = {point.name for point in points} - set(LEASE_POINTS)
    if behind != set(set_points):
        raise ValueError(f"the remote block of {dictionary.profile} is {sorted(behind)}, not {sorted(set_points)}")
    lease = dict(zip(LEASE_POINTS, (grant.holder, grant.epoch, grant.seconds), strict=True))
    planned = plan_writes(dictionary, {**lease, **set_points})
    if len(planned) != 1:
        raise ValueError(f"the remote block of {dictionary.profile} is not contiguous")
    return planned[0]
