"""What stands behind the pins of a PDU's controller: a fast converter, eight metering chips, coil drivers, feedback contacts,
leak ropes, wired inputs, isolation valves.

Input vector: for each branch the fast current (mA) and of three phases voltage (mV), current (mA), active (mW) and reactive
power (mvar); then frequency (mHz), the byte of closed contacts, the chips that are absent (see absence.py), the ohms of both leak
ropes (see leak_rope.py), and the levels of the wired inputs: bit 0 ground fault, bit 1 power fail. Output vector: set coils,
reset coils, branch 1 in bit 0; valves, rack 1 in bit 0.
"""

import _pins
import _world
import absence
import board
import equipment
from ads131m08 import Ads131m08
from atm90e32 import MEASUREMENTS, Atm90e32
from atm90e32_analog import load
from hc138 import Hc138
from hc165 import Hc165
from hc595 import Hc595Chain
from leak_rope import rope
from mb85rs import Mb85rs
from micropython import const

_BRANCHES = const(8)
_STRIDE = 1 + MEASUREMENTS
_FREQUENCY = _world.HEAD + _BRANCHES * _STRIDE
_FEEDBACK = _FREQUENCY + 1
_FRONT_ENDS = (
    "front_ends.json"  # in the board's flash: errors of a branch's front end (atm90e32_analog.py) by its number
)
_ROPES = _FEEDBACK + 2
_WIRED = _ROPES + 2
_VALVES = _world.HEAD + 2
_NV_PER_MA = round(equipment.FAST_V_PER_A * 1_000_000)


def _fill(nanovolts):
    grant = _world.grant
    place = _world.HEAD
    for branch in range(_BRANCHES):
        nanovolts[branch] = min(grant[place] * _NV_PER_MA, 2_000_000_000)
        place += _STRIDE


def _contacts():
    return _world.grant[_FEEDBACK]


def _coils(set_coils, reset_coils):
    _world.reply[_world.HEAD] = set_coils
    _world.reply[_world.HEAD + 1] = reset_coils
    _world.edge = True


def _ohms(index):
    return lambda: _world.grant[_ROPES + index]


def _level(bit):
    return lambda: _world.grant[_WIRED] >> bit & 1


def _valve(bit):
    def drive(level):
        driven = max(0, _world.reply[_VALVES]) & ~(1 << bit) | (1 << bit if level else 0)
        _world.edge = _world.edge or driven != _world.reply[_VALVES]
        _world.reply[_VALVES] = driven

    return drive


def wire():
    pins = board.PDU
    bus = _pins.buses[pins["spi_fast"]["id"]] = _pins.Bus()
    converter = Ads131m08(bus, _fill)
    _world.on_grant.append(converter.granted)
    _pins.hooks[pins["analog_select"]] = converter.select
    feedback = Hc165(_contacts)
    bus.chain = feedback
    _pins.hooks[pins["feedback_load"]] = feedback.load
    _pins.hooks[pins["relay_latch"]] = Hc595Chain(bus, _coils).latch
    meters = _pins.buses[pins["spi_meter"]["id"]] = _pins.Bus()
    chips = []
    front_ends = load(_FRONT_ENDS)
    for branch in range(_BRANCHES):
        errors = front_ends.get(str(branch + 1))
        chip = Atm90e32(meters, _world.grant, _world.HEAD + branch * _STRIDE + 1, _FREQUENCY, errors)
        chip.granted()
        _world.on_grant.append(chip.granted)
        chips.append(chip)
    removable = {8 + branch: chips[branch] for branch in range(_BRANCHES)}
    removable[0] = converter
    decoder = Hc138(chips)
    for bit, pin in enumerate(pins["meter_select"]):
        _pins.hooks[pin] = decoder.address_line(bit)
    _pins.hooks[pins["meter_enable"]] = decoder.enable
    for index, pin in enumerate(pins["leak_adc"]):
        _pins.adc_inputs[pin] = rope(_ohms(index), round(equipment.LEAK_PULL_UP_ohm), round(equipment.LEAK_END_ohm))
    for index, pin in enumerate(pins["rack_isolation"]):
        _pins.hooks[pin] = _valve(index)
    for bit, name in enumerate(("ground_fault", "power_fail")):
        _pins.readers[pins[name]] = _level(bit)
    if board.CAPABILITIES["fram"]:
        fram = removable[absence.FRAM] = Mb85rs(meters, "fram.bin")
        _pins.hooks[pins["fram_select"]] = fram.select
    absence.watch(_FEEDBACK + 1, removable)
