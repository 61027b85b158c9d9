from core.pid import Pi
from pump.tuning import scheduled, simc


def test_simc_meets_the_published_example():
    """Skogestad 2003, table 1 with K = 1, lag 1, delay 1 and closed loop = delay: gain 0.5, integral time 1; a lag of 8 delays:
    gain 4, integral time 8; of 100: integral time 8, for load disturbances."""
    assert simc(1.0, 1.0, 1.0, 1.0) == (0.5, 1.0)
    assert simc(1.0, 8.0, 1.0, 1.0) == (4.0, 8.0)
    assert simc(1.0, 100.0, 1.0, 1.0) == (50.0, 8.0)


def settled(process, lag_s, delay_steps, gain, integral_s, setpoint, start):
    """Steps until a first-order plant with dead time stays within 2 %, and its largest overshoot as a part of the step."""
    pi = Pi(0.0, 100.0)
    pi.gain, pi.integral_time_s = gain, integral_s
    value, pipe = start * process, [start] * delay_steps
    pi.track(start, setpoint - value)
    before, late, over = value, 0, 0.0
    for step in range(600):
        pipe.append(pi.step(setpoint - value, 0.1))
        value += (process * pipe.pop(0) - value) * 0.1 / lag_s
        over = max(over, (value - setpoint) / (setpoint - before))
        if abs(value - setpoint) > 0.02 * abs(setpoint - before):
            late = step
    return late, over


def test_the_schedule_makes_the_loop_the_same_at_every_load():
    """The same set-point at little and at much load: the process gain differs by three, the answer does not."""
    relative, integral_s = simc(2.0, 0.3, 0.2, 0.8)
    for speed in (25.0, 50.0, 75.0):
        process = (
            200.0 / speed
        )  # linear here, through the working point: half of the square law's 2 dP/n, the slower case
        late, over = settled(process, 0.3, 2, scheduled(relative, speed, 200.0), integral_s, 200.0, speed * 0.8)
        assert late < 100 and over < 0.05, (speed, late, over)
        late, over = settled(2 * process, 0.3, 2, scheduled(relative, speed, 200.0), integral_s, 200.0, speed * 0.4)
        assert late < 60 and over < 0.1, (speed, late, over)
