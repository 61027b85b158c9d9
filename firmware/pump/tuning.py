"""PI settings from plant numbers: SIMC (Skogestad, J. Process Control 13, 2003), gain = lag / (K (closed loop + delay)),
integral time = min(lag, 4 (closed loop + delay)). docs/control.md derives the defaults. Pure; seconds.
"""

LEAST_percent = 20.0  # of speed, for the schedule


def simc(process_gain, lag_s, delay_s, closed_loop_s):
    """(gain, integral time)."""
    together = closed_loop_s + delay_s
    return lag_s / process_gain / together, min(lag_s, 4 * together)


def scheduled(relative_gain, speed_percent, setpoint):
    """By the affinity laws ΔP goes with the square of speed and flow with speed itself, whatever is open in the racks: one
    percent of the speed there is gives two percent of ΔP. So the process gain in kPa/% is 2 ΔP / speed, and the loop's gain goes
    with speed over set-point."""
    return relative_gain * max(speed_percent, LEAST_percent) / setpoint
