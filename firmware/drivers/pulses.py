"""Frequency of a pulse train, timed in hardware: the processor may be away for 25 ms."""

SILENT_ms = 2000  # without a pulse for this long, nothing moves


def open_pulses(pin, capabilities):
    """An object whose hertz() is the frequency now: 0 when nothing came for 2 s, None while nothing is known yet."""
    if capabilities["hard_tick"] == "pio":
        from drivers.pulses_pio import Pulses
    else:
        from drivers.pulses_counter import Pulses
    return Pulses(pin)


def fading(hertz, silent_ms):
    """What is left of a frequency when no pulse came for so long: the next one can only be later."""
    if silent_ms >= SILENT_ms:
        return 0.0
    return hertz if hertz is None or not silent_ms else min(hertz, 1000 / silent_ms)
