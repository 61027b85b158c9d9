"""`mallee run`: the control loop of a pod."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from .. import clock
from ..errors import ExitCode
from ..history.attending import run_recorded
from ..paths import pod_state_dir
from ..pod.hostlock import only_host
from ..pod.runner import run_pod
from .common import Common, Context, duration_s
from .showing import Show
from .stopping import stop_event


def register(app: App) -> None:
    app.command(run)


def run(
    pod: Path | None = None,
    /,
    *,
    for_: Annotated[str | None, Parameter(name="--for")] = None,
    advise: Annotated[bool, Parameter(negative=())] = False,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Control a pod: read every controller, decide, write set-points under a lease, and show it.

    With [history] in the pod file it is recorded too (docs/history.md).

    Exit code 4: a host with this number runs on this computer already (docs/hosts.md).

    With `-o jsonl` each scan is one line of JSON; with `-o json` the last one is printed at the end.

    Parameters
    ----------
    pod
        Pod file; otherwise --config and what stands behind it.
    for_
        End after this time, such as 20s or 2m. The leases are given back.
    advise
        Compute set-points and show them, but write nothing and take no lease.
    """
    context = Context(common, pod_file=pod)
    config = context.pod()
    state_dir = pod_state_dir(config.pod.name, config.pod.host_id)
    for_s = None if for_ is None else duration_s(for_, "--for")

    async def control() -> ExitCode:
        with Show(context) as show:
            stop = stop_event(for_s)
            if config.history is None:
                await run_pod(config, publish=show.publish, stop=stop, advise=advise, state_dir=state_dir, share=True)
            else:
                await run_recorded(
                    config,
                    config.history,
                    publish=show.publish,
                    note=show.note,
                    stop=stop,
                    advise=advise,
                    state_dir=state_dir,
                    share=True,
                )
        return show.code

    with only_host(config, state_dir, advise=advise):
        return clock.run(control())
