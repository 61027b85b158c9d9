"""Who may do what. A role may do all that those before it may."""

from __future__ import annotations

import enum


class Role(enum.StrEnum):
    VIEWER = "viewer"
    """Looks; needed only where the page is private."""
    OPERATOR = "operator"
    """Acknowledges alarms, shelves them, takes them out of service; reads the journal of actions."""
    ENGINEER = "engineer"
    """Writes points of controllers."""

    def may(self, needed: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)
