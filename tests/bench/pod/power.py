"""Feed A of the oversubscribed pod is lost at full load: with power limits over Redfish, and with none."""

from __future__ import annotations

from ..figure import Figure
from ..scenarios import figures

CAPPED, SHED = "oversubscribed_host", "oversubscribed_shed"
FIGURES: dict[str, tuple[str, str, float]] = {
    "limited_after_2_s": (CAPPED, "four racks are limited two seconds later", 0.0),
    "survivor_after_6_s": (CAPPED, "and is below its main six seconds later", 0.0),
    "most_important_rack": (CAPPED, "the most important rack keeps its power", 0.0),
    "all_back": (CAPPED, "all have their power again in the end", 0.0),
    "survivor_before_it_may_open": (SHED, "and is below its main before it may open", 0.0),
    "pdu_main_closed": (SHED, "no main of a PDU opens", 0.0),
    "feed_main_closed": (SHED, "nor the feed's", 0.0),
    "important_rack_stays": (SHED, "the more important rack of each PDU stays on", 0.0),
    "less_important_rack_off": (SHED, "the less important one is off", 0.0),
}


def measure() -> dict[str, Figure]:
    return figures(FIGURES)
