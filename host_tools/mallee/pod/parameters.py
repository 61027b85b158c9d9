"""Physical parameters of a pod: what [plant] in a pod file may say. Read by the simulator, later by physics checks."""

import msgspec


class PlantParameters(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Defaults are the default pod's."""
