"""`mallee update`: new firmware over the bus, and who runs what."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from .. import clock
from ..deploy.updating import reporting
from ..deploy.updating.choosing import Choice, bundles, choose
from ..deploy.updating.keys import read_keys
from ..deploy.updating.patience import Patience
from ..deploy.updating.registers import command
from ..deploy.updating.rollout import Hear, Outcome, exit_code, roll_out
from ..errors import ExitCode
from ..pod.config import PodConfig
from ..pod.fleet import Fleet, find_controller
from .common import Common, Context, duration_s
from .completing import Device
from .output import emit
from .updating import Bringing

COLUMNS = ("device", "result", "version", "files", "bytes", "retries", "error")
STATUS = (
    "device", "board", "firmware", "application", "confirmed", "state", "outcome", "policy", "trial_remaining_s",
    "failed_starts", "error",
)  # fmt: skip
_app = App(name="update")


def register(app: App) -> None:
    app.command(_app)


@_app.default
def run(
    *devices: Device,
    bundle: tuple[Path, ...] = (),
    keys: Path | None = None,
    at_once: int = 4,
    wait: str = "1h",
    again: Annotated[bool, Parameter(negative=())] = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Bring this release's firmware, or that of a bundle, to controllers over their bus, and let it prove itself.

    One controller is first; when it has proven itself the others follow, one restart after the other. Outputs hold. What does not
    prove itself goes back to the firmware from before, and the first failure ends the roll-out. Run the same command again to go
    on: what was received is kept, and who runs the release already is left alone.

    Exit code 0: all run it; 3: a controller did not answer; 4: one refused the image, its equipment allowed no restart, or
    somebody else ended it; 5: one went back to its old firmware.

    Parameters
    ----------
    devices
        Controllers by name. None: all of the pod file, in its order.
    bundle
        Folders that `mallee build` made; the one that fits each controller's board and profile is taken. Without: this release,
        built for the board that each controller says it is.
    keys
        File of the device keys; otherwise MALLEE_KEYS or `update.keys` of the pod file. Without any, images are not signed.
    at_once
        How many controllers receive at a time.
    wait
        How long to wait for a controller that does not answer, or whose equipment does not allow a restart.
    again
        Also those that run this release already.
    dry_run
        Show who would get what; nothing is sent but questions.
    yes
        Do not ask before the first restart.
    """
    context = Context(common)
    wait_s = duration_s(wait, "--wait")
    config = context.pod()
    names = _names(config, devices)
    given = bundles(bundle)
    place = keys or context.keys_file(config.update.keys)
    held = None if place is None else read_keys(place)

    async def work() -> list[Outcome] | list[Choice]:
        async with Fleet(config, timeout_s=context.timeout_s) as fleet:
            patience = Patience(wait_s, context.note)
            chosen = [
                await choose(await patience.ask(name, partial(fleet.device, name)), given, held, place)
                for name in names
            ]
            if dry_run:
                return chosen
            left = [choice for choice in chosen if again or not choice.current]
            if left:
                context.confirm(_question(left), yes)
            with Bringing(context) as progress:
                return await roll_out(
                    [choice.target for choice in chosen],
                    fleet.device,
                    Hear(progress.advance, context.note),
                    issued_s=int(clock.utc_now().timestamp()),
                    at_once=at_once,
                    patience_s=wait_s,
                    wait_for_equipment_s=wait_s,
                    again=again,
                )

    found = clock.run(work())
    if dry_run:
        emit(context.out, context.output, [choice.row() for choice in found], Choice.COLUMNS)  # type: ignore[union-attr]
        return ExitCode.DONE
    rows = [_row(outcome) for outcome in found if isinstance(outcome, Outcome)]
    emit(context.out, context.output, rows, COLUMNS)
    return exit_code([outcome for outcome in found if isinstance(outcome, Outcome)])


@_app.command
def status(*devices: Device, common: Annotated[Common | None, Parameter(name="*")] = None) -> int:
    """Who runs what: board, firmware, slot, and what came of the last update. Exit code 3: one does not answer.

    Parameters
    ----------
    devices
        Controllers by name. None: all of the pod file.
    """
    context = Context(common)
    config = context.pod()
    names = _names(config, devices)

    async def work() -> list[reporting.Running]:
        async with Fleet(config, timeout_s=context.timeout_s) as fleet:
            return await reporting.running(names, fleet.device)

    found = clock.run(work())
    emit(context.out, context.output, [reporting.row(each) for each in found], STATUS)
    return ExitCode.NO_ANSWER if any(each.error for each in found) else ExitCode.DONE


@_app.command
def cancel(
    device: Device,
    /,
    *,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """End an update that is under way at a controller; of a trial: back to the firmware from before, with a restart.

    Parameters
    ----------
    device
        A controller by name.
    yes
        Do not ask.
    """
    return _tell(device, "cancel", "End the update there? New firmware on trial goes back.", yes, common)


@_app.command
def restart(
    device: Device,
    /,
    *,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Restart a controller as soon as its equipment allows; out of the safe mode too. Outputs hold.

    Parameters
    ----------
    device
        A controller by name.
    yes
        Do not ask.
    """
    return _tell(
        device, "restart", "Restart it? For some two seconds nothing is protected or controlled there.", yes, common
    )


def _tell(device: str, what: str, question: str, yes: bool, common: Common | None) -> int:
    context = Context(common)
    config = context.pod()
    find_controller(config, device)
    context.confirm(f"{device}: {question}", yes)

    async def work() -> None:
        async with Fleet(config, timeout_s=context.timeout_s) as fleet:
            await command(await fleet.device(device), what)

    clock.run(work())
    context.note(f"{device}: {what} is under way; `mallee update status {device}` shows it")
    return ExitCode.DONE


def _names(config: PodConfig, devices: tuple[str, ...]) -> list[str]:
    return [find_controller(config, name).name for name in devices] or [each.name for each in config.controllers]


def _question(left: list[Choice]) -> str:
    names = ", ".join(choice.target.name for choice in left)
    one = len(left) == 1
    return (
        f"{names}: {'it restarts' if one else 'they restart, one after the other'}; for some two seconds nothing is protected or "
        "controlled there, and outputs hold. Go on?"
    )


def _row(outcome: Outcome) -> dict[str, Any]:
    built = msgspec.to_builtins(outcome)
    return {
        "device": built["name"], "result": built["result"].replace("_", " "), "version": built["version"],
        "files": built["sent_files"], "bytes": built["sent_bytes"], "retries": built["retries"], "error": built["error"],
    }  # fmt: skip
