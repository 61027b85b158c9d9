"""Air in the loop: pumps lose head, unsteadily, until the separator has taken it out.

The gas is spread over the coolant, void fraction φ = V / V_loop at suction pressure, and pushes as much coolant into the vessel.
A separator takes a part of it at each passage, dV/dt = -η Q V / V_loop. Pumps with gas give k(φ) of their head, a line through
given points. Up to φ = 0.02 the head falls for the energy that moves the air, above it also for the resistance of the bubbles
(Murakami and Minemura, Bull. JSME 17 (110), 1974, 1047); how far a pump goes before it fails differs from one to the next
(review: Jiang et al., Energies 12 (6), 2019, 1078). They give the shape; the points are assumptions. Bubbles come in swarms:
at each skid φ fluctuates about its mean as an Ornstein-Uhlenbeck process, an assumption too.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right

from ...pod.parameters import AirParameters

_NONE_L = 1e-3


class Air:
    """`gas_l` is what is in the loop. `swarm` is the fluctuation of each skid, standard deviation 1."""

    def __init__(self, parameters: AirParameters, loop_l: float, skids: int) -> None:
        self.gas_l = 0.0
        self.swarm = [0.0] * skids
        self._parameters = parameters
        self._loop_l = loop_l
        self._random = random.Random()

    @property
    def void(self) -> float:
        """Mean φ."""
        return self.gas_l / self._loop_l

    def enter(self, gas_l: float, source: random.Random) -> None:
        """Fault: so many litres come in; fluctuations come from `source`."""
        self.gas_l += gas_l
        self._random = source

    def step(self, dt_s: float, flow_l_s: float) -> None:
        p = self._parameters
        self.gas_l *= math.exp(-p.separated * flow_l_s * dt_s / self._loop_l)
        if self.gas_l < _NONE_L:
            self.gas_l = 0.0
        kept = math.exp(-dt_s / p.swarm_s)
        spread = math.sqrt(1.0 - kept * kept)
        self.swarm = [kept * x + spread * self._random.gauss(0.0, 1.0) for x in self.swarm]

    def head(self, skid: int) -> float:
        """k of a skid's pumps now."""
        p = self._parameters
        void = max(0.0, self.void * (1.0 + p.swarm_fraction * self.swarm[skid]))
        xs, ys = p.void_fraction, p.head_fraction
        if void >= xs[-1]:
            return ys[-1]
        i = bisect_right(xs, void) - 1
        return ys[i] + (ys[i + 1] - ys[i]) * (void - xs[i]) / (xs[i + 1] - xs[i])
