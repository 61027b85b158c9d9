"""The key that images for this controller are signed with, and what it takes without: written over USB when it is flashed, and
never to be read over the bus."""

from maps.common_update import UpdatePolicy
from micropython import const

NAME = "device.key"  # the key, zeros for none, and a byte of policy
_KEY = const(32)


def key():
    """(key, policy). Without a file, or with one of another size: no key, and a policy that takes nothing unsigned."""
    try:
        with open(NAME, "rb") as file:
            data = file.read()
    except OSError:
        data = b""
    if len(data) != _KEY + 1:
        return b"", 0
    held = data[:_KEY] if any(data[:_KEY]) else b""
    return held, data[_KEY] & (1 << UpdatePolicy.UNSIGNED | 1 << UpdatePolicy.OLDER) | bool(held) << UpdatePolicy.KEYED
