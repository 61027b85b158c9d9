"""The energy account of the coolant loop: what went in, what went out, what is stored."""

from __future__ import annotations


class EnergyBalance:
    """Joules since the account was opened. In: racks and pumps. Out: facility water, and the room by the pipes."""

    def __init__(self, stored_J: float) -> None:
        self.opened_with_J = stored_J
        self.it_J = 0.0
        """Electrical energy of the racks, the part that heats the air included."""
        self.rack_J = 0.0
        self.pump_J = 0.0
        self.facility_J = 0.0
        self.ambient_J = 0.0

    def error(self, stored_J: float) -> float:
        """(in - out - stored) / in."""
        into = self.rack_J + self.pump_J
        gained = stored_J - self.opened_with_J
        return (into - self.facility_J - self.ambient_J - gained) / into if into else 0.0
