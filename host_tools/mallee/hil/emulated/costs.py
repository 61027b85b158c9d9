"""What the firmware costs on an emulated Pico: heap, hard tick, regulation, Modbus, collector. By the emulator's clock.

Costs exclude what the same measurement says of an empty function. The emulator
models instructions and the SPI's duration, not the flash cache of the chip: a real board is somewhat slower on code that
it does not run often.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from ...deploy.build import build
from ...deploy.identity import build_info
from .boards import PduBench, SkidBench
from .console import BoardError, Console
from .flash import install
from .pico import Pico

# ticks_ms and ticks_us of a board wrap together here, for the first time 12.4 days after power-on (2^30 ms).
TICKS_WRAP_us = (1 << 30) * 1000
_BEFORE_WRAP_us = 1_800_000  # boot, imports and construction take less

_START = """
import gc
gc.collect(); free=[gc.mem_free()]
import board,build_info,equipment,micropython
from core.controller import Controller
from {profile}.profile import {name} as Profile
gc.collect(); free.append(gc.mem_free())
p=Profile(); c=Controller(build_info,p,board,equipment)
gc.collect(); free.append(gc.mem_free())
print(free)
"""
_IDLE_UNTIL_WRAP = "import time\nwhile time.ticks_ms()>1000 and time.ticks_ms()<0x3FFFFFFF-200: time.sleep_ms(1)"
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
gc.collect()
print('tick',cost(p.tick,200,None))
c._regulate(100)
print('regulate',cost(c._regulate,4,100))
print('housekeep',cost(c._housekeep,36,10))
gc.collect()
print('collect',cost(gc.collect,2))
print('second',cost(c._each_second,1,1000))
gc.collect(); print('free',(gc.mem_free(),0))
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


class Rig:
    """One profile on an emulated Pico with its equipment, started and running, near the wrap of its clock. Without `wired`
    nothing is attached to the board at all."""

    def __init__(self, image: Path, profile: str, *, wired: bool = True) -> None:
        bundle = build("rp2_pico", profile)
        made = bundle.manifest
        who = build_info(
            profile=profile,
            dictionary_hash=made.dictionary_hash,
            version=made.mallee,
            unit=1,
            name=profile,
            serial="EMULATED",
        )
        files = {**bundle.contents, "build_info.py": who}
        files["main.py"] = b""  # the test starts the application itself
        self.pico = Pico(install(image, files))
        self.pico.mcu.clock.tick((TICKS_WRAP_us - _BEFORE_WRAP_us) * 1000.0)
        self.bench = (PduBench if profile == "pdu" else SkidBench)(self.pico) if wired else None
        self.pico.boot()
        self.console = Console(self.pico)
        self.console.enter()
        name = "Pdu" if profile == "pdu" else "Pump"
        self.free = ast.literal_eval(self.console.run(_START.format(profile=profile, name=name)))
        self.sampled_us: list[float] = []
        if self.bench is not None:
            adc = self.bench.adc if isinstance(self.bench, PduBench) else self.bench.adcs[0]
            adc.taken = lambda: self.sampled_us.append(self.pico.now_us)

    def start(self) -> None:
        """Run the controller's main loop, from 200 ms before the wrap."""
        self.console.run(_IDLE_UNTIL_WRAP)
        self.console.start("c.run()")

    def stop(self) -> str:
        """Interrupt the main loop; the hard tick goes on. The traceback of the interrupt, or of whatever ended it before."""
        self.pico.send(b"\x03")
        try:
            return self.console.finish()
        except BoardError as error:
            return str(error)

    def costs(self) -> dict[str, Any]:
        """Mean and worst of each, in microseconds."""
        self.console.run(_TIMING)
        printed = "".join(self.console.run(code) for code in (_COSTS, _MODBUS, _LOCKED))
        rows = (line.partition(" ") for line in printed.splitlines() if line)
        return {name: ast.literal_eval(value) for name, _, value in rows}


def lateness_us(moments: list[float], period_us: float = 1000.0) -> float:
    """How far the latest of periodic events is behind the earliest, each against its own period."""
    first = moments[0]
    phases = [((moment - first + period_us / 2) % period_us) - period_us / 2 for moment in moments]
    return max(phases) - min(phases)
