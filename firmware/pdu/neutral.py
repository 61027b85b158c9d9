"""What flows in the neutral: the sum of three phase currents as phasors, each with the phase angle that its power tells."""

from math import sqrt

_HALF_ROOT_3 = 0.8660254


def neutral_A(currents_A, powers_W, voltages_V, lagging):
    """Of the phases in their order, voltages 120 degrees apart. The angle of a phase is that of P / (U I); its sign is the same
    for all, `lagging` or leading. A phase without voltage has no power, and counts as in phase. Harmonics are not in it."""
    re = im = 0.0
    for phase in range(3):
        amps, volts = currents_A[phase], voltages_V[phase]
        active = min(amps, powers_W[phase] / volts) if volts > 1 else amps
        reactive = sqrt(max(0.0, amps * amps - active * active))
        if lagging:
            reactive = -reactive
        if phase == 0:
            re, im = active, reactive
        else:  # turned by -120 degrees, then by 120
            turn = -_HALF_ROOT_3 if phase == 1 else _HALF_ROOT_3
            re += -0.5 * active - turn * reactive
            im += -0.5 * reactive + turn * active
    return sqrt(re * re + im * im)
