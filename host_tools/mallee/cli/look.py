"""`mallee` without a command: what is here, and what to do next."""

from __future__ import annotations

from .. import clock, settings
from ..deploy.flashing.ports import usb_ports
from ..errors import ExitCode, MalleeError
from ..pod.hostfolder import host_folder, live
from ..pod.looking import Port, Sight, advice
from ..pod.runner import scan_once
from .common import Context


def look() -> int:
    """Say what is here, and what to do next."""
    context = Context(None)
    for line in advice(_sight(context)):
        context.out.print(line.seen, markup=False, soft_wrap=True)
        context.out.print(f"  → {line.next}", markup=False, soft_wrap=True, style="bold")
    context.note("`mallee --help` lists all commands, `mallee COMMAND --help` has examples of each")
    return ExitCode.DONE


def _sight(context: Context) -> Sight:
    ports = [Port(port.device, port.description, port.native) for port in usb_ports()]
    given = context.settings
    try:
        config = settings.load(given)
    except MalleeError as error:
        return Sight(None, given.pod_file, given.bundled, ports=ports, problem=error.what)
    found = live(host_folder(config))
    if found is not None:
        return Sight(config, given.pod_file, given.bundled, found.document, True, found.age_s, ports)
    document = clock.run(scan_once(config, timeout_s=context.timeout_s))
    return Sight(config, given.pod_file, given.bundled, document, ports=ports)
