"""What stands behind the pins of a pump skid's controller: two converters, two loops on its own ADC, three PWM outputs.

Input vector: 16 transmitter currents in the order of equipment.ANALOG and two ambient ones, uA; then the chips that are absent
(see absence.py); ohms of water on the leak rope (chips/leak_rope.py); contacts that are closed: bit 0 peer_running, bit 1
level_switch. Output vector: PWM duties of pump 1, pump 2 and valve, 0..65535; level of `running`. Behind the contacts
come the words of virtual_others.py.
"""

import _pins
import _world
import absence
import board
import equipment
from ads131m08 import Ads131m08
from leak_rope import rope
from mb85rs import Mb85rs
from micropython import const

_SHUNT_NV_PER_UA = round(equipment.SHUNT_ohm * 1000)
_AMBIENT_OHM = round(equipment.AMBIENT_SHUNT_ohm)
_FULL_SCALE_UV = const(3_300_000)
_ABSENT = _world.HEAD + len(equipment.ANALOG) + len(equipment.AMBIENT)
_ROPE = _ABSENT + 1
_CONTACTS = _ABSENT + 2


def _filler(chip):
    """A function that fills the eight channels of one converter; a channel without a transmitter reads 0 V."""
    places = [-1] * 8
    for index, (_, (number, channel), *_rest) in enumerate(equipment.ANALOG):
        if number == chip:
            places[channel] = _world.HEAD + index
    grant = _world.grant

    def fill(nanovolts):
        for channel in range(8):
            place = places[channel]
            nanovolts[channel] = grant[place] * _SHUNT_NV_PER_UA if place >= 0 else 0

    return fill


def _ambient(index):
    place = _world.HEAD + len(equipment.ANALOG) + index

    def read_u16():
        microvolts = _world.grant[place] * _AMBIENT_OHM
        return max(0, min(65535, microvolts * 65535 // _FULL_SCALE_UV))

    return read_u16


def _contact(bit):
    """An input that is pulled up, with a contact to GND."""

    def level():
        return 1 - (_world.grant[_CONTACTS] >> bit & 1)

    return level


def _running(level):
    _world.reply[_world.HEAD + 3] = level


def wire():
    pins = board.PUMP
    bus = _pins.buses[pins["spi_analog"]["id"]] = _pins.Bus()
    removable = {}
    for index, pin in enumerate(pins["analog_select"]):
        chip = removable[index] = Ads131m08(bus, _filler(index))
        _pins.hooks[pin] = chip.select
        _world.on_grant.append(chip.granted)
    memory = _pins.buses[pins["spi_memory"]["id"]] = _pins.Bus()
    if equipment.OTHERS:
        from virtual_others import wire as wire_others

        removable.update(wire_others(equipment.OTHERS, pins, memory, _CONTACTS + 1))
    for index, pin in enumerate(pins["ambient_adc"]):
        _pins.adc_inputs[pin] = _ambient(index)
    for index, pin in enumerate(pins["pump_pwm"]):
        _pins.pwm_outputs[pin] = index
    _pins.pwm_outputs[pins["valve_pwm"]] = 2
    water = rope(lambda: _world.grant[_ROPE], round(equipment.LEAK_PULL_UP_ohm), round(equipment.LEAK_END_ohm))
    _pins.adc_inputs[pins["leak_adc"]] = water
    for bit, name in enumerate(("peer_running", "level_switch")):
        _pins.readers[pins[name]] = _contact(bit)
    _pins.hooks[pins["running"]] = _running
    if board.CAPABILITIES["fram"]:
        fram = removable[absence.FRAM] = Mb85rs(memory, "fram.bin")
        _pins.hooks[pins["fram_select"]] = fram.select
    absence.watch(_ABSENT, removable)
