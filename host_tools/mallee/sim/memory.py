"""The heap of a virtual board, so that it is as tight as that of a real one.

Objects of the Unix port are those of a 64-bit machine, but native code lies outside its heap. Measured, the same firmware
running: an emulated Pico uses 160 kB for a PDU and 158 kB for a skid (docs/boards.md, before the import and after), the Unix port 173
and 177 kB (gc.mem_alloc() less what it is with the simulator's modules alone). Both ratios are within 2 % of 1.1.
"""

from __future__ import annotations

from ..deploy.board import load

OWN = "virtual"
BYTES_PER_BYTE = 1.1


def heap_bytes(board: str) -> int:
    """For the firmware, without the simulator's part. Raises MalleeError for a board that is not known."""
    real: int = load(board).data["MEMORY"]["heap_bytes"]
    return real if board == OWN else round(BYTES_PER_BYTE * real)
