"""Manifests of updates as a host makes them, written from the layout that firmware/core/manifest.py states."""

from hashlib import sha256

KEY = bytes(range(32))


def texts(text, size):
    return (text.encode() + bytes(size))[:size]


def number(value, size):
    return value.to_bytes(size, "big")


def hmac(key, data):
    pad = key + bytes(32)
    inner = sha256(bytes([byte ^ 0x36 for byte in pad]) + data).digest()
    return sha256(bytes([byte ^ 0x5C for byte in pad]) + inner).digest()


def manifest_of(
    files, serial, key=KEY, version=(1, 2, 4), issued=1000, board="virtual", processor="host", profile=9, mpy=0
):
    head = b"MLUP" + number(1, 2) + number(profile, 2)
    for part in version + (1, 7):
        head += number(part, 2)
    size = sum([len(data) for data in files.values()])
    head += number(mpy, 2) + number(len(files), 2) + number(issued, 4) + number(size, 4)
    head += texts(board, 18) + texts(processor, 10) + bytes(8) + number(1 if key else 0, 2)
    for path in sorted(files):
        head += texts(path, 40) + number(len(files[path]), 4) + sha256(files[path]).digest()
    if not key:
        return head + bytes(32)
    return head + hmac(key, b"mallee update" + texts(serial, 16) + head)
