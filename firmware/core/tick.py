"""The hard tick: 1 kHz, integers only, nothing allocated, no flash, no Modbus. Protection lives here.

`capability` says what the board has. "timer": machine.Timer with hard=True. "pio": a PIO state machine of the RP2040, whose
interrupt also comes during a collection. None: no hard tick; such a board must not protect, and says so.
"""

from core.starting import at_start

HZ = 1000
# Counters of the tick wrap here. One more must still be a small integer, which ends at 2^30 - 1 on a board: beyond it, it would
# be allocated, which a hard interrupt cannot. At 1 kHz a wrap at 2^30 would have come after 12 days and ended the tick.
WRAP = 0x1FFFFFFF


@at_start
def start(capability, callback):
    """Call `callback(source)` 1000 times a second; returns what must be kept alive, or None where there is no hard tick."""
    if capability == "timer":
        from machine import Timer

        timer = Timer(-1)
        timer.init(mode=Timer.PERIODIC, freq=HZ, callback=callback, hard=True)
        return timer
    if capability == "pio":
        from core import tick_pio  # only the RP2040's port has the module that it needs

        return tick_pio.start(callback)
    if capability is None:
        print("mallee: this board has no hard tick: outputs hold, nothing is protected here; fit a board that has one")
        return None
    raise ValueError("hard tick %r: this firmware knows 'timer', 'pio' and None" % (capability,))
