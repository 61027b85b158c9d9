"""What wears: how loaded the filter is, what is left of the pumps' head and efficiency. Pure; once a second.

Percent, kPa, l/min, kW. None where it is not known.
"""

from core.starting import at_start

_PART = 1 / 300  # of a new value in the mean: 5 min of seconds
_LEAST_l_min = 50.0  # below that differences of pressure are noise
_EQUAL_percent = 2.0  # speeds that differ by less are equal


def at_rated(filter_kPa, flow_l_min, rated_l_min):
    """Filter pressure drop as it would be at rated flow (Δp ∝ Q²)."""
    if filter_kPa is None or flow_l_min is None or flow_l_min < _LEAST_l_min:
        return None
    return filter_kPa * (rated_l_min / flow_l_min) ** 2


def loading(at_rated_kPa, clean_kPa, limit_kPa):
    if at_rated_kPa is None or limit_kPa <= clean_kPa:
        return None
    return max(0.0, 100 * (at_rated_kPa - clean_kPa) / (limit_kPa - clean_kPa))


def working_point(commands, speeds, no_effect, flow_l_min):
    """(bits of the pumps that work, speed of each, flow of each) where they run alone or alike; else None."""
    running = 0
    for pump in range(2):
        if commands[pump] > 0:
            running |= 1 << pump
    if flow_l_min is None or flow_l_min < _LEAST_l_min or no_effect or not running:
        return None
    first, second = speeds
    if running != 3:
        speed, flow = second if running == 2 else first, flow_l_min
        return None if speed is None or speed <= 0 else (running, speed, flow)
    if first is None or second is None or first <= 0 or abs(first - second) > _EQUAL_percent:
        return None
    return running, (first + second) / 2, flow_l_min / 2


class Mean:
    """Slow mean of what is known of each pump; it begins with its first value."""

    @at_start
    def __init__(self):
        self.value = [None, None]

    def add(self, pump, new):
        old = self.value[pump]
        self.value[pump] = new if old is None else old + (new - old) * _PART


class Wear:
    @at_start
    def __init__(self, curve):
        self._curve = curve
        self.head = Mean()
        self.efficiency = Mean()

    def step(self, point, head_kPa, powers_kW):
        """`point` of working_point, the head that the pumps make, electric power of each."""
        if point is None or head_kPa is None:
            return
        running, speed, flow = point
        due = self._curve.head(flow, speed)
        for pump in range(2):
            if running >> pump & 1 and due > 0:
                self.head.add(pump, 100 * head_kPa / due)
                power = powers_kW[pump]
                if power:
                    self.efficiency.add(pump, 100 * head_kPa * flow / 60_000 / power)  # kPa m³/s = kW
