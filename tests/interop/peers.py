"""Other people's masters behind one face, so that one script can be run with each of them.

`None` instead of an answer is what a master does not have; `Refused` is the unit's exception in the master's own words.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import socket
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import serial


class Refused(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


class PyModbusTcp:
    """pyModbusTCP."""

    def __init__(self, port: int) -> None:
        client = pytest.importorskip("pyModbusTCP.client")
        self._client = client.ModbusClient("127.0.0.1", port, unit_id=1, timeout=20)

    def _told(self, answer: Any) -> Any:
        if answer is None or answer is False:
            raise Refused(self._client.last_except)
        return answer

    def inputs(self, address: int, count: int) -> list[int]:
        return self._told(self._client.read_input_registers(address, count))

    def holdings(self, address: int, count: int) -> list[int]:
        return self._told(self._client.read_holding_registers(address, count))

    def coils(self, address: int, count: int) -> list[bool]:
        return self._told(self._client.read_coils(address, count))

    def discretes(self, address: int, count: int) -> list[bool]:
        return self._told(self._client.read_discrete_inputs(address, count))

    def write(self, address: int, value: int) -> None:
        self._told(self._client.write_single_register(address, value))

    def write_many(self, address: int, values: Sequence[int]) -> None:
        self._told(self._client.write_multiple_registers(address, list(values)))

    def switch(self, address: int, value: bool) -> None:
        self._told(self._client.write_single_coil(address, value))

    def switch_many(self, address: int, values: Sequence[bool]) -> None:
        self._told(self._client.write_multiple_coils(address, list(values)))

    mask = None

    def write_read(self, address: int, values: Sequence[int], read: int, count: int) -> list[int]:
        return self._told(self._client.write_read_multiple_registers(address, list(values), read, count))

    def vendor(self) -> bytes:
        found = self._told(self._client.read_device_identification(read_code=1))
        return found.vendor_name

    def close(self) -> None:
        self._client.close()


class Umodbus:
    """uModbus; `send` takes a request and gives its answer, over TCP or a serial port."""

    mask = write_read = vendor = None

    def __init__(self, module: Any, send: Callable[[bytes], Any], close: Callable[[], None]) -> None:
        self._module = module
        self._send_message = send
        self.close = close

    @classmethod
    def tcp(cls, port: int) -> Umodbus:
        tcp = pytest.importorskip("umodbus.client.tcp")
        connection = socket.create_connection(("127.0.0.1", port), 20)
        return cls(tcp, lambda adu: tcp.send_message(adu, connection), connection.close)

    @classmethod
    def rtu(cls, port: str, baud: int) -> Umodbus:
        rtu = pytest.importorskip("umodbus.client.serial.rtu")
        line = serial.Serial(port, baud, timeout=20)
        return cls(rtu, lambda adu: rtu.send_message(adu, line), line.close)

    def _ask(self, name: str, *values: Any) -> Any:
        from umodbus.exceptions import ModbusError

        try:
            return self._send_message(getattr(self._module, name)(1, *values))
        except ModbusError as error:
            told: Any = error  # its classes have the code, their base has not
            raise Refused(told.error_code) from error

    def inputs(self, address: int, count: int) -> list[int]:
        return self._ask("read_input_registers", address, count)

    def holdings(self, address: int, count: int) -> list[int]:
        return self._ask("read_holding_registers", address, count)

    def coils(self, address: int, count: int) -> list[bool]:
        return [bool(bit) for bit in self._ask("read_coils", address, count)]

    def discretes(self, address: int, count: int) -> list[bool]:
        return [bool(bit) for bit in self._ask("read_discrete_inputs", address, count)]

    def write(self, address: int, value: int) -> None:
        self._ask("write_single_register", address, value)

    def write_many(self, address: int, values: Sequence[int]) -> None:
        self._ask("write_multiple_registers", address, list(values))

    def switch(self, address: int, value: bool) -> None:
        self._ask("write_single_coil", address, int(value))

    def switch_many(self, address: int, values: Sequence[bool]) -> None:
        self._ask("write_multiple_coils", address, [int(value) for value in values])


class Port(serial.Serial):
    """minimalmodbus reads as many bytes as a good answer has: of a refusal, which is shorter, it waits for its timeout."""

    def read(self, size: int = 1) -> bytes:
        head = super().read(min(size, 5))
        return head if size <= 5 or head[1] & 0x80 else head + super().read(size - 5)


class MinimalModbus:
    """minimalmodbus, which speaks RTU alone and knows exceptions by their words."""

    mask = write_read = vendor = None
    _WORDS = ("illegal function", "illegal data address", "illegal data value")  # exceptions 1 to 3

    def __init__(self, port: str, baud: int) -> None:
        self._module = pytest.importorskip("minimalmodbus")
        self._instrument = self._module.Instrument(Port(port, baud, timeout=20), 1)
        self._instrument.serial.timeout = 20

    def _ask(self, name: str, *values: Any, **options: Any) -> Any:
        try:
            return getattr(self._instrument, name)(*values, **options)
        except (self._module.IllegalRequestError, self._module.SlaveReportedException) as error:
            raise Refused(next(n for n, words in enumerate(self._WORDS, 1) if words in str(error))) from error

    def inputs(self, address: int, count: int) -> list[int]:
        return self._ask("read_registers", address, count, functioncode=4)

    def holdings(self, address: int, count: int) -> list[int]:
        return self._ask("read_registers", address, count)

    def coils(self, address: int, count: int) -> list[bool]:
        return [bool(bit) for bit in self._ask("read_bits", address, count, functioncode=1)]

    def discretes(self, address: int, count: int) -> list[bool]:
        return [bool(bit) for bit in self._ask("read_bits", address, count, functioncode=2)]

    def write(self, address: int, value: int) -> None:
        self._ask("write_register", address, value, functioncode=6)

    def write_many(self, address: int, values: Sequence[int]) -> None:
        self._ask("write_registers", address, list(values))

    def switch(self, address: int, value: bool) -> None:
        self._ask("write_bit", address, int(value))

    def switch_many(self, address: int, values: Sequence[bool]) -> None:
        self._ask("write_bits", address, [int(value) for value in values])

    def close(self) -> None:
        self._instrument.serial.close()


class LibModbus:
    """libmodbus, the one in C. It has no device identification; FC17 it has."""

    _EXCEPTIONS = 112345678  # MODBUS_ENOBASE of modbus.h
    vendor = None

    def __init__(self, make: Callable[[ctypes.CDLL], int | None]) -> None:
        name = ctypes.util.find_library("modbus")
        if name is None:
            pytest.skip("libmodbus is not installed (Debian package libmodbus5)")
        self._library = ctypes.CDLL(name, use_errno=True)
        for each in ("modbus_new_tcp", "modbus_new_rtu"):
            getattr(self._library, each).restype = ctypes.c_void_p
        context = make(self._library)
        assert context
        self._context = ctypes.c_void_p(context)
        self._call("set_slave", 1)
        self._call("set_response_timeout", 20, 0)
        self._call("connect")

    @classmethod
    def tcp(cls, port: int) -> LibModbus:
        return cls(lambda library: library.modbus_new_tcp(b"127.0.0.1", port))

    @classmethod
    def rtu(cls, port: str, baud: int) -> LibModbus:
        return cls(lambda library: library.modbus_new_rtu(port.encode(), baud, ctypes.c_char(b"N"), 8, 1))

    def _call(self, name: str, *values: Any) -> int:
        done = getattr(self._library, "modbus_" + name)(self._context, *values)
        if done < 0:
            code = ctypes.get_errno() - self._EXCEPTIONS
            if 1 <= code <= 11:
                raise Refused(code)
            raise OSError(ctypes.get_errno(), f"modbus_{name}")
        return done

    def _words(self, name: str, address: int, count: int) -> list[int]:
        words = (ctypes.c_uint16 * count)()
        assert self._call(name, address, count, words) == count
        return list(words)

    def _bits(self, name: str, address: int, count: int) -> list[bool]:
        bits = (ctypes.c_uint8 * count)()
        assert self._call(name, address, count, bits) == count
        return [bool(bit) for bit in bits]

    def inputs(self, address: int, count: int) -> list[int]:
        return self._words("read_input_registers", address, count)

    def holdings(self, address: int, count: int) -> list[int]:
        return self._words("read_registers", address, count)

    def coils(self, address: int, count: int) -> list[bool]:
        return self._bits("read_bits", address, count)

    def discretes(self, address: int, count: int) -> list[bool]:
        return self._bits("read_input_bits", address, count)

    def write(self, address: int, value: int) -> None:
        self._call("write_register", address, ctypes.c_uint16(value))

    def write_many(self, address: int, values: Sequence[int]) -> None:
        self._call("write_registers", address, len(values), (ctypes.c_uint16 * len(values))(*values))

    def switch(self, address: int, value: bool) -> None:
        self._call("write_bit", address, int(value))

    def switch_many(self, address: int, values: Sequence[bool]) -> None:
        self._call("write_bits", address, len(values), (ctypes.c_uint8 * len(values))(*values))

    def mask(self, address: int, keep: int, bits: int) -> None:
        self._call("mask_write_register", address, ctypes.c_uint16(keep), ctypes.c_uint16(bits))

    def write_read(self, address: int, values: Sequence[int], read: int, count: int) -> list[int]:
        words = (ctypes.c_uint16 * count)()
        given = (ctypes.c_uint16 * len(values))(*values)
        assert self._call("write_and_read_registers", address, len(values), given, read, count, words) == count
        return list(words)

    def server_id(self) -> bytes:
        told = (ctypes.c_uint8 * 255)()
        return bytes(told[: self._call("report_slave_id", 255, told)])

    def close(self) -> None:
        self._library.modbus_close(self._context)
        self._library.modbus_free(self._context)


Peer = PyModbusTcp | Umodbus | MinimalModbus | LibModbus
