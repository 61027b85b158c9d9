"""What each endpoint of the API does."""

from __future__ import annotations

import asyncio
from typing import Any

from .. import __version__
from ..device.parsing import show_value
from ..history import happened
from ..history.journals import ms_of
from ..history.totals import totals
from ..pod.alarms.actions import Verb
from ..pod.following import Seen
from ..reading import Scalar
from . import points, trends
from .endpoints import (
    About,
    AlarmAsked,
    AlarmDone,
    AlarmLists,
    Call,
    Endpoint,
    EventsView,
    HistoryQuery,
    JournalView,
    NotedAsked,
    PointsAsked,
    PointSet,
    PointsSet,
    SettableValue,
    ShelvingAsked,
    Who,
)
from .live import EVENTS_KEPT
from .page import Page
from .roles import Role

MOST_ENTRIES = 500
_BODIES: dict[Verb, Any] = {
    "acknowledge": AlarmAsked,
    "reset": AlarmAsked,
    "shelve": ShelvingAsked,
    "unshelve": AlarmAsked,
    "out_of_service": NotedAsked,
    "in_service": AlarmAsked,
}
_WORDS: dict[Verb, str] = {
    "acknowledge": "It was seen, and by whom.",
    "reset": "Clear an alarm that latched, once its condition has gone.",
    "shelve": "Put it aside for a while; it comes back by itself.",
    "unshelve": "End shelving before its time.",
    "out_of_service": "Take it out of service for maintenance.",
    "in_service": "Put it back into service.",
}


async def about(page: Page, call: Call) -> About:
    config = page.config
    return About(
        pod=config.pod.name,
        version=__version__,
        private=page.private,
        recorded=config.history is not None,
        devices=points.device_names(config),
    )


async def pod(page: Page, call: Call) -> Seen:
    seen, _ = page.live.seen, page.document
    assert seen is not None
    return Seen(seen.document, seen.source, page.live.age_s or 0.0, seen.stale)


async def devices(page: Page, call: Call) -> list[points.DeviceName]:
    return points.device_names(page.config)


async def device(page: Page, call: Call) -> points.DeviceView:
    points.find(page.config, call.path["name"])
    return points.device_view(page.config, page.document, call.path["name"])


async def device_points(page: Page, call: Call) -> list[points.PointView]:
    seen = page.live.seen
    document = None if seen is None else seen.document
    return points.point_views(page.config, document, call.path["name"], page.dictionaries)


async def own_points(page: Page, call: Call) -> list[points.PointView]:
    await page.ask_points(call.path["name"])
    return await device_points(page, call)


async def point(page: Page, call: Call) -> points.PointView:
    seen = page.live.seen
    document = None if seen is None else seen.document
    return points.point_view(page.config, document, call.path["name"], call.path["point"], page.dictionaries)


async def set_points(page: Page, call: Call) -> PointsSet:
    asked: PointsAsked = call.body
    texts = {name: _text(value) for name, value in asked.values.items()}
    name = call.path["name"]
    if asked.dry_run:
        prepared = await page.plan(name, texts)
        new = prepared.values
    else:
        assert call.token is not None
        prepared, new = await page.set(call.token, name, texts)
    old = prepared.old
    assert old is not None
    rows = [
        PointSet(point=each, old=_plain(old.value(each)), new=_plain(new[each]), unit=old[each].unit) for each in new
    ]
    return PointsSet(
        dry_run=asked.dry_run, requests=prepared.planned(), points=rows, consequences=prepared.consequences
    )


async def series(page: Page, call: Call) -> list[trends.SeriesName]:
    return await asyncio.to_thread(trends.names, page.live.ring, page.history, totals(page.config))


async def history(page: Page, call: Call) -> trends.Trend:
    asked: HistoryQuery = call.query
    until = asked.until or page.live.now()
    names = list(dict.fromkeys(asked.series))
    scan_s = page.config.control.scan_s
    sums, ring = totals(page.config), page.live.ring
    return await asyncio.to_thread(trends.trend, ring, page.history, names, asked.last, ms_of(until), scan_s, sums)


async def alarms(page: Page, call: Call) -> AlarmLists:
    found = page.document
    return AlarmLists(active=found.alarms, returned=found.returned, suppressed=found.suppressed, load=found.alarm_load)


async def events(page: Page, call: Call) -> EventsView:
    heard, folder = tuple(page.live.events), page.where(page.config)
    found, unreadable = await asyncio.to_thread(happened.latest, folder, page.history, EVENTS_KEPT, heard)
    return EventsView(events=found, unreadable=unreadable)


async def me(page: Page, call: Call) -> Who:
    assert call.token is not None
    return Who(name=call.token.name, role=call.token.role)


async def journal(page: Page, call: Call) -> JournalView:
    entries, unreadable = await asyncio.to_thread(page.journal.entries)
    return JournalView(entries=entries[: -MOST_ENTRIES - 1 : -1], unreadable=unreadable)


def _alarm(verb: Verb) -> Endpoint:
    async def act(page: Page, call: Call) -> AlarmDone:
        assert call.token is not None
        for_s = getattr(call.body, "for_s", None)
        outcome = await page.alarm(call.token, verb, call.body.device, call.body.alarm, call.body.note, for_s)
        return AlarmDone(verb=verb, done=outcome.done)

    path = f"/api/v1/alarms/{verb.replace('_', '-')}"
    return Endpoint(
        "POST", path, _WORDS[verb], AlarmDone, act, Role.OPERATOR, body=_BODIES[verb], errors=(404, 409, 504, 507)
    )


def _text(value: SettableValue) -> str:
    """As a person types it for `mallee set`."""
    return show_value(frozenset(value) if isinstance(value, list) else value)


def _plain(value: Scalar) -> SettableValue:
    return sorted(value) if isinstance(value, frozenset) else value


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/api/v1/about", "Which pod this is, and its devices.", About, about),
    Endpoint("GET", "/api/v1/pod", "The pod's last document.", Seen, pod, errors=(503,)),
    Endpoint("GET", "/api/v1/devices", "All devices of the pod file.", list[points.DeviceName], devices),
    Endpoint("GET", "/api/v1/devices/{name}", "What is known of a device.", points.DeviceView, device, errors=(404, 503)),
    Endpoint(
        "GET", "/api/v1/devices/{name}/points", "Its points: meaning, limits, and what is known.",
        list[points.PointView], device_points, errors=(404,),
    ),
    Endpoint(
        "GET", "/api/v1/devices/{name}/own-points", "The same as the device itself says it; it is asked.",
        list[points.PointView], own_points, Role.ENGINEER, errors=(404, 504),
    ),
    Endpoint(
        "POST", "/api/v1/devices/{name}/points", "Write points, read them back; or tell what would be sent, and what follows.",
        PointsSet, set_points, Role.ENGINEER, body=PointsAsked, errors=(404, 409, 504, 507),
    ),
    Endpoint(
        "GET", "/api/v1/devices/{name}/points/{point}", "One point, and why the host set it so.",
        points.PointView, point, errors=(404,),
    ),
    Endpoint("GET", "/api/v1/series", "Names that a trend can be had of.", list[trends.SeriesName], series, errors=(409,)),
    Endpoint(
        "GET", "/api/v1/history", "Values over time, with their gaps.", trends.Trend, history, query=HistoryQuery,
        errors=(404, 409),
    ),
    Endpoint("GET", "/api/v1/alarms", "Alarms that stand, that are gone, that are aside.", AlarmLists, alarms, errors=(503,)),
    Endpoint("GET", "/api/v1/events", "What happened last, as far as it was noted.", EventsView, events, errors=(409,)),
    *(_alarm(verb) for verb in _BODIES),
    Endpoint("GET", "/api/v1/me", "Whose token this is.", Who, me, Role.VIEWER),
    Endpoint("GET", "/api/v1/journal", "Who did what through this page.", JournalView, journal, Role.OPERATOR),
)  # fmt: skip
