"""What a world needs of the equipment behind its controllers."""

from __future__ import annotations

from typing import Protocol


class Equipment(Protocol):
    """The plant with its sensors and actuators. Inputs are packed little-endian int32 vectors; outputs -1 are not driven.

    Once for each grid interval: `step` with the outputs known at its begin, and at its end `inputs` of every controller.
    """

    def step(self, now_us: int, dt_us: int) -> None:
        """Advance by one grid step that ends at `now_us`."""
        ...

    def inputs(self, name: str) -> bytes:
        """Input vector of a controller, as it holds after the step."""
        ...

    def outputs(self, name: str, values: tuple[int, ...]) -> None:
        """A controller's outputs changed."""
        ...


class Nothing:
    """No equipment: every input is 0. For worlds that only talk."""

    def __init__(self, sizes: dict[str, int] | None = None) -> None:
        self.sizes = sizes or {}
        self.last: dict[str, tuple[int, ...]] = {}

    def step(self, now_us: int, dt_us: int) -> None:
        pass

    def inputs(self, name: str) -> bytes:
        return bytes(4 * self.sizes.get(name, 0))

    def outputs(self, name: str, values: tuple[int, ...]) -> None:
        self.last[name] = values
