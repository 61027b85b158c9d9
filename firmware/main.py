"""Start the controller: identity from build_info, pins from board, sensors from equipment, one profile, one loop."""

import board
import build_info
import equipment
from core.controller import Controller

if build_info.PROFILE == "pdu":
    from pdu.profile import Pdu as Profile
elif build_info.PROFILE == "pump":
    from pump.profile import Pump as Profile
else:
    raise ValueError("build_info.PROFILE is %r; it must be 'pdu' or 'pump'" % (build_info.PROFILE,))

Controller(build_info, Profile(), board, equipment).run()
