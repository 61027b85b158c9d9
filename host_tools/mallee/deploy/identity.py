"""Who a controller is: the build_info.py that is written onto its flash, virtual or real (firmware/build_info.pyi)."""

from __future__ import annotations


def build_info(
    *, profile: str, dictionary_hash: int, version: str, unit: int, name: str, serial: str, port: int = 502
) -> bytes:
    """The file's content. `version` is the firmware's, as `1.2.3`; `port` only matters on a board with a network."""
    lines = (
        '"""Written when this controller was flashed: who it is."""',
        "",
        f"DICTIONARY_HASH = 0x{dictionary_hash:016X}",
        f'SERIAL = "{serial}"',
        f"NAME = {name!r}",
        f'PROFILE = "{profile}"',
        f"UNIT = {unit}",
        f"PORT = {port}",
        f"VERSION = {tuple(int(part) for part in version.split('.')[:3])!r}",
    )
    return ("\n".join(lines) + "\n").encode()
