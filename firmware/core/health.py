"""The health block: what the controller says of itself, once a second."""

import time

from maps.common import ClockSource, Health, Memory

from core.starting import at_start
from core.tick import HZ, WRAP


class HealthReport:
    @at_start
    def __init__(self, controller):
        self._controller = controller
        self._mark_ms = self._mark_count = 0

    @at_start
    def start(self):
        self._mark_ms, self._mark_count = time.ticks_ms(), self._controller.profile.tick_count
        self.publish_fitting()

    def count_missed_ticks(self):
        """Compare the hard ticks of the last second with the clock; one tick of difference is the phase between the two. Returns
        False when the tick should run and does not."""
        profile = self._controller.profile
        now_ms, count = time.ticks_ms(), profile.tick_count
        counted = (count - self._mark_count) & WRAP
        missed = time.ticks_diff(now_ms, self._mark_ms) * HZ // 1000 - counted
        self._mark_ms, self._mark_count = now_ms, count
        if not profile.ticking:
            return True  # what must not run misses nothing
        if missed > 1:
            profile.tick_overruns += missed
        return counted > 0

    def publish(self):
        controller = self._controller
        put, loop, profile, clock = controller.inputs.put, controller.loop, controller.profile, controller.clock
        put(Health.uptime, controller.uptime_s)
        if clock.source != ClockSource.NONE:
            put(Health.clock, clock.now_s())
        put(Health.clock_source, clock.source)
        put(Health.loop_worst_execution, max(task.worst_execution_us for task in loop.tasks))
        put(Health.loop_worst_lateness, 1000 * controller.regulation.worst_lateness_ms)
        put(Health.loop_overruns, controller.regulation.overruns)
        put(Health.tick_count, profile.tick_count)
        put(Health.tick_overruns, profile.tick_overruns)
        put(Health.heap_free, loop.heap_free)
        put(Health.collector_worst_pause, loop.collector_worst_us)
        put(Health.settings_commits, controller.settings.commits)
        put(Health.chip_errors, profile.chip_errors)
        self._publish_bus(put)
        self._publish_memory(put)
        self.publish_fitting()
        put(Health.value_clamps, controller.inputs.clamps)

    def _publish_bus(self, put):
        diagnostics, transport = self._controller.server.diagnostics, self._controller.transport
        put(Health.bus_messages, diagnostics.messages)
        put(Health.bus_errors, diagnostics.errors)
        put(Health.bus_exceptions, diagnostics.exceptions)
        put(Health.bus_clients, transport.connected)
        put(Health.bus_evictions, transport.evictions)
        put(Health.bus_overruns, transport.overruns)
        put(Health.bus_unanswered, transport.unanswered)
        put(Health.bus_noise, transport.noise)
        put(Health.bus_gaps, transport.gaps)
        put(Health.bus_foreign, transport.foreign)
        put(Health.bus_broadcasts, transport.broadcasts)

    def _publish_memory(self, put):
        controller = self._controller
        memory, loop = controller.memory, controller.loop
        put(
            Health.blind_worst,
            max(controller.settings.worst_write_us, memory.worst_write_us, controller.updates.worst_write_us),
        )
        put(Memory.memory_kind, memory.kind)
        put(Memory.journal_sequence, memory.journal.sequence)
        put(Memory.journal_dropped, memory.journal.dropped)
        recorder = controller.profile.recorder
        if recorder is not None:
            put(Memory.recording_sequence, recorder.state[0])
            put(Memory.recordings_missed, recorder.state[1])
        put(Memory.counter_saves, memory.counters.saves)
        for place in range(len(loop.lateness)):
            put(Memory.loop_lateness, loop.lateness[place], 2 * place)
        put(Memory.housekeeping_worst_lateness, controller.housekeeping.worst_lateness_ms)

    def publish_fitting(self):
        profile, put = self._controller.profile, self._controller.inputs.put
        put(Health.answering_chips, profile.answering)
        put(Health.safe_reason, profile.safe_reason)
