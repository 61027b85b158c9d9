"""Does each pump that is commanded do anything? Three witnesses, its speed, the head and the flow, against its own curve.

Affinity laws (Karassik, Pump Handbook, 2.3): at speed s, H = s² h(Q / s). With the head that a pump must be making its curve
says its flow; what is measured less than that is missing. So another skid on the same manifold disturbs nothing.
Pure: `step` takes values; None is what is not known. Percent, kPa, l/min, ms.
"""

from math import sqrt

from core.pid import ramp
from core.starting import at_start
from micropython import const

PUMPS = const(2)
BOTH = const(3)
_JUDGED_percent = 5.0  # of speed: below that a drive need not turn
_BEHIND_percent = 10.0  # slower than its drive should be by now: it does not turn as it is told
_LEAST_l_min = 20.0  # a pump that should give less than that proves nothing by its flow
# Steps of 100 ms before it counts: two witnesses, or hydraulics alone, which air and valves disturb for moments.
_SURE_ms = const(200)
_HYDRAULIC_ms = const(500)
_FEEDBACK_ms = const(1000)
_BACK_ms = const(1000)
_RETRY_ms = const(60_000)


class Curve:
    """`points`: (flow l/min, head kPa) of one pump at full speed, from no flow on. Between them flow is linear in the root of
    the head below the shut-off: nearly straight, as a parabola would be."""

    @at_start
    def __init__(self, points):
        self.shutoff = points[0][1]
        self.flows = [flow for flow, _ in points]
        self.roots = [sqrt(self.shutoff - head) for _, head in points]

    def flow(self, head_kPa, speed_percent):
        """Of one pump, l/min; its check valve lets nothing back."""
        s = speed_percent / 100
        below = self.shutoff - head_kPa / (s * s) if s > 0 else 0
        return s * _between(sqrt(below), self.roots, self.flows) if below > 0 else 0.0

    def head(self, flow_l_min, speed_percent):
        s = speed_percent / 100
        root = _between(flow_l_min / s, self.flows, self.roots)
        return s * s * (self.shutoff - root * root)


def _between(x, xs, ys):
    i = 1
    while i < len(xs) - 1 and x > xs[i]:
        i += 1
    return ys[i - 1] + (ys[i] - ys[i - 1]) * (x - xs[i - 1]) / (xs[i] - xs[i - 1])


class Effect:
    """`no_effect`, `feedback_wrong` are bits of pumps."""

    @at_start
    def __init__(self, curve, stroke_s):
        self._curve = curve
        self._per_ms = 0.1 / stroke_s  # % of speed
        self.expected = [0.0, 0.0]  # speed that the drive has reached by now, if it obeys
        self.no_effect = 0
        self.feedback_wrong = 0
        self._judged = 0  # bits: some witness has spoken
        self._stood = 0  # bits: seen standing since it has no effect
        self._doubt_ms = [0, 0]
        self._wrong_ms = [0, 0]
        self._fault_ms = [0, 0]

    def start(self, speeds):
        """Begin with speeds that are known, or were commanded."""
        self.expected[0], self.expected[1] = speeds[0], speeds[1]

    def judges(self, pump):
        return self._judged >> pump & 1

    def step(self, dt_ms, commands, speeds, head_kPa, flow_l_min):
        turning, asked = [None, None], 0
        for pump in range(PUMPS):
            expected = self.expected[pump] = ramp(self.expected[pump], commands[pump], self._per_ms * dt_ms)
            speed = speeds[pump]
            if commands[pump] > _JUDGED_percent:
                asked |= 1 << pump
                if speed is not None:
                    turning[pump] = speed > expected - _BEHIND_percent
                self._come_back(pump, dt_ms, turning[pump])
            else:
                self._doubt_ms[pump] = self._wrong_ms[pump] = 0
        working = asked & ~self.no_effect
        alone = working == 1 or working == 2
        short, suspects = self._short(working, turning, alone, speeds, head_kPa, flow_l_min)
        for pump in range(PUMPS):
            if working >> pump & 1:
                self._judge(pump, dt_ms, turning[pump], short if suspects >> pump & 1 else False)

    def _short(self, working, turning, alone, speeds, head_kPa, flow_l_min):
        """Whether the flow of those that may do nothing is missing (None: not known), and who they are. What a pump gives that
        runs down by its measured speed is not missing: then head and flow are nearer to that speed than to the one it was told.
        """
        suspects = count = 0
        for pump in range(PUMPS):
            if working >> pump & 1 and (alone or not turning[pump]):
                suspects |= 1 << pump
                count += 1
        if not suspects or head_kPa is None or flow_l_min is None:
            return None, suspects
        total = doubtful = 0.0
        slow = False
        for pump in range(PUMPS):
            if working >> pump & 1:
                gives = self._curve.flow(head_kPa, speeds[pump] if turning[pump] else self.expected[pump])
                total += gives
                if suspects >> pump & 1:
                    doubtful += gives
                    if count == 1 and turning[pump] is False:
                        doubtful -= self._curve.flow(head_kPa, speeds[pump])
                        slow = True
        if doubtful < _LEAST_l_min:
            return None, suspects
        # One of two that are both doubted must not condemn the other, and hydraulics alone are disturbed by air and valves: then
        # nearly all has to be missing.
        sure = slow or count == 1 and not alone
        return total - flow_l_min > (0.5 if sure else 0.75) * doubtful, suspects

    def _judge(self, pump, dt_ms, turns, short):
        if turns is not None or short is not None:
            self._judged |= 1 << pump
        limit_ms = _HYDRAULIC_ms if turns else _SURE_ms
        doubt = short is True if turns is not False else short is not False
        held = self._doubt_ms[pump] = self._doubt_ms[pump] + dt_ms if doubt else 0
        if held >= limit_ms:
            self.no_effect |= 1 << pump
            self._stood &= ~(1 << pump)
            self._fault_ms[pump] = self._doubt_ms[pump] = 0
        # It turns, by what it gives, and its feedback says that it does not.
        wrong = turns is False and short is False
        held = self._wrong_ms[pump] = min(self._wrong_ms[pump] + dt_ms, _FEEDBACK_ms) if wrong else 0
        if held >= _FEEDBACK_ms:
            self.feedback_wrong |= 1 << pump
        elif turns:
            self.feedback_wrong &= ~(1 << pump)

    def _come_back(self, pump, dt_ms, turns):
        """One that stood and turns again is tried at once; of one whose speed proved nothing nobody knows: each minute."""
        if not self.no_effect >> pump & 1:
            return
        if turns is False:
            self._stood |= 1 << pump
            self._fault_ms[pump] = 0
            return
        held = self._fault_ms[pump] = self._fault_ms[pump] + dt_ms
        if held >= (_BACK_ms if self._stood >> pump & 1 else _RETRY_ms):
            self.no_effect &= ~(1 << pump)


def excess(filter_kPa, clean_kPa):
    """Head that the pumps make beyond the manifold's: their curve is external, behind exchanger and clean filter; a loaded one
    adds to it. `clean_kPa` is the clean filter's at this flow. 0 where it cannot be known."""
    return 0.0 if filter_kPa is None or clean_kPa is None else max(0.0, filter_kPa - clean_kPa)
