"""What a pod file's values must be to each other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import MalleeError
from ..link.address import SerialAddress, parse_address
from ..suggest import did_you_mean
from .config import Controller, HistorySection, MappedDevice, PodConfig
from .lines import Path
from .plantchecks import plant_problems
from .powerchecks import power_problems
from .problem import Problem
from .topology.graphchecks import graph_problems

BRANCHES = 8  # of a PDU controller
_UNITS = range(1, 248)  # of a serial line: 0 is everybody, the rest is reserved (MODBUS over Serial Line V1.02, 2.2)
_SURE_S = 2.0
"""A controller tells whole seconds of its lease, and a rack's manager takes up to one."""
_SCANS_PER_LEASE = 3  # two scans may fail without the lease being lost


def check(config: PodConfig) -> Problem | None:
    """The first problem, None when the file is sound."""
    return next(_problems(config), None)


def _problems(config: PodConfig) -> Iterator[Problem]:
    yield from _timing(config)
    yield from _controllers(config)
    yield from _pdus(config)
    yield from _racks(config)
    yield from power_problems(config)
    yield from _history(config.history)
    yield from graph_problems(config)
    yield from plant_problems(config.plant)


def _timing(config: PodConfig) -> Iterator[Problem]:
    control = config.control
    least_s = _SCANS_PER_LEASE * control.scan_s
    if control.lease_s < least_s:
        yield Problem(
            ("control", "lease_s"),
            f"lease_s = {control.lease_s} is less than three scans ({least_s:g} s)",
            "one late scan would lose the lease",
            f"write lease_s = {int(least_s) + 1} or more, or a shorter scan_s",
        )
    if (
        config.power.cap
        and any(rack.power_limit for rack in config.racks)
        and control.lease_s - control.scan_s < _SURE_S
    ):
        yield Problem(
            ("control", "lease_s"),
            f"lease_s = {control.lease_s} leaves no time to set a rack's power limit",
            f"a limit is set while the host has the leases for sure: for {_SURE_S:g} s less than lease_s - scan_s",
            f"write lease_s = {int(control.scan_s + _SURE_S) + 1} or more",
        )


def _history(history: HistorySection | None) -> Iterator[Problem]:
    if history is None:
        return
    for finer, coarser in (("raw_days", "minute_days"), ("minute_days", "max_age_days")):
        least = getattr(history, finer)
        if getattr(history, coarser) < least:
            yield Problem(
                ("history", coarser),
                f"{coarser} = {getattr(history, coarser):g} is less than {finer} = {least:g}",
                "what is coarser is kept longer, for it is made of what is finer",
                f"write {coarser} = {least:g} or more",
            )


def _controllers(config: PodConfig) -> Iterator[Problem]:
    named = [(("skid", index), controller) for index, controller in enumerate(config.skids)] + [
        (("pdu", index), controller) for index, controller in enumerate(config.pdus)
    ]
    named += [(("device", index), device) for index, device in enumerate(config.devices)]
    if not named:
        yield Problem(
            (),
            "the pod has no controller",
            "it lacks [[skid]], [[pdu]] and [[device]]",
            "add one, see examples/pod.toml",
        )
    yield from _unique(((*path, "name"), controller.name, "controller") for path, controller in named)
    yield from _unique((("feed", i, "name"), feed.name, "feed") for i, feed in enumerate(config.feeds))
    yield from _unique((("rack", i, "name"), rack.name, "rack") for i, rack in enumerate(config.racks))
    places: dict[tuple[str, int], str] = {}
    lines: dict[str, SerialAddress] = {}
    for path, controller in named:
        try:
            parsed = parse_address(controller.address)
        except MalleeError as error:
            yield Problem((*path, "address"), f"address: {error.what}", error.likely, error.next)
            return
        if isinstance(parsed, SerialAddress):
            yield from _on_line(path, controller, parsed, lines.setdefault(parsed.device, parsed))
        address = str(parsed)
        other = places.setdefault((address, controller.unit), controller.name)
        if other != controller.name:
            yield Problem(
                (*path, "address"),
                f"{controller.name} has the address of {other}: {address} unit {controller.unit}",
                "a line was copied and not changed",
                "give each controller its own address, or another unit on a shared one",
            )


def _on_line(path: Path, controller: Controller, address: SerialAddress, first: SerialAddress) -> Iterator[Problem]:
    if address != first:
        yield Problem(
            (*path, "address"),
            f"{controller.name} is at {address}, and another controller at {first}: one port, two ways to speak",
            "the address of one of them was not changed with the other's",
            "give every controller on a port the same baud and framing, and flash them so",
        )
    # Others do use 248 to 255, which the standard reserves; what a device of another make may have, its map says.
    if controller.unit not in _UNITS and (controller.unit == 0 or not isinstance(controller, MappedDevice)):
        yield Problem(
            (*path, "unit"),
            f"{controller.name} has unit {controller.unit} on a serial line",
            "0 means all units of a line, and those above 247 are reserved",
            "write a unit from 1 to 247, one of its own on this line",
        )


def _racks(config: PodConfig) -> Iterator[Problem]:
    fed = {rack for pdu in config.pdus for rack in pdu.racks}
    for index, rack in enumerate(config.racks):
        if rack.liquid_kW > rack.power_kW:
            yield Problem(
                ("rack", index, "liquid_kW"),
                f"{rack.name}: liquid_kW = {rack.liquid_kW:g} is more than power_kW = {rack.power_kW:g}",
                "liquid_kW is the part of power_kW that goes into the coolant",
                f"write at most {rack.power_kW:g}",
            )
        if rack.name not in fed:
            yield Problem(
                ("rack", index, "name"),
                f"{rack.name} is fed by no branch",
                "its name is missing in `racks` of every [[pdu]], or misspelt there",
                "name it in `racks` of the PDUs that feed it",
            )


def _pdus(config: PodConfig) -> Iterator[Problem]:
    feeds = [feed.name for feed in config.feeds]
    racks = [rack.name for rack in config.racks]
    for index, pdu in enumerate(config.pdus):
        if pdu.feed not in feeds:
            yield Problem(
                ("pdu", index, "feed"),
                f"{pdu.name}: there is no feed {pdu.feed!r}",
                "a typing error, or a [[feed]] is missing",
                did_you_mean(pdu.feed, feeds),
            )
        if len(pdu.racks) > BRANCHES:
            yield Problem(
                ("pdu", index, "racks"),
                f"{pdu.name} has {len(pdu.racks)} branches, a PDU has {BRANCHES}",
                "the list names the rack of each branch, in order",
                f'name at most {BRANCHES}; "" is a branch that is not used',
            )
        for rack in pdu.racks:
            if rack and rack not in racks:
                yield Problem(
                    ("pdu", index, "racks"),
                    f"{pdu.name}: there is no rack {rack!r}",
                    "a typing error, or a [[rack]] is missing",
                    did_you_mean(rack, racks),
                )


def _unique(entries: Iterable[tuple[Path, str, str]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for path, name, kind in entries:
        if name in seen:
            yield Problem(
                path,
                f"there are two {kind}s named {name!r}",
                "a block was copied and its name not changed",
                f"give each {kind} its own name",
            )
        seen.add(name)
