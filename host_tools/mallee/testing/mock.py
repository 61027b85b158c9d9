"""A device in memory: it answers requests from a dictionary, as a controller would.

Reads are all or nothing, writes are held to their limits, and what the map does not have is refused: a program that a mock
accepts asks for nothing that the device would not give. It has no physics: values are what the test sets.
"""

from __future__ import annotations

import struct
from math import nan
from typing import Any

from ..device.codec import decode, encode, quality_register
from ..device.dictionary import SENTINEL, Dictionary, Point, hash_of
from ..device.dictionary import encode as encode_dictionary
from ..device.files import DICTIONARY_FILE
from ..device.identity import MAGIC
from ..device.raw import FLOATS, bytes_of
from ..device.writing import find_point
from ..link import pdus
from ..reading import Quality, Scalar
from ..suggest import did_you_mean
from .asked import Exception_, numbers, written

_PROFILES = {"pump": 1, "pdu": 2}  # as the identity block has them
_QUALITIES = (Quality.GOOD, Quality.NOT_FITTED, Quality.FAULT, Quality.NOT_YET)
_READS = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
_WRITES = {5: "coil", 6: "holding", 15: "coil", 16: "holding"}
_UNKNOWN = (Quality.NOT_AVAILABLE, Quality.NOT_FITTED, Quality.FAULT)  # what says so best comes first
_LEASE = ("holder", "epoch")


class MockDevice:
    """One device. Measurements are not available until they are set, settings are at their defaults, no alarm is active.

    Of a device of another make nothing is known until it is set or written. Where its map has no code that says so, requests for
    such a point are refused, so that no test takes a 0 or "off" for a value that somebody set. The probe point alone is there.
    """

    def __init__(self, dictionary: Dictionary, *, name: str = "mock", unit: int = 1) -> None:
        self.dictionary = dictionary
        self.name = name
        self.unit = unit
        self.writes: list[dict[str, Scalar]] = []
        """What was written, by the names of points, a dictionary a request; refused ones are not among them."""
        self.requests: list[bytes] = []
        """PDUs of everything that it was asked, answered or not."""
        self.silent = False
        """It does not answer."""
        self.frozen = False
        """Its loop stands still: values are answered, but they are old, and `sequence` does not move."""
        self._refused: dict[str, int] = {}
        self._words: dict[tuple[str, int], int] = {}
        self._unset: dict[tuple[str, int], Point] = {}
        """Registers whose value nobody knows, where the device has no way to say so."""
        for point in dictionary.points:
            self._put(point, self._initial(point))
        for alarm in dictionary.alarms:
            self._words["discrete", alarm.code] = 0
            self._words["discrete", alarm.code + dictionary.validity_offset] = 1
        if dictionary.foreign is None:
            self._identify()
        elif dictionary.foreign.expect is not None:
            self.set(**{dictionary.foreign.probe: dictionary.foreign.expect.replace("*", "").replace("?", "x")})

    def set(self, **values: Scalar) -> None:
        """Values by name, in the units of their points; None: not known. A name with a dot: `set(**{"branch.1.power": 5.0})`.
        Raises MalleeError for a name that there is not, ValueError for a value that the point cannot have."""
        for name, value in values.items():
            point = find_point(self.dictionary, name)
            words = self._unknown(point) if value is None else self._words_of(point, value)
            if words is None and self.dictionary.foreign is None:
                raise ValueError(f"{name} is on or off: {self.name} has no way to say that it is not known")
            self._put(point, words)
            if quality_register(point) is not None:
                self._qualify(point, Quality.GOOD)

    def value(self, name: str) -> Scalar:
        """What stands there now."""
        point = find_point(self.dictionary, name)
        if (point.table, point.address) in self._unset:
            return None
        words = [self._words[point.table, address] for address in range(point.address, point.end)]
        return bool(words[0]) if point.kind == "bit" else decode(point, words)

    def fault(self, name: str, quality: Quality = Quality.FAULT) -> None:
        """The point has no value, and this quality (fault, not_fitted, not_yet, not_available). Raises ValueError where the
        device has no way to say so."""
        point = find_point(self.dictionary, name)
        if point.codes is not None and not (point.kind in FLOATS and quality is Quality.NOT_AVAILABLE):
            code = next((code.raw for code in point.codes if code.quality == quality), None)
            if code is None:
                raise ValueError(f"the map of {self.name} has no code by which {name} says {quality.value}")
            self._put(point, _registers(point, code))
            return
        self._put(point, self._unknown(point))
        if quality is not Quality.NOT_AVAILABLE:
            if quality_register(point) is None or quality not in _QUALITIES:
                raise ValueError(f"{name} has no quality of its own: it can only be not available")
            self._qualify(point, quality)

    def alarm(self, name: str, active: bool | None = True) -> None:
        """None: the controller cannot tell. `alarm_count` follows. Raises ValueError for an alarm that there is not."""
        found = next((alarm for alarm in self.dictionary.alarms if alarm.name == name), None)
        if found is None:
            known = [alarm.name for alarm in self.dictionary.alarms]
            raise ValueError(f"a {self.dictionary.profile} has no alarm {name!r}: {did_you_mean(name, known)}")
        self._words["discrete", found.code] = int(bool(active))
        self._words["discrete", found.code + self.dictionary.validity_offset] = int(active is not None)
        self.set(alarm_count=sum(self._words["discrete", alarm.code] for alarm in self.dictionary.alarms))

    def refuse(self, name: str, exception_code: int | None = 2) -> None:
        """Requests that touch this point get this exception: 2 no such register, 3 value, 4 interlock, 6 busy. None: no more."""
        find_point(self.dictionary, name)
        self._refused.pop(name, None)
        if exception_code is not None:
            self._refused[name] = exception_code

    def answer(self, pdu: bytes) -> bytes:
        """The PDU that answers this one, whatever it is."""
        function = pdu[0] if pdu else 0
        try:
            if not pdu:
                raise Exception_(3)
            if self.dictionary.foreign is not None and function not in self.dictionary.foreign.functions:
                raise Exception_(1)
            return bytes((function,)) + self._answer(function, pdu[1:])
        except Exception_ as error:
            return bytes((function | 0x80, error.args[0]))

    def _answer(self, function: int, data: bytes) -> bytes:
        if function in _READS:
            return self._read(_READS[function], *numbers("HH", data))
        if function in _WRITES:
            return self._write(function, data)
        if function == 8:
            numbers(f"{max(1, (len(data) + 1) // 2)}H", data)
            return data
        if function == 20 and self.dictionary.foreign is None:
            return self._file(data)
        raise Exception_(1)

    def _read(self, table: str, address: int, count: int) -> bytes:
        bits = table in ("coil", "discrete")
        if not 1 <= count <= (pdus.READ_BITS_MAX if bits else self.dictionary.registers_per_request):
            raise Exception_(3)
        words = self._span(table, address, count)
        unset = self._unset_in(table, address, count)
        if unset:  # together with others: the host asks again for each apart; alone: it may ask again later
            raise Exception_(4 if unset[0].address == address and unset[0].registers == count else 2)
        if table == "input" and not self.frozen:
            self._tick(address, count)
        if bits:
            packed = sum(bit << index for index, bit in enumerate(words)).to_bytes((count + 7) // 8, "little")
            return bytes((len(packed),)) + packed
        return bytes((2 * count,)) + b"".join(word.to_bytes(2, "big") for word in words)

    def _span(self, table: str, address: int, count: int) -> list[int]:
        """Raises Exception_ for a register that there is not, or that is refused now."""
        registers = range(address, address + count)
        for name, code in self._refused.items():
            point = self.dictionary.by_name[name]
            if point.table == table and point.address < address + count and address < point.end:
                raise Exception_(code)
        if any((table, register) not in self._words for register in registers):
            raise Exception_(2)
        return [self._words[table, register] for register in registers]

    def _write(self, function: int, data: bytes) -> bytes:
        table = _WRITES[function]
        address, words = written(function, data)
        self._span(table, address, len(words))
        values: dict[str, Scalar] = {}
        for point in self.dictionary.points:
            if point.table != table or point.end <= address or address + len(words) <= point.address:
                continue
            if point.address < address or address + len(words) < point.end or not point.writable:
                raise Exception_(3)  # half a value changes nothing
            values[point.name] = _taken(point, words[point.address - address :][: point.registers])
        for index, word in enumerate(words):
            self._words[table, address + index] = word
            self._unset.pop((table, address + index), None)
        self.writes.append(values)
        self._lease(values)
        return data[:4]

    def _lease(self, values: dict[str, Scalar]) -> None:
        """Whoever writes the remote block has the lease: who may take it from whom is not a mock's to judge."""
        if "remote_holder" in values:
            held = bool(values["remote_holder"])
            seen = {f"lease_{part}": values[f"remote_{part}"] for part in _LEASE}
            state = {"lease_state": "active" if held else "none", "lease_remaining": values["remote_seconds"]}
            self.set(**seen, **state, state="leased" if held else "local")

    def _file(self, data: bytes) -> bytes:
        _, _, file, record, count = numbers("BBHHH", data)
        content = encode_dictionary(self.dictionary)
        whole = len(content).to_bytes(4, "big") + content
        part = whole[(file - DICTIONARY_FILE) * 20_000 :][:20_000][record * 2 : (record + count) * 2]
        if file < DICTIONARY_FILE or not part:
            raise Exception_(2)
        part = part.ljust(count * 2, b"\0")
        return struct.pack(">BBB", len(part) + 2, len(part) + 1, 6) + part

    def _identify(self) -> None:
        major, minor = self.dictionary.version
        values: dict[str, Any] = {
            "magic": MAGIC, "map_major": major, "map_minor": minor, "dictionary_hash": hash_of(self.dictionary),
            "profile": _PROFILES.get(self.dictionary.profile), "firmware_major": 0, "firmware_minor": 1, "firmware_patch": 0,
            "unit_address": self.unit, "serial_number": "MOCK", "name": self.name, "state": "local", "alarm_count": 0,
            "sequence": 0, "lease_state": "none", "lease_holder": 0, "lease_epoch": 0, "lease_remaining": 0,
        }  # fmt: skip
        self.set(**{name: value for name, value in values.items() if name in self.dictionary.by_name})

    def _tick(self, address: int, count: int) -> None:
        point = self.dictionary.by_name.get("sequence")
        if point is not None and address <= point.address < address + count:
            self._words[point.table, point.address] = (self._words[point.table, point.address] + 1) % 0xFFFF

    def _initial(self, point: Point) -> list[int] | None:
        foreign = self.dictionary.foreign
        if point.default is not None:
            return encode(point, point.default)
        words = self._unknown(point)
        return [0] * point.registers if words is None and (foreign is None or foreign.probe == point.name) else words

    def _words_of(self, point: Point, value: Scalar) -> list[int]:
        return [int(bool(value))] if point.kind == "bit" else encode(point, value)

    def _unknown(self, point: Point) -> list[int] | None:
        """The registers that say so; None where there are none that do."""
        if point.kind in ("text", "quality") or (point.kind == "hex" and point.codes is None):
            return [0] * point.registers
        if point.kind == "bit":
            return None
        if point.kind in FLOATS:
            return _registers(point, nan)
        if point.codes is None:
            return _registers(point, SENTINEL[point.kind])
        raws = {code.quality: code.raw for code in reversed(point.codes)}
        raw = next((raws[quality] for quality in _UNKNOWN if quality in raws), None)
        return None if raw is None else _registers(point, raw)

    def unset_in(self, pdu: bytes) -> tuple[str, ...]:
        """Points of which a read asks, and of which nobody knows the value."""
        if len(pdu) != 5 or pdu[0] not in _READS:
            return ()
        return tuple(point.name for point in self._unset_in(_READS[pdu[0]], *numbers("HH", pdu[1:])))

    def _unset_in(self, table: str, address: int, count: int) -> list[Point]:
        found = (self._unset.get((table, register)) for register in range(address, address + count))
        return list({point.name: point for point in found if point is not None}.values()) if self._unset else []

    def _put(self, point: Point, words: list[int] | None) -> None:
        """None: nobody knows."""
        for index in range(point.registers):
            register = (point.table, point.address + index)
            self._words[register] = 0 if words is None else words[index]
            if words is None:
                self._unset[register] = point
            else:
                self._unset.pop(register, None)

    def _qualify(self, point: Point, quality: Quality) -> None:
        register, slot = quality_register(point), point.quality_slot
        assert register is not None and slot is not None
        shift = 2 * (slot % 8)
        old = self._words["input", register]
        self._words["input", register] = old & ~(3 << shift) | _QUALITIES.index(quality) << shift


def _registers(point: Point, raw: float) -> list[int]:
    data = bytes_of(point, raw)
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def _taken(point: Point, words: list[int]) -> Scalar:
    """The value that was written. Raises Exception_ outside the limits."""
    if point.kind == "bit":
        return bool(words[0])
    value = decode(point, words)
    number = (
        value if isinstance(value, int | float) else words[0] if point.kind == "enum" and value is not None else None
    )
    if value is None and point.default is not None:
        raise Exception_(3)
    if number is not None and (
        (point.low is not None and number < point.low) or (point.high is not None and number > point.high)
    ):
        raise Exception_(3)
    return value
