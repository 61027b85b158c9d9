"""A whole controller with a small profile, on the modules of a virtual board (host_tools/mallee/sim/hal) and in virtual time.

The test is the world at the other end of $WORLD_FD: it grants time, and is a Modbus TCP master. Import this first: it puts
the virtual board's `machine`, `time`, `select` and `socket` in front of those of this machine.
"""

# ruff: noqa: E402
import builtins
import os
import sys

for _folder in ("chips", "hal"):
    sys.path.insert(0, __file__.rsplit("/tests/", 1)[0] + "/host_tools/mallee/sim/" + _folder)

POWER_ON, WATCHDOG = 1, 3  # machine.reset_cause() of the RP2 port
PORT = 502
RESET, BITTEN = 2, 3  # kinds of Reset, as in hal/_world.py
_GRANT_US = 1000
_OPEN, _DATA, _ROOM, _SERIAL = 1, 2, 5, 9  # of the events on the wire, see hal/socket.py and hal/_uart.py
_CONNECTION = 1
_FILES = ("settings.a", "settings.b", "counters.a", "counters.b", "retained.bin", "dictionary.bin")


class Reset(Exception):
    """The controller was reset, by RESET or BITTEN."""

    def __init__(self, kind):
        self.kind = kind


class World:
    """Grants time in small stretches, for ever; plays one client of the network."""

    def __init__(self):
        self._greeted = False
        self._sent = b""
        self.events = b""  # for the controller, with the next grant
        self.heard = b""  # from the controller

    def put(self, kind, data, connection=_CONNECTION):
        self.events += bytes((kind, 0, connection, 0, len(data) & 0xFF, len(data) >> 8, 0, 0)) + data

    def readinto(self, buffer, size=-1):
        if size >= 0:
            buffer[:size] = self._sent
            return size
        if not self._greeted:
            self._greeted = True
            buffer[0] = 1  # version of the exchange; no inputs, no outputs
            return 4 * len(buffer)
        self._sent, self.events = self.events, b""
        buffer[0], buffer[1] = len(self._sent), 0 if self._sent else _GRANT_US
        return 4 * len(buffer)

    def write(self, data, size=-1):
        if size < 0:
            if data[0] in (RESET, BITTEN):
                raise Reset(data[0])
            return
        at = 0
        while at < size:
            end = at + 8 + (data[at + 4] | data[at + 5] << 8)
            if data[at] in (_DATA, _SERIAL):
                self.heard += bytes(data[at + 8 : end])
            if data[at] == _DATA:
                self.put(_ROOM, bytes(data[at + 4 : at + 8]))  # read at once
            at = end


world = World()
os.putenv("WORLD_FD", "0")
_open = builtins.open
builtins.open = lambda number, mode: world
import _world

builtins.open = _open


class Info:
    """build_info of the controller."""

    UNIT, PORT, NAME, SERIAL, VERSION, DICTIONARY_HASH = 7, PORT, "test-1", "5E71A1", (1, 2, 3), 0x0123456789ABCDEF


class Board:
    NAME, ARCHITECTURE = "virtual", "host"
    UART = 1  # number of the one that has the line
    ETHERNET = {"spi": {"id": 0, "sck": 18, "mosi": 19, "miso": 16}, "select": 17, "reset": 20}

    def __init__(self, line=False, **capabilities):
        self.CAPABILITIES = {"hard_tick": "timer", "network": "socket", "retained": "retained.bin"}
        self.CAPABILITIES.update(capabilities)
        if line:
            self.RS485 = {"uart": Board.UART, "tx": 0, "rx": 1, "direction": 22}


sys.modules["build_info"] = Info  # without a profile: the virtual board has no chips to wire
import socket

import core.controller
import slots
from core import tick
from core.controller import Controller
from core.update import Updates
from maps.common import Refusal, SafeReason
from maps.fields import Alarm, Coil, Holding, Input, Order, alarm, coil, s16, u16

core.controller.forget = core.controller.forget_specs = slots.forget = lambda: (
    None
)  # here one process starts many controllers
Updates._sleep = lambda self: setattr(self, "active", None)  # what tests have imported stays the same


class Measured(Input):
    value = s16(112, scale=-1)


class Remote(Holding):
    remote_value = u16(104, low=0, high=1000, default=0)


class Local(Holding):
    value_setpoint = u16(205, low=0, high=1000, default=5)


class Limits(Holding):
    ARRAY, START, COUNT, STRIDE = "pair", 210, 2, 2
    low = s16(0, low=-100, high=100, default=-10)
    high = s16(1, low=-100, high=100, default=10)


class LimitsOrder(Order):
    START, COUNT, STRIDE = 210, 2, 2
    PAIRS = ((Limits.low, Limits.high),)


class Switch(Coil):
    switch = coil(0, count=2)


class SmallAlarm(Alarm):
    stop = alarm(10, latch=True)


class Pause(Exception):
    """Out of run(), as somebody at the prompt gets out of it."""


class Small:
    """Publishes its local or remote set-point as its value; alarm 10 is `too_hot`, and latches; coil 1 must not be switched."""

    NUMBER, PRODUCT, TITLE = 9, b"mallee-small", b"mallee test equipment"
    inputs, holdings, coils, alarms = (Measured,), (Remote, Local, Limits), (Switch.switch,), (SmallAlarm,)
    orders = (LimitsOrder,)
    COUNTER_BYTES = 2
    recorder = None

    def __init__(self, fram=None):
        self.fram = fram
        self.ticking = self.at_local = self.blind = self.too_hot = self.pauses = False
        self.safe_reason = SafeReason.NONE
        self.tick_count = self.tick_overruns = self.chip_errors = self.answering = self.kept = self.word = 0
        self.switches = []
        self.regulated_ms = self.supervised_ms = 0
        self.housekept_ms = []
        self.error = None  # to raise in the next step of regulation

    def bind(self, controller, board, equipment):
        self.controller = controller
        self._hard_tick = board.CAPABILITIES["hard_tick"]
        self.word = controller.retained.word

    def start(self):
        self.timer = tick.start(self._hard_tick, self.tick)
        self.ticking = self.timer is not None
        self.safe_reason = SafeReason.NONE if self.ticking else SafeReason.NO_HARD_TICK

    def tick(self, source):
        self.tick_count = self.tick_count + 1 & tick.WRAP

    def housekeep(self, dt_ms):
        if self.pauses:
            self.pauses = False
            raise Pause()
        self.housekept_ms.append(dt_ms)

    def supervise(self, dt_ms):
        self.supervised_ms += dt_ms

    def regulate(self, dt_ms):
        self.regulated_ms += dt_ms
        if self.error is not None:
            raise self.error
        controller = self.controller
        controller.alarms.set(SmallAlarm.stop, self.too_hot)
        if self.too_hot:
            self.word = 1
        field = Remote.remote_value if controller.lease.remote else Local.value_setpoint
        controller.inputs.put(Measured.value, controller.holdings.get(field))

    @property
    def tripped(self):
        return self.word != 0

    @property
    def latched_bits(self):
        return self.word

    def released(self):
        self.word = 0

    def may_switch(self, address, value):
        return Refusal.MINIMUM_OFF_TIME if address == 1 else 0

    def switched(self, address, value):
        self.switches.append((address, value))

    def may_be_blind(self):
        return not self.blind

    def may_restart(self):
        return not self.blind

    def save(self, data, at):
        data[at] = self.kept

    def restore(self, data, at):
        self.kept = data[at]


def set_cause(cause):
    """What machine.reset_cause() says."""
    _world.RESET_CAUSE = cause


def now_us():
    return _world.now


def remove(*names):
    for name in names:
        try:
            os.remove(name)
        except OSError:
            pass


class Bench:
    """A controller that has come up. `fresh`: on a board that has never run; else its files are those of the one before."""

    def __init__(self, profile=None, cause=POWER_ON, fresh=True, info=Info, **capabilities):
        if fresh:
            remove(*_FILES)
        for timer in _world._timers[:]:  # a reset ends them
            timer.deinit()
        _world.now = _world._granted_from = _world._grant_end = _world.out_length = 0
        _world.RESET_CAUSE = cause
        socket._connections.clear()
        socket._listeners.clear()
        world.events = world.heard = b""
        self._connected = False
        self.profile = profile or Small()
        self.controller = Controller(info, self.profile, Board(**capabilities), None)
        self.profile.pauses = True
        try:
            self.controller.run()
        except Pause:
            pass

    def run(self, ms):
        end = _world.now + 1000 * ms
        while _world.now < end:
            self.controller.loop.turn()

    def send(self, *pdu):
        if not self._connected:
            self._connected = True
            world.put(_OPEN, bytes((PORT & 0xFF, PORT >> 8, 0, 0)))
        world.heard = b""
        world.put(_DATA, bytes((0, 1, 0, 0, 0, 1 + len(pdu), Info.UNIT)) + bytes(pdu))

    def ask(self, *pdu):
        """The answer's PDU, over the network."""
        self.send(*pdu)
        while len(world.heard) < 9:
            self.controller.loop.turn()
        assert world.heard[:2] == b"\0\1" and 6 + world.heard[5] == len(world.heard), world.heard
        return world.heard[7:]

    def ask_by_line(self, data, ms=50):
        """What came on the serial line within that time."""
        world.heard = b""
        world.put(_SERIAL, data, Board.UART)
        self.run(ms)
        return world.heard

    def write(self, address, *words):
        """Write registers (FC16). 0, or the exception code."""
        body = bytes(byte for word in words for byte in (word >> 8, word & 0xFF))
        answer = self.ask(16, address >> 8, address & 0xFF, 0, len(words), len(body), *body)
        return answer[1] if answer[0] & 0x80 else 0

    def get(self, field, at=0):
        return self.controller.inputs.get(field, at)

    def journal(self):
        """(kind, code, value) of every record, written or still queued, oldest first."""
        journal = self.controller.memory.journal
        while journal.step():
            pass
        found = []
        record = bytearray(16)
        for sequence in range(1, journal.sequence + 1):
            journal.read(16 * (sequence % journal.records), 16, record, 0)
            found.append((record[8], record[10] << 8 | record[11], record[12] << 8 | record[13]))
        return found
