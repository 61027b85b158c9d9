"""Requests and their answers, encoded and decoded by pymodbus, checked against each other here.

pymodbus decodes an answer without looking at what was asked: too few registers, trailing bytes or another
address pass. `answer` refuses those, so that a short answer never becomes a value.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from pymodbus.exceptions import ModbusException
from pymodbus.pdu import DecodePDU, FileRecord, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.file_message import ReadFileRecordRequest, WriteFileRecordRequest
from pymodbus.pdu.mei_message import ReadDeviceInformationRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from .failures import Malformed

# MODBUS Application Protocol V1.1b3, chapter 6.
READ_REGISTERS_MAX = 125
READ_BITS_MAX = 2000
WRITE_REGISTERS_MAX = 123
WRITE_BITS_MAX = 1968

_decoder = DecodePDU(is_server=False)


def read_input(address: int, count: int) -> ModbusPDU:
    """FC04, 1 to 125 registers."""
    return ReadInputRegistersRequest(address=address, count=count)


def read_holding(address: int, count: int) -> ModbusPDU:
    """FC03, 1 to 125 registers."""
    return ReadHoldingRegistersRequest(address=address, count=count)


def read_coils(address: int, count: int) -> ModbusPDU:
    """FC01, 1 to 2000 bits."""
    return ReadCoilsRequest(address=address, count=count)


def read_discrete(address: int, count: int) -> ModbusPDU:
    """FC02, 1 to 2000 bits."""
    return ReadDiscreteInputsRequest(address=address, count=count)


def write_register(address: int, word: int) -> ModbusPDU:
    """FC06: for devices of others that lack FC16."""
    return WriteSingleRegisterRequest(address=address, registers=[word])


def write_registers(address: int, words: Sequence[int]) -> ModbusPDU:
    """FC16, 1 to 123 registers: what belongs together is written together."""
    return WriteMultipleRegistersRequest(address=address, registers=list(words))


def write_coil(address: int, on: bool) -> ModbusPDU:
    """FC05."""
    return WriteSingleCoilRequest(address=address, bits=[on])


def write_coils(address: int, states: Sequence[bool]) -> ModbusPDU:
    """FC15, 1 to 1968 bits."""
    return WriteMultipleCoilsRequest(address=address, bits=list(states))


def read_file(file: int, record: int, registers: int) -> ModbusPDU:
    """FC20, one sub-request: `registers` of file number `file` from record number `record`."""
    return ReadFileRecordRequest(
        records=[FileRecord(file_number=file, record_number=record, record_length=registers * 2)]
    )


def write_file(file: int, record: int, data: bytes) -> ModbusPDU:
    """FC21, one sub-request: `data` (an even number of bytes, 244 at most) into `file` from record number `record`."""
    return WriteFileRecordRequest(records=[FileRecord(file_number=file, record_number=record, record_data=data)])


def identification(first_object: int = 0) -> ModbusPDU:
    """FC43/14, read device identification code 3 (extended), streamed from `first_object`."""
    return ReadDeviceInformationRequest(read_code=3, object_id=first_object)


def encode(request: ModbusPDU) -> bytes:
    """Function code and data. Raises ValueError for an address or count that the standard does not allow."""
    return bytes((request.function_code,)) + request.encode()


def answer(request: ModbusPDU, data: bytes) -> ModbusPDU:
    """Decode the answer to a request; an exception answer is an answer too (`isError()`).

    Raises Malformed when the bytes are not an answer to this very request.
    """
    function = data[0] if data else 0
    if function & 0x7F != request.function_code:
        raise Malformed(f"function {function} answers {request.function_code}")
    if function & 0x80:
        if len(data) != 2:
            raise Malformed(f"an exception answer of {len(data)} bytes")
    else:
        _check(request, data)
    try:
        decoded = _decoder.decode(data)
    except (ModbusException, struct.error, IndexError, ValueError) as error:
        raise Malformed(str(error)) from error
    if decoded is None:
        raise Malformed("the answer cannot be decoded")
    return decoded


def _check(request: ModbusPDU, data: bytes) -> None:
    function = request.function_code
    if function in (1, 2, 3, 4):
        expected = (request.count + 7) // 8 if function <= 2 else request.count * 2
        if len(data) != 2 + expected or data[1] != expected:
            raise Malformed(f"{len(data) - 2} data bytes where {expected} were asked for")
    elif function in (5, 6, 15, 16):
        echo = encode(request)[1:5]
        if data[1:] != echo:
            raise Malformed("the echo of a write is not what was written")
    elif function == 20:
        wanted = sum(record.record_length * 2 + 2 for record in getattr(request, "records", ()))
        if len(data) != 2 + wanted or data[1] != wanted:
            raise Malformed(f"{len(data) - 2} bytes of file records where {wanted} were asked for")
    elif function == 21:
        if data != encode(request):
            raise Malformed("the echo of a file record is not what was written")
    elif function == 43 and (len(data) < 7 or data[1] != 14):
        raise Malformed("not a device identification")
