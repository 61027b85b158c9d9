"""A pipe: transport delay, heat capacity of its wall, loss through its insulation.

Plug flow: the fluid is a row of parcels of equal mass that are pushed on by what enters, so the delay is volume over flow,
whatever the flow does; nothing mixes lengthwise. Each wall segment exchanges heat with its parcel and with the ambient:

    M c dT/dt = h A (Tw - T),    Mw cw dTw/dt = h A (T - Tw) - (Tw - Ta) l / R'

after each step in which the row moved by a parcel, at least once a second. Parcel and wall relax towards their common
temperature as exp(-h A (1/Mc + 1/Mw cw) t), the wall towards ambient as exp(-t l / (R' Mw cw)): both exact, so stable for any
step, and what one loses the other gains. h from film.py. R' = ln(do/di) / (2π λ) + 1 / (π do α): insulation and outside film in
series (VDI Heat Atlas, E1). Left out: the wall's resistance, the insulation's heat capacity.
"""

from __future__ import annotations

import math
from collections import deque

from ...pod.parameters import PipeParameters
from .film import FilmProperties, film_W_m2K
from .fluid import Fluid

_LONGEST_S = 1.0
_AT_DEGC = 37.0
"""The mass inside is that at this temperature, and constant (see plant.py)."""


class Pipe:
    """`wall` False is the same pipe with a wall that takes no heat: for comparison."""

    def __init__(
        self,
        parameters: PipeParameters,
        length_m: float,
        fluid: Fluid,
        film: FilmProperties,
        parcels: int = 50,
        wall: bool = True,
    ) -> None:
        p = parameters
        self._fluid, self._film = fluid, film
        self._d_m = p.inner_diameter_mm / 1000.0
        self._length_m = length_m
        outer_m = self._d_m + 2 * p.wall_mm / 1000.0
        lagged_m = outer_m + 2 * p.insulation_mm / 1000.0
        steel_m2 = math.pi / 4 * (outer_m**2 - self._d_m**2)
        self.mass_kg = math.pi / 4 * self._d_m**2 * length_m * fluid.density_kg_m3(_AT_DEGC)
        self.wall_J_K = steel_m2 * length_m * p.wall_kg_m3 * p.wall_J_kgK
        self.resistance_mK_W = math.log(lagged_m / outer_m) / (2 * math.pi * p.insulation_W_mK) + 1 / (
            math.pi * lagged_m * p.outside_film_W_m2K
        )
        """Of one metre, wall to ambient."""
        self._parcel_kg = self.mass_kg / parcels
        self._area_m2 = math.pi * self._d_m * length_m / parcels
        self._segment_J_K = self.wall_J_K / parcels if wall else 0.0
        self._loss_W_K = length_m / parcels / self.resistance_mK_W
        self._parcels: deque[float] = deque()
        self._wall: list[float] = []
        self._entered_kg = 0.0
        self._entered_kgK = 0.0
        self._since_s = 0.0
        self._since_kg = 0.0
        self.outlet_degC = 0.0
        """Mean of what left in the last step; the last parcel's where nothing did."""
        self.lost_J = 0.0
        """To ambient since the pipe was filled."""
        self.settled_loss_W = 0.0
        """To ambient, as `settle` reckoned it: without the film's small share of the resistance."""
        self.fill(25.0, 25.0)

    def fill(self, inlet_degC: float, outlet_degC: float) -> None:
        """At rest, fluid and wall linear from one end to the other."""
        n = round(self.mass_kg / self._parcel_kg)
        self._parcels = deque(inlet_degC + (outlet_degC - inlet_degC) * (i + 0.5) / n for i in range(n))
        self._wall = list(self._parcels)
        self._entered_kg = self._entered_kgK = self._since_s = self._since_kg = self.lost_J = 0.0
        self.outlet_degC = outlet_degC

    def step(self, dt_s: float, flow_kg_s: float, inlet_degC: float, ambient_degC: float) -> float:
        """Push `flow_kg_s` (not below 0) of `inlet_degC` in for `dt_s`; returns the mean temperature of what comes out, °C."""
        left = max(0.0, flow_kg_s) * dt_s
        self._since_s += dt_s
        self._since_kg += left
        out_kgK, out_kg, moved = 0.0, left, False
        while left > 0.0:
            part = min(left, self._parcel_kg - self._entered_kg)
            out_kgK += part * self._parcels[-1]
            self._entered_kgK += part * inlet_degC
            self._entered_kg += part
            left -= part
            if self._entered_kg >= self._parcel_kg * (1 - 1e-9):
                self._parcels.pop()
                self._parcels.appendleft(self._entered_kgK / self._entered_kg)
                self._entered_kg = self._entered_kgK = 0.0
                moved = True
        if moved or self._since_s >= _LONGEST_S:
            self._exchange(ambient_degC)
        self.outlet_degC = out_kgK / out_kg if out_kg > 0.0 else self._parcels[-1]
        return self.outlet_degC

    def _exchange(self, ambient_degC: float) -> None:
        """Heat between parcels, wall and ambient for the time since the last call."""
        time_s, flow_kg_s = self._since_s, self._since_kg / self._since_s if self._since_s else 0.0
        self._since_s = self._since_kg = 0.0
        if not self._segment_J_K or not time_s:
            return
        parcels, wall, steel_J_K = self._parcels, self._wall, self._segment_J_K
        mean = 0.5 * (parcels[0] + parcels[-1])
        conductance = self._area_m2 * film_W_m2K(self._film, flow_kg_s, mean, self._d_m, self._length_m)
        fluid_J_K = self._parcel_kg * self._fluid.heat_capacity_J_kgK(mean)
        apart = math.exp(-conductance * time_s * (1 / fluid_J_K + 1 / steel_J_K))
        away = 1 - math.exp(-self._loss_W_K * time_s / steel_J_K)
        to_fluid, to_wall = (
            (1 - apart) * steel_J_K / (fluid_J_K + steel_J_K),
            (1 - apart) * fluid_J_K / (fluid_J_K + steel_J_K),
        )
        lost_K = 0.0
        for i, (fluid, steel) in enumerate(zip(parcels, wall, strict=True)):
            difference = steel - fluid
            parcels[i] = fluid + to_fluid * difference
            steel -= to_wall * difference
            loss = away * (steel - ambient_degC)
            lost_K += loss
            wall[i] = steel - loss
        self.lost_J += lost_K * steel_J_K

    def settle(self, flow_W_K: float, degC: float, ambient_degC: float, from_outlet: bool = False) -> float:
        """Fill as a long steady flow of this heat capacity rate does; `degC` is that of one end. Returns that of the other."""
        self.settled_loss_W = (degC - ambient_degC) * self._length_m / self.resistance_mK_W if flow_W_K else 0.0
        drop_K = self.settled_loss_W / flow_W_K if flow_W_K else 0.0
        inlet, outlet = (degC + drop_K, degC) if from_outlet else (degC, degC - drop_K)
        self.fill(inlet, outlet)
        return inlet if from_outlet else outlet

    def stored_J(self) -> float:
        """Energy of fluid and wall above 0 °C."""
        h = self._fluid.enthalpy_J_kg
        fluid_J = self._parcel_kg * sum(h(t) for t in self._parcels)
        if self._entered_kg:
            fluid_J += self._entered_kg * (h(self._entered_kgK / self._entered_kg) - h(self._parcels[-1]))
        return fluid_J + self._segment_J_K * sum(self._wall)
