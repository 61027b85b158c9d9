"""What a diagnosis is about, and how it goes: serial lines first, then the controllers, then the pod as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..device.linesearch import Progress
from ..errors import ExitCode
from ..link.address import SerialAddress, SerialPort, as_port, parse_address
from ..link.failures import LinkDown
from ..pod.config import Controller, MappedDevice, PodConfig, PodSection
from ..pod.document import PodDocument
from ..pod.fleet import find_controller
from ..pod.hostfolder import host_folder, live
from ..pod.linenames import find_line, units_on_lines
from .diagnosing import PlacedFindings, findings_of
from .evidence import Evidence
from .finding import examine
from .line_checks import LINE_CHECKS
from .line_measuring import UNITS, find_and_measure
from .measuring import FOR_S, look_at_all
from .overheard import evidence_of, hear

Line = tuple[SerialAddress | SerialPort, tuple[int, ...]]


@dataclass(frozen=True)
class Plan:
    """`config` is the pod file that the controllers stand in; None: in none. `whole`: they are all of it."""

    lines: tuple[Line, ...] = ()
    controllers: tuple[Controller, ...] = ()
    config: PodConfig | None = None
    whole: bool = False


@dataclass
class Diagnosis:
    found: list[PlacedFindings] = field(default_factory=list)
    code: ExitCode = ExitCode.DONE


def plan_of(text: str | None, config: PodConfig | None, units: tuple[int, ...] = ()) -> Plan:
    """None: the whole pod. A name, or an address with its unit behind a #: that controller, and its serial line before it. A
    serial port: the line. `units` are asked on lines in place of those known there, or of 1 to 16. Raises MalleeError."""
    of_pod = {} if config is None else units_on_lines(config)
    if text is None:
        assert config is not None
        lines = tuple((address, units or known) for address, known in of_pod.items())
        return Plan(lines, config.members, config, whole=True)
    named = as_port(text)
    address, _, unit = named.partition("#")
    if "://" in named and not unit and isinstance(parse_address(address), SerialAddress):
        target = find_line(text, config)
        known = next((known for line, known in of_pod.items() if line.device == target.device), UNITS)
        return Plan(((target, units or known),))
    pod = config or PodConfig(PodSection("no pod file"))
    controller = find_controller(pod, named if "://" in named else text)
    known_entry = config if controller in pod.members else None
    if isinstance(parse_address(controller.address), SerialAddress):
        lines = ((find_line(controller.address, config), units or (controller.unit,)),)
        return Plan(lines, (controller,), known_entry)
    return Plan((), (controller,), known_entry)


async def diagnose_all(
    plan: Plan,
    *,
    for_s: float = FOR_S,
    timeout_s: float = 1.0,
    force: bool = False,
    progress: Progress = lambda step: None,
    say: Callable[[str], None] = lambda text: None,
) -> Diagnosis:
    """Listens, asks and reads; writes nothing. Raises LinkDown for a serial port that there is not where a line alone was asked
    for."""
    diagnosis, busy = Diagnosis(), set[str]()
    heard = await _heard(plan, for_s, say)
    for target, units in () if heard else plan.lines:
        try:
            evidence = await find_and_measure(target, units, force=force, progress=progress, say=say)
        except LinkDown:
            if not plan.controllers:
                raise
            continue  # the controllers there say so themselves
        diagnosis.found.append((str(evidence.address), examine(LINE_CHECKS, evidence)))
        if not evidence.asked:
            busy.add(evidence.address.device)
    of_host = {each.name for each in plan.controllers if heard and _serial(each)}
    asked = [each for each in plan.controllers if not _on(each, busy) and each.name not in of_host]
    if asked:
        say(f"looking at {len(asked)} controllers for {for_s:g} s" if len(asked) > 1 else f"looking for {for_s:g} s")
    config = plan.config or PodConfig(PodSection("no pod file"))
    looked = await look_at_all(config, asked, for_s=for_s, timeout_s=timeout_s, known=plan.config is not None)
    others = {each.name: Evidence(each, stage="others") for each in plan.controllers if _on(each, busy)}
    others |= {each.name: evidence_of(config, each, heard) for each in plan.controllers if each.name in of_host}
    controllers = {each.name: (looked | others)[each.name] for each in plan.controllers}
    controllers = {name: _beside(each, controllers) for name, each in controllers.items()}
    diagnosis.found += findings_of(controllers, plan.config if plan.whole else None)
    diagnosis.code = _code(diagnosis.found, controllers, bool(busy))
    return diagnosis


async def _heard(plan: Plan, for_s: float, say: Callable[[str], None]) -> Sequence[tuple[float, PodDocument]]:
    """What a host of this pod that runs here says, where it has serial lines: its lines are left to it."""
    if plan.config is None or not any(_serial(each) for each in plan.controllers):
        return ()
    folder = host_folder(plan.config)
    if live(folder) is None:
        return ()
    say(f"a host of {plan.config.pod.name} runs here and has its serial lines: listening to it for {for_s:g} s")
    return await hear(folder, for_s)


def _serial(controller: Controller) -> bool:
    return isinstance(parse_address(controller.address), SerialAddress) and not isinstance(controller, MappedDevice)


def _beside(evidence: Evidence, controllers: Mapping[str, Evidence]) -> Evidence:
    others = {name: each for name, each in controllers.items() if name != evidence.entry.name}
    return replace(evidence, beside={name: replace(each, beside={}) for name, each in others.items()})


def _on(controller: Controller, devices: set[str]) -> bool:
    address = parse_address(controller.address)
    return isinstance(address, SerialAddress) and address.device in devices


def _code(found: Sequence[PlacedFindings], controllers: Mapping[str, Evidence], busy: bool) -> ExitCode:
    """4: others talk on a line, so that it was not asked; 3: no controller answers of those asked; 5: something is wrong."""
    if busy:
        return ExitCode.REFUSED
    if controllers and not any(
        each.stage in ("done", "map") or (each.stage == "heard" and each.looks) for each in controllers.values()
    ):
        return ExitCode.NO_ANSWER
    wrong = any(finding.state in ("warn", "fail") for _, findings in found for finding in findings)
    return ExitCode.FINDINGS if wrong else ExitCode.DONE
