"""The hard tick: 1 kHz, integers only, nothing allocated, no flash, no Modbus. Protection lives here.

`capability` says what the board has. "timer": machine.Timer with hard=True. A board with no hard tick must not protect.
"""

from machine import Timer

HZ = 1000


def start(capability, callback):
    """Call `callback(timer)` 1000 times a second; returns what must be kept alive."""
    if capability == "timer":
        timer = Timer(-1)
        timer.init(mode=Timer.PERIODIC, freq=HZ, callback=callback, hard=True)
        return timer
    raise ValueError("hard tick %r: this firmware knows 'timer'" % (capability,))
