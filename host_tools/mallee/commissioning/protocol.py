"""The protocol of an acceptance: CBOR with the hash of its content. Who changes it without the hash is found out; who changes
both is not: keep the hash elsewhere too, as on the printed page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cbor2
import msgspec

from ..errors import ExitCode, MalleeError
from .machine import counts
from .model import FORMAT, Named, Result, Session, Step, Verdict


class Person(msgspec.Struct, frozen=True):
    """Who did steps, how many, and when the first and the last of them."""

    who: str
    steps: int
    first: str
    last: str


class Protocol(msgspec.Struct, frozen=True, kw_only=True):
    """`who` are all who did steps, in the order in which they came."""

    format: int = FORMAT
    pod: str
    who: tuple[Person, ...]
    began: str
    finished: str
    mallee: str
    serials: dict[str, str]
    found: tuple[Named, ...] = ()
    plan: tuple[Step, ...]
    results: tuple[Result, ...]
    counts: dict[Verdict, int]


def protocol_of(session: Session, finished: str, version: str) -> Protocol:
    """Of a session that is done."""
    return Protocol(
        pod=session.pod,
        who=people((*session.found, *session.results)),
        began=session.began,
        finished=finished,
        mallee=version,
        serials=session.serials,
        found=session.found,
        plan=session.plan,
        results=session.results,
        counts=counts(session),
    )


def people(results: Sequence[Result | Named]) -> tuple[Person, ...]:
    times: dict[str, list[str]] = {}
    for result in results:
        times.setdefault(result.who, []).append(result.time)
    return tuple(Person(who, len(each), each[0], each[-1]) for who, each in times.items())


def encode(protocol: Protocol) -> bytes:
    content = cbor2.dumps(msgspec.to_builtins(protocol), canonical=True)
    return cbor2.dumps({"content": content, "sha256": hashlib.sha256(content).digest()}, canonical=True)


def hash_of(data: bytes) -> str:
    """As it is printed. Raises MalleeError like `decode`."""
    return _outer(data, "the protocol")["sha256"].hex()


def read(path: Path) -> tuple[Protocol, str]:
    """A protocol that is what its hash says, and that hash. Raises MalleeError: exit code 5 where it was changed."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MalleeError(
            f"cannot read {path}: {error.strerror}", "another file was named", "name the protocol"
        ) from error
    outer = _outer(data, str(path))
    found = hashlib.sha256(outer["content"]).digest()
    if found != outer["sha256"]:
        raise MalleeError(
            f"{path} was changed: the hash of its content is {found.hex()[:16]}…, and it says {outer['sha256'].hex()[:16]}…",
            "somebody edited it, or it was damaged on its way",
            "ask for the original; the hash on the printed page tells which one that is",
            ExitCode.FINDINGS,
        )
    try:
        return msgspec.convert(cbor2.loads(outer["content"]), Protocol), outer["sha256"].hex()
    except (msgspec.ValidationError, cbor2.CBORDecodeError, ValueError) as error:
        raise _no_protocol(str(path), error) from error


def _outer(data: bytes, where: str) -> dict[str, Any]:
    try:
        outer = cbor2.loads(data)
        if not isinstance(outer["content"], bytes) or not isinstance(outer["sha256"], bytes):
            raise TypeError("its parts are of another kind")
    except (cbor2.CBORDecodeError, KeyError, TypeError, ValueError, EOFError) as error:
        raise _no_protocol(where, error) from error
    return outer


def _no_protocol(where: str, error: Exception) -> MalleeError:
    return MalleeError(
        f"{where} is no protocol of an acceptance: {error}",
        "another file was named, it was cut off, or it is of another release",
        "name the file that `mallee commission` wrote",
        ExitCode.FINDINGS,
    )
