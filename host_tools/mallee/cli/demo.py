"""`mallee demo`: a whole pod on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import App, Parameter

from ..errors import ExitCode, MalleeError
from ..ui import summary as summary_view
from .common import Common, Context, duration_s, simulator_part
from .output import emit, emit_line
from .showing import Show

if TYPE_CHECKING:
    from ..sim.world import World


def register(app: App) -> None:
    app.command(demo)


def demo(
    *,
    for_: Annotated[str | None, Parameter(name="--for")] = None,
    speed: str = "1",
    load: Path | None = None,
    load_speed: float = 1.0,
    seed: int = 0,
    gateway: bool = True,
    picture: Path | None = None,
    common: Annotated[Common | None, Parameter(name="*")] = None,
) -> int:
    """Run a pod on this machine: real firmware on virtual boards, a plant behind them, a host that controls it.

    Starts at the pod's steady state. While it runs, every controller answers Modbus TCP on its port of the pod file,
    for `mallee status` in another terminal and for any other master. A serial line of the pod file is a port that it names as
    it starts, for a second master on that line. Ctrl-C ends it.

    Examples: `mallee demo`; `mallee demo --for 30s --speed 5`; `mallee demo --load racks.csv --load-speed 20 -o json`;
    `mallee demo -c examples/serial_pod.toml`.

    Parameters
    ----------
    for_
        End after this much pod time, such as 20s or 2m. Without it the demo runs until Ctrl-C.
    speed
        Pod seconds a second: 1 is real time, `max` is as fast as this machine goes (other masters are not served then).
    load
        CSV of recorded power: column i drives rack i (round-robin), each column scaled to its own maximum.
    load_speed
        Compresses the recording in time, never the plant.
    seed
        Of everything random; the same seed gives the same run at `--speed max`.
    gateway
        Open the controllers' ports on this machine.
    picture
        Save the last table as an SVG file.
    """
    context = Context(common)
    config = context.pod()
    part = simulator_part("demo")
    options = part.Options(
        pod_file=context.settings.pod_file,
        for_s=None if for_ is None else duration_s(for_, "--for"),
        speed=_speed(speed),
        load_file=load,
        load_speed=load_speed,
        seed=seed,
        gateway=gateway,
    )
    with Show(context, final=False) as show:

        def ready(world: World) -> None:
            ports = sorted({server.address[1] for server in world.network.servers.values()})
            if options.gateway and options.speed is not None and ports:
                show.note(f"{len(ports)} controllers answer Modbus TCP on 127.0.0.1, ports {ports[0]} to {ports[-1]}")
                show.note(
                    "`mallee watch`, `alarms`, `why` and `log` in another terminal are about this demo while it runs"
                )
            for port, pty in world.ptys.items():
                show.note(f"another master on the line {port} opens {pty}; its requests may collide with the host's")

        running = part.Demo(
            options,
            config,
            show=lambda document, achieved: show.publish(document, speed=achieved),
            say=show.note,
            silent=show.silent,
            ready=ready,
        )
        summary = running.run()
    if picture is not None:
        show.save_picture(picture)
    _print(context, msgspec.to_builtins(summary))
    return ExitCode.INTERRUPTED if summary.interrupted and options.for_s is not None else ExitCode.DONE


def _print(context: Context, summary: dict[str, object]) -> None:
    if context.output == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(summary), indent=2).decode() + "\n")
    elif context.output == "jsonl":
        emit_line({"summary": summary})
    elif context.output == "csv":
        emit(context.out, "csv", summary_view.rows(summary), ("name", "value"))
    else:
        context.out.print(summary_view.render(summary))


def _speed(text: str) -> float | None:
    """A factor, or None for `max`. Raises MalleeError."""
    if text == "max":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0.01 <= factor <= 1000:
        raise MalleeError(
            f"--speed: {text!r} is not a speed", "it is a factor of real time", "write 1, 5, 0.5 (0.01 to 1000) or max"
        )
    return factor
