"""What the firmware costs on an emulated Pico: heap, hard tick, regulation, Modbus, collector. By the emulator's clock.

Costs exclude what the same measurement says of an empty function. The emulator
models instructions and the SPI's duration, not the flash cache of the chip: a real board is somewhat slower on code that
it does not run often.
"""

from __future__ import annotations

import ast
from typing import Any

from .console import Console

# Before anything else, and by itself: the text of a measurement and what it is compiled to lie on the heap, too.
_FREE = "import gc; gc.collect(); print('free',(gc.mem_free(),0))"
_TIMING = """
from time import ticks_us,ticks_diff
p._tick.active(0)
c.loop.feed(); c.loop.watchdog.feed()
def nothing(a): pass
def cost(f,n,*a):
    worst=total=0
    for _ in range(n):
        b=ticks_us(); f(*a); d=ticks_diff(ticks_us(),b)-empty
        total+=d; worst=max(worst,d)
    return total/n,worst
empty=0
empty=int(cost(nothing,20,None)[0])
"""
_COSTS = """
c.loop.collect()
print('tick',cost(p.tick,200,None))
c._regulate(100)
print('regulate',cost(c._regulate,4,100))
c._supervise(100)
print('supervise',cost(c._supervise,20,100))
if hasattr(p,'swing'): p._state[50]=512  # ten seconds of samples, which take minutes here: the sweep begins at once
found=[]
for _ in range(TURNS//36):
    c.loop.collect(); found.append(cost(c._housekeep,36,10))
print('housekeep',(sum(f[0] for f in found)/len(found),max(f[1] for f in found)))
gc.collect()
print('collect',cost(gc.collect,2))
print('second',cost(c._each_second,1,1000))
"""
_MODBUS = """
q=bytearray(5); o=bytearray(260)
def read(a,n):
    q[0]=4;q[1]=a>>8;q[2]=a&255;q[3]=0;q[4]=n
    return c.server.handle(q,0,5,o,0)
a,n=max(((a,min(125,b-a)) for a,b,_ in c.inputs.spans),key=lambda s:s[1])
assert read(a,n)==2+2*n
print('modbus',cost(read,5,a,n))
ok=0  # made before the lock: a new global allocates
micropython.heap_lock()
try: read(a,n); ok=1
except MemoryError: pass
micropython.heap_unlock()
print('modbus_registers',(n,0)); print('modbus_allocates',(1-ok,0))
"""
_LOCKED = """
p.tick_count=0x3FFFFFFE
def locked(n):
    micropython.heap_lock()
    try:
        for _ in range(n): p.tick(None)
        return 0
    except MemoryError: return 1
    finally: micropython.heap_unlock()
print('tick_allocates',(locked(210),0))
"""


def costs(console: Console, turns: int = 36) -> dict[str, Any]:
    """Mean and worst of each, in microseconds, of a controller that was stopped (EmulatedController.stop). Ends its hard tick.
    `turns` of housekeeping, in multiples of 36; a PDU's sweep for swings takes some 550."""
    printed = console.run(_FREE)
    console.run(_TIMING + f"TURNS={turns}\n")
    printed += "".join(console.run(code) for code in (_COSTS, _MODBUS, _LOCKED))
    rows = (line.partition(" ") for line in printed.splitlines() if line)
    return {name: ast.literal_eval(value) for name, _, value in rows}


def lateness_us(moments: list[float], period_us: float = 1000.0) -> float:
    """How far the latest of periodic events is behind the earliest, each against its own period."""
    first = moments[0]
    phases = [((moment - first + period_us / 2) % period_us) - period_us / 2 for moment in moments]
    return max(phases) - min(phases)
