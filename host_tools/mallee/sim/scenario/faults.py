"""Every fault a scenario can bring: what it means, what it strikes, what it takes. docs/scenarios.md is rendered from it."""

from __future__ import annotations

from ..networkfaults import NetworkFaults
from . import liarfaults as liar
from . import linefaults as line
from . import otherfaults as other
from . import plantfaults as plant
from .stage import Fault

FAULTS: dict[str, Fault] = {
    "pump_stop": Fault("Its drive trips: it runs down in 3 s and stays", "pump", plant.pump_stop),
    "pump_seize": Fault("It stands at once", "pump", plant.pump_seize),
    "pump_feedback_lost": Fault("Its speed feedback is open; it turns as before", "pump", plant.pump_feedback_lost),
    "pump_worn": Fault(
        "Its wear rings let coolant back from discharge to suction", "pump", plant.pump_worn, plant.PumpWorn
    ),
    "pump_drags": Fault("Its bearings or its drive take more power", "pump", plant.pump_drags, plant.PumpDrags),
    "valve_stick": Fault("The primary valve stays where it is", "skid", plant.valve_stick),
    "filter_clog": Fault("The secondary filter fills", "skid", plant.filter_clog, plant.FilterClog),
    "leak": Fault("A hole through which coolant is lost; undone, it is mended", "place", plant.leak, plant.Leak),
    "air_in_loop": Fault(
        "Air comes into the loop; its separator takes it out again", "pod", plant.air_in_loop, plant.AirInLoop
    ),
    "facility_warm": Fault("Facility water is warmer", "pod", plant.facility_warm, plant.FacilityWarm),
    "facility_gone": Fault("Facility water does not flow", "pod", plant.facility_gone, plant.FacilityGone),
    "facility_valve_closed": Fault(
        "The isolating valve of a skid's facility water is closed",
        "skid",
        plant.facility_valve_closed,
        plant.FacilityValveClosed,
    ),
    "room_humid": Fault("The dew point of the room's air rises", "pod", plant.room_humid, plant.RoomHumid),
    "sensor_open": Fault("The loop is open: 0 mA", "sensor", plant.sensor_fault("open")),
    "sensor_short": Fault("The loop is shorted: 24 mA", "sensor", plant.sensor_fault("short")),
    "sensor_stuck": Fault("It goes on with its last value", "sensor", plant.sensor_fault("stuck")),
    "sensor_offset": Fault("It lies by a constant", "sensor", plant.sensor_offset, plant.SensorOffset),
    "sensor_drift": Fault("It lies more and more", "sensor", plant.sensor_drift, plant.SensorDrift),
    "sensor_noise": Fault("It is noisy", "sensor", plant.sensor_noise, plant.SensorNoise),
    "sensors_swapped": Fault(
        "Two sensors of a skid are connected in each other's place", "sensors", plant.sensors_swapped
    ),
    "feed_lost": Fault("The feed has no voltage", "feed", plant.feed_lost),
    "branch_overload": Fault(
        "A branch carries more than its shelf", "branch", plant.branch_overload, plant.BranchOverload
    ),
    "breaker_open": Fault("A breaker opens; undone, somebody closes it", "breaker", plant.breaker_open),
    "contactor_welded": Fault("The contactor of a branch does not open", "branch", plant.contactor("welded")),
    "contactor_broken": Fault("The contactor of a branch does not close", "branch", plant.contactor("broken")),
    "phase_lost": Fault(
        "One phase of a PDU has no voltage; the others carry the load", "pdu", plant.phase_lost, plant.PhaseLost
    ),
    "transformer_reversed": Fault(
        "The current transformer of a branch's phase sits the wrong way round at its meter",
        "branch",
        plant.transformer_reversed,
        plant.OnePhase,
    ),
    "phase_loaded": Fault(
        "Something between one phase of a branch and neutral draws more",
        "branch",
        plant.phase_loaded,
        plant.PhaseLoaded,
    ),
    "ground_fault": Fault(
        "The contact of a PDU's ground-fault relay opens, or its wire is cut", "pdu", plant.ground_fault
    ),
    "rope_wet": Fault("Water on one leak rope", "rope", plant.rope_wet),
    "rope_cut": Fault("A wire of a leak rope is cut", "rope", plant.rope_cut),
    "rope_shorted": Fault("The wires of a leak rope touch", "rope", plant.rope_shorted),
    "controller_kill": Fault(
        "Its program crashes; its watchdog starts it again", "controller", other.controller_kill, undoable=False
    ),
    "controller_hang": Fault(
        "Its program hangs until its watchdog bites", "controller", other.controller_hang, undoable=False
    ),
    "controller_power_cycle": Fault("Its supply goes and comes back", "controller", other.power_cycle, undoable=False),
    "controller_reboot_loop": Fault("It crashes again and again", "controller", other.reboot_loop, other.RebootLoop),
    "controller_flash_lost": Fault(
        "Settings, counters and journal are gone, and it starts anew", "controller", other.flash_lost, undoable=False
    ),
    "controller_brown_out": Fault(
        "Its supply dips, again and again: outputs are released at once, and it starts as after power-on",
        "controller",
        other.brown_out,
        other.BrownOut,
        undoable=False,
    ),
    "controller_fram_lost": Fault(
        "Its FRAM does not answer any more, and it starts anew", "controller", other.fram_lost
    ),
    "controller_converters_lost": Fault(
        "The converters of its inputs do not answer any more, and it starts anew", "controller", other.converters_lost
    ),
    "controller_clock_slow": Fault(
        "Its crystal is slow: all its times are longer than they should be",
        "controller",
        other.clock_slow,
        other.ClockSlow,
    ),
    "controller_torn_write": Fault(
        "Its supply goes in the middle of a write, at a byte that comes from the seed",
        "controller",
        other.torn_write,
        other.TornWrite,
        undoable=False,
    ),
    "controller_repeats": Fault(
        "It answers reads with what it answered to them first: nothing moves any more", "networked", liar.repeats
    ),
    "controller_says": Fault(
        "It says that value for a point of its input registers, whatever is true", "networked", liar.says, liar.Says
    ),
    "controller_clock_jumps": Fault("It says an uptime that is more by so much", "networked", liar.jumps, liar.Jumps),
    "network_noisy": Fault(
        "Segments are late, in pieces, together; connections are reset or half open",
        "controllers",
        other.disturbed(lambda p: NetworkFaults(p.delay_ms, p.jitter_ms, p.split, p.reset, p.half_open)),
        other.Noisy,
    ),
    "network_delay": Fault(
        "Everything is late",
        "controllers",
        other.disturbed(lambda p: NetworkFaults(p.delay_ms, p.jitter_ms)),
        other.Delay,
    ),
    "network_cut": Fault("Nothing passes", "controllers", other.disturbed(lambda p: NetworkFaults(cut=True))),
    "network_full": Fault("Nobody new can connect", "controllers", other.disturbed(lambda p: NetworkFaults(full=True))),
    "network_reset": Fault("Its connections are reset, once", "networked", other.network_reset, undoable=False),
    "line_cut": Fault("Of a line, nobody hears anybody; of a controller, it alone is off", "wire", line.cut),
    "line_noisy": Fault(
        "Bits are inverted, bytes lost and inserted, 0x00 or 0xFF comes in front of a burst",
        "line",
        line.disturbed,
        line.Noisy,
    ),
    "line_late": Fault("Controllers answer late, by any time up to `late_s`", "line", line.disturbed, line.Late),
    "line_truncated": Fault("Bursts end early, at any byte", "line", line.disturbed, line.Truncated),
    "line_babble": Fault(
        "A node sends up to 40 random bytes, so often a second, whoever else is sending",
        "line",
        line.disturbed,
        line.Babble,
    ),
    "line_echo": Fault("Adapters hear what they send", "line", line.echo),
    "line_stranger": Fault(
        "Another master reads every controller in turn, whoever else is sending",
        "line",
        line.stranger_polls,
        line.StrangerPolls,
    ),
    "dies_in_frame": Fault(
        "It crashes in the middle of its next answer; its watchdog starts it again",
        "unit",
        line.dies_in_frame,
        line.DiesInFrame,
        undoable=False,
    ),
    "host_kill": Fault(
        "The host is killed; it starts again 5 s later", "pod", other.host_kill, undoable=False, needs_host=True
    ),
    "host_pause": Fault(
        "The host is frozen, then wakes", "pod", other.host_pause, other.HostPause, undoable=False, needs_host=True
    ),
    "host_clock_jump": Fault(
        "The date of the host's computer jumps",
        "pod",
        other.host_clock_jump,
        other.ClockJump,
        undoable=False,
        needs_host=True,
    ),
    "second_host": Fault(
        "Another host wants the same pod; undone, it is killed", "pod", other.second_host, other.SecondHost
    ),
    "stranger_writes": Fault(
        "A master that nobody knows writes a point", "controller", other.stranger, other.StrangerWrites
    ),
}
"""By the name that a scenario says."""
