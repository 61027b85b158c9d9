"""A rack's power limit over Redfish: `PowerLimitWatts` of a chassis' EnvironmentMetrics (DMTF DSP0268, EnvironmentMetrics 1.1 and
later; the excerpt is that of Control 1.0). `SetPoint` is in W; `ControlMode` is Automatic while it is in force, else Disabled.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import httpx

from ...errors import ExitCode, MalleeError
from .limiter import LimitRead

PASSWORD = "MALLEE_REDFISH_PASSWORD"
AUTHORITY = "MALLEE_REDFISH_CA"
_IN_FORCE = "Automatic"
_NOT_IN_FORCE = "Disabled"


class RedfishLimiter:
    """`redfish+https://[USER@]HOST[:PORT]/redfish/v1/Chassis/NAME`. The user's password is $MALLEE_REDFISH_PASSWORD;
    $MALLEE_REDFISH_CA is the certificate (PEM) that signed the server's, where the system does not know it."""

    def __init__(self, address: str, *, timeout_s: float) -> None:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        scheme = parts.scheme.removeprefix("redfish+")
        self._where = f"{scheme}://{f'[{host}]' if ':' in host else host}{port}"
        self._path = f"{parts.path.rstrip('/')}/EnvironmentMetrics"
        auth = httpx.BasicAuth(parts.username, os.environ.get(PASSWORD, "")) if parts.username else None
        verify: Any = os.environ.get(AUTHORITY) or True
        self._client = httpx.AsyncClient(
            base_url=self._where,
            auth=auth,
            timeout=timeout_s,
            verify=verify
            if scheme == "https"
            else False,  # loading the system's certificates takes a tenth of a second
            trust_env=False,  # a proxy of the office has no business between a pod and its racks
            headers={"OData-Version": "4.0", "Accept": "application/json"},
        )
        self._etag: str | None = None

    async def read(self) -> LimitRead:
        """See PowerLimiter."""
        response = await self._ask("GET")
        self._etag = response.headers.get("ETag")
        try:
            limit = response.json()["PowerLimitWatts"]
        except (ValueError, KeyError, TypeError) as error:
            raise MalleeError(
                f"{self._where}{self._path} has no PowerLimitWatts",
                "this chassis cannot limit its power, or the path is that of something else",
                "compare the chassis with the manager's own web page, or remove power_limit from the rack",
                ExitCode.REFUSED,
            ) from error
        return _read(limit if isinstance(limit, dict) else {})

    async def set(self, limit_W: float | None) -> None:
        """See PowerLimiter."""
        wanted = (
            {"ControlMode": _NOT_IN_FORCE}
            if limit_W is None
            else {"SetPoint": round(limit_W), "ControlMode": _IN_FORCE}
        )
        headers = {"If-Match": self._etag} if self._etag else {}
        await self._ask("PATCH", json={"PowerLimitWatts": wanted}, headers=headers)

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(self, method: str, **request: Any) -> httpx.Response:
        try:
            response = await self._client.request(method, self._path, **request)
        except (httpx.TransportError, OSError) as error:
            raise MalleeError(
                f"{self._where} does not answer ({error or type(error).__name__})",
                "the rack's manager is off or restarts, or the network to it is broken",
                "look whether its address in the pod file is right; it is asked again by itself",
                ExitCode.NO_ANSWER,
            ) from error
        if response.is_success:
            return response
        said = _message(response)
        raise MalleeError(
            f"{self._where}{self._path} refuses {method}: {response.status_code} {response.reason_phrase}{said}",
            _LIKELY.get(response.status_code, "the manager does not take this request"),
            "look at the manager's own log",
            ExitCode.REFUSED,
        )


_LIKELY = {
    401: f"user or password are wrong: the user stands in the address, the password in ${PASSWORD}",
    403: "this user may not set limits",
    404: "there is no such chassis, or it has no environment metrics",
    412: "somebody else changed it at the same time",
}


def _read(limit: dict[str, Any]) -> LimitRead:
    """Without a mode the set-point counts, as implementations before Control 1.0 have it."""
    set_point = _number(limit.get("SetPoint"))
    in_force = limit.get("ControlMode", _IN_FORCE) != _NOT_IN_FORCE
    return LimitRead(
        limit_W=set_point if in_force else None,
        least_W=_number(limit.get("AllowableMin")),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _message(response: httpx.Response) -> str:
    """What Redfish says about an error (DSP0266, 8.6), as far as it does."""
    try:
        error = response.json()["error"]
        told = error.get("@Message.ExtendedInfo") or [error]
        text = told[0].get("Message") or told[0].get("message")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return ""
    return f" ({text})" if text else ""
