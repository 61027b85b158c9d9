"""What the power of a distribution unit was: demand, peaks, swings."""

from maps.fields import Holding, Input, u16, u32


class Statistics(Input):
    """Of all branches together."""

    demand = u32(408, 0, "W")
    """Mean active power of the last ten whole minutes; moves each minute. Not available until ten minutes are known."""
    peak_demand = u32(410, 0, "W")
    """Largest demand since reset_peaks; it outlives the power."""
    peak_power = u32(412, 0, "W")
    """Largest active power since reset_peaks; it outlives the power."""
    swing_amplitude = u32(414, 0, "W")
    """Strongest periodic swing of the power between 0.1 and 20 Hz in the last ten seconds, peak to peak. Power is here the
    largest phase current of each branch times the voltages: of an unbalanced load it is too high."""
    swing_frequency = u16(416, -2, "Hz")
    """Its frequency; not available while there is no swing."""
    ramp_up = u16(417, -1, "kW/s")
    """Steepest rise of the power within 200 ms, in the last ten seconds."""
    ramp_down = u16(418, -1, "kW/s")
    """Steepest fall of the power within 200 ms, in the last ten seconds."""


class BranchStatistics(Input):
    """Of each branch."""

    ARRAY = "branch"
    START = 420
    COUNT = 8
    STRIDE = 3
    demand = u16(0, 1, "W")
    """Mean active power of the last ten whole minutes; not available until they are known."""
    peak_demand = u16(1, 1, "W")
    """Largest demand since reset_peaks; it outlives the power."""
    peak_power = u16(2, 1, "W")
    """Largest active power of a metering window since reset_peaks; it outlives the power."""


class StatisticsCommand(Holding):
    """Reads back as 0."""

    reset_peaks = u16(31, low=0, high=1, default=0)
    """Write 1: peak currents, peak powers and peak demands begin anew, and that outlives the power too."""
