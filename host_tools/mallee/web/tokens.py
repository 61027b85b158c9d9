"""Tokens of people and programs that may act: a file of hashes in the user's config folder. A token is shown once, as it is made.

A token is 256 random bits, so its plain SHA-256 gives nothing away and needs no salt and no slow hash (those protect words that
people choose; NIST SP 800-63B-4, 3.1.2 on look-up secrets of 112 bits and more).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from datetime import datetime
from pathlib import Path

import msgspec

from ..errors import ExitCode, MalleeError
from ..paths import user_config_dir
from ..pod.alarms import atomic
from ..suggest import did_you_mean
from .roles import Role

FILE = "web-tokens.json"
PREFIX = "mallee_"
"""So that a scanner for secrets knows one that was published by mistake."""
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,39}$")


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`sha256` in hex; the token itself is nowhere."""

    name: str
    role: Role
    sha256: str
    created: datetime


class TokenStore:
    """Tokens in a file that only its owner may write. A change of the file counts from the next request on."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or user_config_dir() / FILE
        self._seen: tuple[int, int, int] | None = None
        self._tokens: tuple[Token, ...] = ()

    def all(self) -> tuple[Token, ...]:
        """By name. Raises MalleeError for a file that cannot be read, or that others may write."""
        try:
            found = self.path.stat()
            if os.name == "posix" and stat.S_IMODE(found.st_mode) & 0o022:
                raise MalleeError(
                    f"others may write {self.path}: its tokens are not believed",
                    "its permissions were changed, or it was copied",
                    f"chmod 600 {self.path}, and look at `mallee serve token list`",
                    ExitCode.REFUSED,
                )
            now = (found.st_mtime_ns, found.st_size, found.st_ino)
            if now != self._seen:
                self._tokens = msgspec.json.decode(self.path.read_bytes(), type=tuple[Token, ...])
                self._seen = now
        except FileNotFoundError:
            self._seen, self._tokens = None, ()
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._unusable(str(error)) from error
        return self._tokens

    def add(self, name: str, role: Role, now: datetime) -> str:
        """A new token, to be shown once. Raises MalleeError for a name that is taken or is none."""
        if not _NAME.match(name):
            raise MalleeError(
                f"{name!r} is no name for a token",
                "it has signs that a journal cannot show well, or is too long",
                "use up to 40 letters, digits, dots, dashes and @: a person's or program's name, such as ada or grafana",
            )
        tokens = self.all()
        if name in {token.name for token in tokens}:
            raise MalleeError(
                f"there is a token of {name!r} already",
                "the journal names who acted, so each has a name of its own",
                f"`mallee serve token revoke {name}` first, or use another name",
                ExitCode.REFUSED,
            )
        secret = PREFIX + secrets.token_urlsafe(32)
        self._write((*tokens, Token(name, role, _hash(secret), now)))
        return secret

    def revoke(self, name: str) -> Token:
        """Raises MalleeError with the nearest name."""
        tokens = self.all()
        for token in tokens:
            if token.name == name:
                self._write(tuple(each for each in tokens if each.name != name))
                return token
        raise MalleeError(
            f"there is no token of {name!r}",
            "a typing error, or it was revoked already",
            did_you_mean(name, [token.name for token in tokens])
            if tokens
            else "`mallee serve token add NAME --role operator` makes one",
        )

    def owner(self, secret: str) -> Token | None:
        """Whose token that is. Every one is compared, each in constant time: how long it takes tells nothing."""
        given, found = _hash(secret), None
        for token in self.all():
            if hmac.compare_digest(given, token.sha256):
                found = token
        return found

    def _write(self, tokens: tuple[Token, ...]) -> None:
        ordered = sorted(tokens, key=lambda token: token.name)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            atomic.write(self.path, msgspec.json.format(msgspec.json.encode(ordered), indent=2), mode=0o600)
        except OSError as error:
            raise MalleeError(
                f"cannot write {self.path}: {error.strerror or error}",
                "the folder belongs to another user, or the disk is full",
                "free space, or run this as the user who serves the page",
            ) from error

    def _unusable(self, why: str) -> MalleeError:
        return MalleeError(
            f"{self.path} cannot be read: {why}",
            "it belongs to another user, or was changed by hand",
            "mend it, or remove it and make tokens anew: `mallee serve token add NAME --role operator`",
        )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
