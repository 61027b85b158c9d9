"""The power distribution unit. Its flight recorder comes before all else: 11 kB in one piece are there now and not later."""

from core.recorder import Recorder
from maps.pdu import BRANCHES

recorder = Recorder(BRANCHES, b"A", b"branch.*.current")
