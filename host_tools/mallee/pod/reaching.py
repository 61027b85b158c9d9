"""What is said where neither a host nor any controller of a pod can be reached. Pure."""

from __future__ import annotations

from ..errors import ExitCode, MalleeError
from ..link.address import TcpAddress, parse_address
from .config import PodConfig

_HERE = ("127.0.0.1", "localhost", "::1")


def nothing_runs(config: PodConfig, pod_file: str) -> MalleeError:
    """For the caller to raise (exit code 3)."""
    count = len(config.members)
    what = f"no host of {config.pod.name} runs here, and none of its {count} controllers answers"
    if on_this_computer(config):
        return MalleeError(
            what,
            "nothing runs: this pod file is of a pod on this computer, which `mallee demo` simulates",
            "start `mallee demo` in another terminal; for a real pod, write its addresses into a pod file "
            "(`mallee scan HOST --write my-pod.toml`) and start `mallee run my-pod.toml`",
            ExitCode.NO_ANSWER,
        )
    return MalleeError(
        what,
        "the network or the serial lines to the pod are broken, the pod is off, or this is another pod's file",
        f"`mallee scan` shows who answers, `mallee doctor PORT` examines a serial line; {pod_file} has the addresses; "
        "`mallee run` keeps alarms while it runs",
        ExitCode.NO_ANSWER,
    )


def on_this_computer(config: PodConfig) -> bool:
    """All its controllers: it is a simulated pod, or nothing like it."""
    addresses = [parse_address(member.address) for member in config.members]
    return all(isinstance(each, TcpAddress) and each.host in _HERE for each in addresses)
