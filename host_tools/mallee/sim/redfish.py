"""The managers of racks, as far as their power limits go: a small Redfish service of the DMTF schemas' shape (ServiceRoot,
ChassisCollection, Chassis, EnvironmentMetrics 1.3 with the Control excerpt of PowerLimitWatts), over real HTTP.

A rack takes a limit some time after it was set, as node managers do; the plant asks `limits_W`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import h11
import msgspec

_ROOT = "/redfish/v1"
_CHASSIS = f"{_ROOT}/Chassis"


class RackManager(msgspec.Struct):
    """One rack. `power_W` tells what it draws now. `limit_W` None: no limit; `set_point_W` is kept while it is not in force."""

    name: str
    rated_W: float
    least_W: float
    power_W: Callable[[], float]
    set_point_W: float
    limit_W: float | None = None
    version: int = 0
    writes: int = 0


class RedfishService:
    """Requests in, answers out; no sockets, no time. `changed` hears which rack's limit was set."""

    def __init__(self, managers: Mapping[str, RackManager], changed: Callable[[str], None] = lambda name: None) -> None:
        self.managers = dict(managers)
        self._changed = changed

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, Any] | None, str]:
        """Status, JSON and ETag."""
        path = path.split("?")[0].rstrip("/")
        if path in ("/redfish", _ROOT, _CHASSIS):
            return (200, self._collection(path), "") if method == "GET" else _error(405, "only GET is possible here")
        name, _, rest = path.removeprefix(f"{_CHASSIS}/").partition("/")
        manager = self.managers.get(name)
        if not path.startswith(f"{_CHASSIS}/") or manager is None or rest not in ("", "EnvironmentMetrics"):
            return _error(404, f"there is no {path}")
        if rest == "":
            return (200, _chassis(manager), "") if method == "GET" else _error(405, "only GET is possible here")
        if method == "GET":
            return 200, _metrics(manager), _etag(manager)
        if method != "PATCH":
            return _error(405, "only GET and PATCH are possible here")
        if headers.get("if-match", _etag(manager)) not in (_etag(manager), "*"):
            return _error(412, "the resource was changed in the meantime")
        return self._patch(manager, body)

    def _collection(self, path: str) -> dict[str, Any]:
        if path == "/redfish":
            return {"v1": f"{_ROOT}/"}
        if path == _ROOT:
            return {
                "@odata.id": f"{_ROOT}/", "@odata.type": "#ServiceRoot.v1_15_0.ServiceRoot", "Id": "RootService",
                "Name": "Rack managers", "RedfishVersion": "1.18.0", "Chassis": {"@odata.id": _CHASSIS},
            }  # fmt: skip
        members = [{"@odata.id": f"{_CHASSIS}/{name}"} for name in self.managers]
        return {
            "@odata.id": _CHASSIS, "@odata.type": "#ChassisCollection.ChassisCollection", "Name": "Racks",
            "Members": members, "Members@odata.count": len(members),
        }  # fmt: skip

    def _patch(self, manager: RackManager, body: bytes) -> tuple[int, dict[str, Any] | None, str]:
        try:
            limit = json.loads(body)["PowerLimitWatts"]
            mode, set_point = limit.get("ControlMode"), limit.get("SetPoint", manager.set_point_W)
        except (ValueError, KeyError, TypeError, AttributeError):
            return _error(400, "PowerLimitWatts is missing")
        if mode not in (None, "Automatic", "Override", "Manual", "Disabled"):
            return _error(400, f"ControlMode cannot be {mode}")
        if isinstance(set_point, bool) or not isinstance(set_point, int | float):
            return _error(400, "SetPoint is a number")
        if not manager.least_W <= set_point <= manager.rated_W:
            return _error(400, f"SetPoint {set_point:g} is not from {manager.least_W:g} to {manager.rated_W:g}")
        manager.set_point_W = float(set_point)
        in_force = mode != "Disabled" if mode is not None else manager.limit_W is not None
        manager.limit_W = manager.set_point_W if in_force else None
        manager.version += 1
        manager.writes += 1
        self._changed(manager.name)
        return 200, _metrics(manager), _etag(manager)


class HttpConversation:
    """One connection's HTTP, by h11."""

    def __init__(self, service: RedfishService) -> None:
        self._service = service
        self._http = h11.Connection(h11.SERVER)
        self._request: h11.Request | None = None
        self._body = bytearray()

    @property
    def over(self) -> bool:
        return self._http.our_state in (h11.CLOSED, h11.MUST_CLOSE, h11.ERROR)

    def received(self, data: bytes) -> bytes:
        """Answers to the requests that are whole now."""
        out = bytearray()
        self._http.receive_data(data)
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                status, document, _ = _error(error.error_status_hint, str(error))
                return bytes(out) + self._response(status, document, "")
            if isinstance(event, h11.Request):
                self._request, self._body = event, bytearray()
            elif isinstance(event, h11.Data):
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage) and self._request is not None:
                headers = {name.decode().lower(): value.decode() for name, value in self._request.headers}
                method, path = self._request.method.decode(), self._request.target.decode()
                out += self._response(*self._service.answer(method, path, headers, bytes(self._body)))
                if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
                    self._http.start_next_cycle()
                    continue
                return bytes(out)
            else:
                return bytes(out)

    def _response(self, status: int, document: dict[str, Any] | None, etag: str) -> bytes:
        body = b"" if document is None else json.dumps(document).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("OData-Version", "4.0")]
        if etag:
            headers.append(("ETag", etag))
        http = self._http
        if http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return b""
        sent = [http.send(h11.Response(status_code=status, headers=headers)), http.send(h11.Data(data=body))]
        return b"".join(part or b"" for part in [*sent, http.send(h11.EndOfMessage())])


def _chassis(manager: RackManager) -> dict[str, Any]:
    at = f"{_CHASSIS}/{manager.name}"
    return {
        "@odata.id": at, "@odata.type": "#Chassis.v1_25_0.Chassis", "Id": manager.name, "Name": manager.name,
        "ChassisType": "Rack", "EnvironmentMetrics": {"@odata.id": f"{at}/EnvironmentMetrics"},
    }  # fmt: skip


def _metrics(manager: RackManager) -> dict[str, Any]:
    at = f"{_CHASSIS}/{manager.name}/EnvironmentMetrics"
    return {
        "@odata.id": at, "@odata.type": "#EnvironmentMetrics.v1_3_0.EnvironmentMetrics", "Id": "EnvironmentMetrics",
        "Name": f"Power of {manager.name}",
        "PowerWatts": {"Reading": round(manager.power_W())},
        "PowerLimitWatts": {
            "SetPoint": round(manager.set_point_W),
            "AllowableMin": round(manager.least_W),
            "AllowableMax": round(manager.rated_W),
            "ControlMode": "Disabled" if manager.limit_W is None else "Automatic",
        },
    }  # fmt: skip


def _etag(manager: RackManager) -> str:
    return f'"{manager.version}"'


def _error(status: int, message: str) -> tuple[int, dict[str, Any] | None, str]:
    told = {"MessageId": "Base.1.18.GeneralError", "Message": message}
    return (
        status,
        {"error": {"code": "Base.1.18.GeneralError", "message": message, "@Message.ExtendedInfo": [told]}},
        "",
    )
