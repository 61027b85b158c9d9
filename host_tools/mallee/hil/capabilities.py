"""What a board can have for tests, in words. Without imports: pytest loads this at every start."""

from __future__ import annotations

CAPABILITIES = {
    "bus": "a line on which its controller answers Modbus",
    "console": "a console that takes what is typed",
    "faults": "faults that a test can bring about",
    "inputs": "inputs that a test sets by hand",
    "plant": "a plant with physics behind its inputs and outputs",
    "pod": "a whole pod of controllers",
    "power": "a supply that a test can switch",
}
"""By the names that `@pytest.mark.needs` takes."""
PROFILES = ("pdu", "pump")
