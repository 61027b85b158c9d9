"""A pod file from what was found: every controller with its address, and what no bus can tell marked to be filled in."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence
from pathlib import Path

from ..device.discovery import Found
from ..errors import ExitCode, MalleeError
from .loader import parse_pod

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9 _.-]")
_NAME_MAX = 32
_MAIN_A, _FEED_A = 500, 1000


def draft(found: Sequence[Found], pod_name: str) -> str:
    """The text of a pod file that loads. Controllers whose address is doubtful, and other devices, are in it as comments. Raises
    MalleeError where no controller is left. Pure."""
    skids = [one for one in found if one.profile == "pump" and one.note is None]
    pdus = [one for one in found if one.profile == "pdu" and one.note is None]
    if not skids and not pdus:
        raise MalleeError(
            "a pod file needs a controller, and none was found",
            "the controllers are off, on another line, or two share an address",
            "`mallee doctor PORT` says what is wrong with a line; examples/pod.toml is a pod file to begin with",
            ExitCode.NO_ANSWER if not found else ExitCode.FINDINGS,
        )
    lines = [
        "# Written by `mallee scan --write`. What a bus cannot tell is marked CHECK.",
        "",
        "[pod]",
        f'name = "{clean(pod_name) or "pod"}"',
    ]
    names: set[str] = set()
    for one in skids:
        lines += ["", "[[skid]]", *_controller(one, names)]
    if pdus:
        lines += ["", "[[feed]]", 'name = "A"', f"main_A = {_FEED_A}    # CHECK: the feed's main breaker"]
    for one in pdus:
        lines += ["", "[[pdu]]", *_controller(one, names), 'feed = "A"    # CHECK: which feed it hangs on']
        lines += [f"main_A = {_MAIN_A}    # CHECK: its own main breaker"]
        lines += ["racks = []    # CHECK: the rack of each branch, in order; then add a [[rack]] for each"]
    others = [one for one in found if one not in skids and one not in pdus]
    if others:
        lines += ["", "# Not in this file:"]
        lines += [f"# {one.address} unit {one.unit}: {_why(one)}" for one in others]
    text = "\n".join(lines) + "\n"
    parse_pod(text, "the draft")
    return text


def _controller(one: Found, names: set[str]) -> list[str]:
    base = clean(one.name or "") or f"{'skid' if one.profile == 'pump' else one.profile}-{one.unit}"
    name = next(n for n in (base, *(f"{base[: _NAME_MAX - 4]}-{k}" for k in range(2, 1000))) if n not in names)
    names.add(name)
    known = [f"firmware {one.firmware}" if one.firmware else "", f"serial number {one.serial_number}"]
    about = ", ".join(part for part in known if part and not part.endswith("None"))
    return [
        f'name = "{name}"    # {about}' if about else f'name = "{name}"',
        f'address = "{one.address}"',
        f"unit = {one.unit}",
    ]


def _why(one: Found) -> str:
    known = [one.profile or "", one.name or "", one.vendor or "", one.product or "", one.note or ""]
    return _comment(", ".join(part for part in known if part) or "another Modbus device")


def _comment(text: str) -> str:
    """A device's own words, which may be anything, as part of one line."""
    return "".join(character if character.isprintable() else "?" for character in text)


def clean(name: str) -> str:
    """As a pod file's names are."""
    return _NOT_IN_NAMES.sub("", name).lstrip(" _.-")[:_NAME_MAX].rstrip()


def refuse_place(path: Path, *, overwrite: bool) -> None:
    """Raises MalleeError where `write` would, before the search that may take minutes: something of that name is there, or the
    folder takes no files."""
    if not overwrite:
        _refuse_existing(path)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        partial = _partial(path)
        partial.open("x").close()  # permissions alone do not tell: of root, or of a file system that is read only
        partial.unlink()
    except OSError as error:
        raise _cannot_write(path, error) from error


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


def _cannot_write(path: Path, error: OSError) -> MalleeError:
    return MalleeError(
        f"cannot write {path}: {(error.strerror or 'no such place').lower()}",
        "the folder does not exist or is read only",
        "name another file",
    )


def _refuse_existing(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise MalleeError(
            f"{path} exists, and was not touched",
            "a pod file was written or made before",
            "name another file, or add --overwrite",
        )


def write(path: Path, text: str, *, overwrite: bool) -> None:
    """The whole file or nothing; one that exists only with `overwrite`. Raises MalleeError."""
    partial = _partial(path)
    try:
        with partial.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            partial.replace(path)
        else:
            os.link(partial, path)  # fails where somebody made the file meanwhile; a rename would replace it
    except FileExistsError:
        _refuse_existing(path)
        raise
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        partial.unlink(missing_ok=True)
