"""One row a controller, for `mallee status`. Pure."""

from __future__ import annotations

import msgspec

from .document import ControllerState, PodDocument


class StatusRow(msgspec.Struct, frozen=True):
    """`state` is `silent` where a controller does not answer, `quarantined` where it is not believed; `reason` says why. `lease`
    says who sets its set-points. `alarms` are all that it has, also those that are told under their cause."""

    device: str
    profile: str | None
    state: str
    lease: str
    alarms: list[str]
    firmware: str | None
    address: str
    unit: int
    answering: bool
    reason: str


def status_rows(document: PodDocument) -> list[StatusRow]:
    """Rows in the order of the pod file: skids, then PDUs, then devices of others, which have no state but that they answer."""
    rows = [_row(document, member) for member in (*document.skids, *document.pdus)]
    others = [_row(document, member) for member in document.devices]
    return rows + [msgspec.structs.replace(row, state="answers", lease="") if row.answering else row for row in others]


def _row(document: PodDocument, member: ControllerState) -> StatusRow:
    state = member.state.value if member.answering and isinstance(member.state.value, str) else "unknown"
    lease = member.lease.state or "unknown"
    # What it said before it fell silent is not known to be true.
    beneath = [a for a in document.suppressed if a.active and a.suppressed_by and member.answering]
    if lease == "active":
        lease = f"host {member.lease.holder} ({member.lease.remaining_s or 0:.0f} s)"
    return StatusRow(
        device=member.name,
        profile=member.profile,
        state=_silence(member) if not member.answering else "quarantined" if member.quarantined else state,
        lease=lease if member.answering else "",
        alarms=[alarm.name for alarm in (*document.alarms, *beneath) if alarm.device == member.name],
        firmware=member.firmware,
        address=member.address,
        unit=member.unit,
        answering=member.answering,
        reason=member.reason or member.trust.evidence,
    )


def _silence(member: ControllerState) -> str:
    return "not asked" if member.not_asked else "silent"
