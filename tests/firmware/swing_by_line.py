"""What pdu.swing makes of the codes in a file, one sample of 20 ms a line: amplitude (W), frequency (Hz), ramps (kW/s)."""

import sys
from array import array

from maps.pdu_statistics import Statistics
from pdu.swing import Swing, keep

found = {}
state = array("i", [0] * 51)
swing = Swing(lambda field, value, at=0: found.__setitem__(field, value), state, 40.96)
with open(sys.argv[1]) as file:
    for line in file:
        state[48], state[49] = 20 * int(line), 20
        keep(state, swing.ring)
for _ in range(120):
    swing.step(720.0)
fields = (Statistics.swing_amplitude, Statistics.swing_frequency, Statistics.ramp_up, Statistics.ramp_down)
print(*[found[field] for field in fields])
