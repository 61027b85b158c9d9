from core.wire import copy, crc16_ccitt, get16, get32, put16, same


def test_crc_has_the_check_value_of_crc_16_ccitt_false():
    assert crc16_ccitt(b"123456789", 9) == 0x29B1
    assert crc16_ccitt(b"", 0) == 0xFFFF


def test_words_are_big_endian():
    data = bytearray(6)
    put16(data, 1, 0x1234)
    assert bytes(data) == b"\x00\x12\x34\x00\x00\x00"
    assert get16(data, 1) == 0x1234
    assert get32(b"\x00\xff\xff\xff\xfe", 1) == 0xFFFFFFFE


def test_copy_touches_only_its_range():
    data = bytearray(b"........")
    copy(data, 2, b"abcdef", 1, 3)
    assert bytes(data) == b"..bcd..."
    assert same(data, 2, b"bcd", 0, 3)
    assert not same(data, 2, b"bcx", 0, 3)
