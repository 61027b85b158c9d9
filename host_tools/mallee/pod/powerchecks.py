"""What the power settings of a pod file must be to each other. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import MalleeError
from .actuators.limiter import check_address
from .config import PodConfig
from .problem import Problem


def power_problems(config: PodConfig) -> Iterator[Problem]:
    yield from _bands(config)
    places: dict[str, str] = {}
    for index, rack in enumerate(config.racks):
        if rack.least_kW > rack.power_kW:
            yield Problem(
                ("rack", index, "minimum_kW"),
                f"{rack.name}: minimum_kW = {rack.least_kW:g} is more than power_kW = {rack.power_kW:g}",
                "minimum_kW is the least that its power is limited to",
                f"write less than {rack.power_kW:g}",
            )
        if not rack.power_limit:
            continue
        try:
            check_address(rack.power_limit)
        except MalleeError as error:
            yield Problem(("rack", index, "power_limit"), f"power_limit: {error.what}", error.likely, error.next)
        other = places.setdefault(rack.power_limit.rstrip("/"), rack.name)
        if other != rack.name:
            yield Problem(
                ("rack", index, "power_limit"),
                f"{rack.name} has the power limit of {other}",
                "a line was copied and not changed",
                "give each rack the chassis that is its own",
            )


def _bands(config: PodConfig) -> Iterator[Problem]:
    power = config.power
    if not power.release_below < power.aim < power.cap_at:
        yield Problem(
            ("power", "aim"),
            f"release_below = {power.release_below:g}, aim = {power.aim:g} and cap_at = {power.cap_at:g} are not in this order",
            "racks are capped from cap_at on, down to aim, and get more below release_below",
            "write for instance release_below = 0.9, aim = 0.95, cap_at = 0.99",
        )
    feeds = {feed.name: feed.main_A for feed in config.feeds}
    for index, pdu in enumerate(config.pdus):
        if pdu.main_A > feeds.get(pdu.feed, pdu.main_A):
            yield Problem(
                ("pdu", index, "main_A"),
                f"{pdu.name}: main_A = {pdu.main_A:g} is more than that of feed {pdu.feed}, {feeds[pdu.feed]:g}",
                "what is behind a main has no larger one",
                f"write at most {feeds[pdu.feed]:g}, or correct the feed",
            )
