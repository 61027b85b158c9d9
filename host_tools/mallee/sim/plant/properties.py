"""What CoolProp says of fluids at three temperatures. It takes a second or two to load, so what it says of the fluids of the pods
that come with mallee is kept here; it is asked about all others. tests/host/sim/test_sim_plant.py compares the two."""

from __future__ import annotations

from collections.abc import Mapping

Points = tuple[float, float, float]
AT_DEGC: Points = (10.0, 37.0, 64.0)
_PRESSURE_PA = 3e5

KNOWN: Mapping[str, Mapping[str, Points]] = {  # CoolProp 8.0.0
    "Water": {
        "D": (999.7974045464211, 993.4172635560348, 981.1784784296973),
        "C": (4194.405071232948, 4178.742181999802, 4186.3814581603065),
        "V": (0.0013057201252274846, 0.00069132174632389, 0.0004392573494177547),
        "L": (0.5789072603859614, 0.624581449945995, 0.6547961304944167),
    },
    "INCOMP::MPG-25%": {
        "D": (1022.9425323076773, 1011.4681425898765, 995.8981670195133),
        "C": (3896.2640882931787, 3961.469659874409, 4024.8983389797622),
        "V": (0.0035581338621532878, 0.0014614428299052971, 0.000816370090994973),
        "L": (0.4587223174985162, 0.48317384353426884, 0.5065742000857195),
    },
}


def points(what: str, name: str) -> Points:
    """A property at AT_DEGC and 3 bar: "D" density (kg/m³), "C" heat capacity (J/kg/K), "V" dynamic viscosity (Pa s), "L" thermal
    conductivity (W/m/K). `name` as CoolProp has it. Raises ValueError for a name it does not know."""
    known = KNOWN.get(name)
    return known[what] if known is not None else coolprop_points(what, name)


def coolprop_points(what: str, name: str) -> Points:
    """The same, asked of CoolProp."""
    from CoolProp.CoolProp import PropsSI

    a, b, c = (float(PropsSI(what, "T", t + 273.15, "P", _PRESSURE_PA, name)) for t in AT_DEGC)
    return a, b, c
