"""Start the controller: identity from build_info, pins from board, sensors from equipment, one profile, one loop."""

# ruff: noqa: E402

import gc
import sys

gc.threshold(32_768)  # while modules are loaded: garbage between them would leave holes that nothing large fits into

import board
import build_info
import equipment
import machine
import slots
from core.controller import Controller

try:
    import release  # what came over the bus says itself what it is
except ImportError:
    release = build_info

if release.PROFILE == "pdu":
    from pdu.profile import Pdu as Profile
elif release.PROFILE == "pump":
    from pump.profile import Pump as Profile
else:
    raise ValueError("PROFILE is %r; it must be 'pdu' or 'pump'" % (release.PROFILE,))

if slots.safe:
    from core.safe import Safe

    profile = Safe(Profile)
else:
    profile = Profile()
controller = Controller(build_info, profile, board, equipment, release)
gc.threshold(-1)  # from here on only at the main loop's known point
try:
    controller.run()
except Exception as error:  # not KeyboardInterrupt, which is how somebody gets to the prompt
    try:
        controller.failed()  # first: what follows may fail too
        sys.print_exception(error)
    finally:
        machine.reset()  # outputs hold; the next start says why
