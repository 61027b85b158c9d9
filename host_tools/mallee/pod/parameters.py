"""Physical parameters of a pod: what [plant] in a pod file may say. Read by the simulator and by the physics check.

Defaults are the default pod's. `examples/pod.toml` needs none of them; a file that says one says `[plant.racks]` and the key.
Limits keep out what cannot be, not what is unusual; mallee.pod.plantchecks has those between several keys.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Band = Literal["B", "C", "D"]
Positive = Annotated[float, Meta(gt=0, le=1e6)]
NotNegative = Annotated[float, Meta(ge=0, le=1e6)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
PositiveFraction = Annotated[float, Meta(gt=0, le=1)]
Celsius = Annotated[float, Meta(ge=-20, le=100)]


class Struct(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An unknown key in a pod file is an error."""


class CoolantParameters(Struct, frozen=True):
    mixture: str = "INCOMP::MPG-25%"
    """Coolant by its CoolProp name; PG25 is INCOMP::MPG-25%."""
    supply_volume_l: Positive = 150.0
    """Supply piping and manifold; its length follows from this and the cross-section in [plant.pipes]."""
    return_volume_l: Positive = 150.0
    charge_pressure_kPa: Positive = 150.0
    """At the pump suction, above ambient, at the charge level."""
    vessel_volume_l: Positive = 100.0
    """Expansion vessel, gas and liquid."""
    level_percent: Annotated[float, Meta(gt=0, lt=100)] = 60.0
    """Level of the expansion vessel when charged."""


class AirParameters(Struct, frozen=True):
    """Gas in the coolant, see sim/plant/air.py: assumptions, but for the shape of the head curve."""

    separated: Fraction = 0.3
    """Part of the gas that the separator takes out at each passage."""
    void_fraction: tuple[Fraction, ...] = (0.0, 0.02, 0.07, 0.1)
    head_fraction: tuple[PositiveFraction, ...] = (1.0, 0.95, 0.6, 0.1)
    """What is left of the pumps' head with that void fraction, and with more than the last."""
    swarm_fraction: NotNegative = 0.3
    """Standard deviation of the void fraction at a skid, as a part of its mean."""
    swarm_s: Positive = 0.5
    """For so long bubbles stay together."""


class PipeParameters(Struct, frozen=True):
    """Cross-section of a pipe: steel DN 125 (EN 10255, medium: 139.7 × 5.0 mm), 19 mm of closed-cell elastomer foam."""

    inner_diameter_mm: Positive = 129.7
    wall_mm: Positive = 5.0
    wall_kg_m3: Positive = 7850.0
    """Carbon steel (EN 1991-1-1)."""
    wall_J_kgK: Positive = 450.0
    """Carbon steel at 37 °C (EN 1993-1-2, 3.4.1.2)."""
    insulation_mm: Positive = 19.0
    insulation_W_mK: Positive = 0.04
    """Elastomer foam at 40 °C, as makers declare it by EN 14304."""
    outside_film_W_m2K: Positive = 7.7
    """From the insulation to the room, radiation included (ISO 6946: 0.13 m²K/W)."""


class PumpParameters(Struct, frozen=True):
    """The two pumps of one skid together."""

    rated_flow_kg_s: Positive = 20.6
    head_flow: tuple[NotNegative, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    """Points of the head curve, fraction of rated flow."""
    head_kPa: tuple[NotNegative, ...] = (1923.0, 1838.0, 1616.0, 1269.0, 500.0)
    """External head (behind exchanger and filter) of both pumps together at full speed, at those points."""
    power_kW: tuple[Positive, ...] = (21.3, 32.0, 41.8, 48.5, 51.3)
    """Electric power of both pumps together at full speed, at those points; all of it heats the coolant (wet-running motors; of
    dry ones about a tenth goes to the air). The shape is that of a maker's curve (Wilo CronolineIL 80/220-4/4), the height an
    external efficiency of 0.4 at three quarters of the flow."""
    minimum_speed_percent: Annotated[float, Meta(ge=0, le=100)] = 15.0
    """A drive that is commanded above 1 % does not run slower."""
    full_stroke_s: Positive = 3.0
    """Drive from 0 to 100 %."""
    filter_kPa: NotNegative = 20.0
    """Clean filter at rated flow; contained in the head curve."""


class ExchangerParameters(Struct, frozen=True):
    """Heat exchanger and primary valve of one skid."""

    ua_kW_K: Positive = 309.0
    """At rated flow on both sides."""
    secondary_flow_kg_s: Positive = 20.6
    facility_flow_kg_s: Positive = 20.6
    """Rated, and what flows with the valve fully open."""
    film_exponent: NotNegative = 0.8
    """Film coefficients go with flow to this power (Dittus-Boelter)."""
    secondary_volume_l: Positive = 40.0
    facility_volume_l: Positive = 40.0
    valve_rangeability: Annotated[float, Meta(gt=1, le=1000)] = 50.0
    valve_authority: PositiveFraction = 0.5
    """Pressure drop of the open valve over that of the whole facility branch."""
    valve_stroke_s: Positive = 120.0


class RackParameters(Struct, frozen=True):
    """Cold plates; every device of a rack is alike."""

    device_kW: Positive = 1.0
    """Liquid-cooled power of one device at full load: a rack has liquid_kW / device_kW of them."""
    device_heat_capacity_J_K: Positive = 400.0
    """With its share of fluid."""
    throttle_degC: Celsius = 85.0
    """Case temperature at which devices begin to draw less."""
    throttle_band_K: Positive = 5.0
    """Over this much more they come down, in proportion, to the power below."""
    throttle_floor: Fraction = 0.13
    """Part of its power that a throttled device still draws: 94 of 700 W, the least measured of an H100 under load."""
    flow_l_min: Positive = 1.5
    """Of a device, at the pressure below."""
    differential_pressure_kPa: Positive = 200.0
    flow_exponent: Annotated[float, Meta(ge=1, le=2)] = 1.85
    """Pressure drop goes with flow to this power."""
    cold_plate_l_min: tuple[Positive, ...] = (0.4, 1.0, 2.0, 2.4)
    cold_plate_K_W: tuple[Positive, ...] = (0.0389, 0.0245, 0.0204, 0.0197)
    """Case to coolant inlet, over the flow above (1 kW device, PG25)."""


class FacilityParameters(Struct, frozen=True):
    supply_temperature_degC: Celsius = 32.0


class RoomParameters(Struct, frozen=True):
    temperature_degC: Celsius = 25.0
    """Without heat from the racks."""
    K_per_kW: NotNegative = 0.02
    """Rise with heat to air."""
    time_constant_s: Positive = 300.0
    dew_point_degC: Celsius = 12.0


class ElectricalParameters(Struct, frozen=True):
    frequency_Hz: Positive = 50.0
    shelf_kW: Positive = 33.0
    """Most that one power shelf delivers."""
    shelf_efficiency: PositiveFraction = 0.982
    power_factor: PositiveFraction = 0.997
    """With the efficiency: 33 kW draw 46.9 A at 415 V."""
    contactor_ms: Positive = 20.0
    """Coil pulse that moves a bistable contactor."""
    branch_A: Positive = 63.0
    """Rating of a branch's breaker; those of PDU mains and feed mains are main_A of [[pdu]] and [[feed]]."""
    breaker_time_constant_s: Positive = 125.0
    """Of the bimetals; 100 to 150 s meet IEC 60898-1 (sim/plant/breaker.py)."""
    branch_band: Band = "C"
    """Magnetic band of the branches' breakers: B, C or D."""
    main_band: Band = "D"
    inrush_ratio: Positive = 1.5
    """Current of a shelf that is switched on, over that at its rating. A 3 kW front end draws at most 40 A peak when switched on
    and 19 A RMS at full load (Emerson HPS3000 data sheet): 40 / (√2 19)."""
    inrush_ms: NotNegative = 20.0
    """For so long (a cycle); then the shelf takes its share of the load."""


class PlantParameters(Struct, frozen=True):
    """Defaults are the default pod's."""

    coolant: CoolantParameters = CoolantParameters()
    air: AirParameters = AirParameters()
    pipes: PipeParameters = PipeParameters()
    pumps: PumpParameters = PumpParameters()
    exchanger: ExchangerParameters = ExchangerParameters()
    racks: RackParameters = RackParameters()
    facility: FacilityParameters = FacilityParameters()
    room: RoomParameters = RoomParameters()
    electrical: ElectricalParameters = ElectricalParameters()
