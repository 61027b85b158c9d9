"""4-20 mA inputs with the limits of NAMUR NE43: 3.8-20.5 mA is a value, below 3.6 or above 21 mA is a fault."""

FAULT_LOW_uA = 3600
FAULT_HIGH_uA = 21000


def value(current_uA, at_4mA, at_20mA):
    """Engineering value of a loop current, or None for a fault (open wire, short, transmitter's own alarm)."""
    if not FAULT_LOW_uA <= current_uA <= FAULT_HIGH_uA:
        return None
    return at_4mA + (current_uA - 4000) * (at_20mA - at_4mA) / 16000
