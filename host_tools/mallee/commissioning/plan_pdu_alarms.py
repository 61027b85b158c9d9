"""Protection and alarms of a PDU, each brought once. Pure.

Thresholds come from the dictionary. Protection of a branch is tried with the current that flows: its rating, or its instantaneous
limit, is brought below that.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..device.dictionary import AlarmEntry, Dictionary
from .model import Limit, Step, Write
from .plan_alarms import Beside, active, by_hand, normal, provoked, resets
from .thresholds import alarms_by_name, thresholds

BESIDE: dict[str, Beside] = {
    # Each of the two must not pass the other one; neither does anything but its alarm.
    "undervoltage": Beside((Write("overvoltage", 500.0),)),
    "overvoltage": Beside((Write("undervoltage", 0.0),)),
}
_OVERLOAD = 1.6
"""Current over rating: its square, 2.56, is above the thermal image's limit, 1.69, which is reached within a time constant."""
_LIMIT_MAX = 2.4
_RATING_MIN_A, _INSTANTANEOUS_MIN_A = 10.0, 20.0
_BACK_s = 60.0


def pdu_alarm_steps(name: str, dictionary: Dictionary) -> Iterator[Step]:
    for found in thresholds(dictionary):
        yield provoked(name, found, dictionary, BESIDE.get(found.name, Beside()))
    alarms = alarms_by_name(dictionary)
    for branch in range(1, 9):
        ahead, warning, trip, instant = (
            alarms[alarm][branch - 1]
            for alarm in ("trip_ahead", "overload_warning", "overload_trip", "instantaneous_trip")
        )
        yield _trip(
            name,
            branch,
            trip,
            "overload",
            least_A=_RATING_MIN_A * _OVERLOAD * 1.03,
            given=(Limit("thermal_limit", high=_LIMIT_MAX),),
            do=(
                Write(f"branch.{branch}.rating", of=f"branch.{branch}.current", part=1 / _OVERLOAD),
                Write("thermal_time_constant", 10),
            ),
            announced=(ahead, warning),
            settle_s=40.0,
        )
        yield _trip(
            name,
            branch,
            instant,
            "instantaneous",
            least_A=_INSTANTANEOUS_MIN_A * 1.05,
            do=(
                Write(
                    f"branch.{branch}.rating", of=f"branch.{branch}.current", part=0.9
                ),  # must not be above the other
                Write(f"branch.{branch}.instantaneous", of=f"branch.{branch}.current", part=0.95),
            ),
            settle_s=5.0,
        )
    yield from by_hand(name, dictionary, {})


def _trip(
    name: str,
    branch: int,
    trip: AlarmEntry,
    what: str,
    *,
    least_A: float,
    do: tuple[Write, ...],
    settle_s: float,
    given: tuple[Limit, ...] = (),
    announced: tuple[AlarmEntry, ...] = (),
) -> Step:
    """The branch trips; its latch is reset, which the thermal image must allow, and it is closed again."""
    before = "" if not announced else f", after {' and '.join(entry.name.partition('.')[0] for entry in announced)}"
    return Step(
        id=f"{name}/{what}-{branch}",
        device=name,
        kind="move",
        title=f"branch {branch} trips when its {what} limit is below its current{before}; its latch is reset, and it closes",
        needs=(f"{name}/branch-{branch}",),
        given=(
            Limit(f"branch.{branch}.state", one_of=("closed",)),
            Limit(f"branch.{branch}.current", low=round(least_A, 2), unit="A"),
            *given,
        ),
        do=do,
        expect=(
            *(active(entry, once=True) for entry in announced),
            active(trip),
            Limit("state", one_of=("tripped",)),
            Limit(f"branch.{branch}.state", one_of=("tripped",)),
            Limit("closed", lacks=f"branch_{branch}"),
            Limit(f"branch.{branch}.current", high=0.5, unit="A"),
        ),
        settle_s=settle_s,
        after=resets(trip),
        keep=(f"branch_switch.{branch}",),
        back=(
            normal(trip),
            *(normal(entry) for entry in announced),
            Limit("state", one_of=("local",)),
            Limit(f"branch.{branch}.state", one_of=("closed",)),
            Limit("closed", holds=f"branch_{branch}"),
        ),
        back_s=_BACK_s,
        consequence=f"branch {branch} of {name} trips, and is off for some twenty seconds: its rack must live on the other feed",
        alarms=(trip.name, *(entry.name for entry in announced)),
    )
