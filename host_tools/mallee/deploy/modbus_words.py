"""Words for what docs/modbus.md lists: the standard's name of each thing, and what this server makes of it."""

# Function code: name, what it is for here, its limit, and the variables of its handler that bound it ({0}, {1} of the limit).
FUNCTIONS: dict[int, tuple[str, str, str, tuple[str, ...]]] = {
    1: ("Read Coils", "outputs as commanded", "{0} coils", ("count",)),
    2: ("Read Discrete Inputs", "alarms, and whether each can be judged", "{0} inputs", ("count",)),
    3: ("Read Holding Registers", "settings and set-points", "{0} registers", ("count",)),
    4: ("Read Input Registers", "measurements, identity, health", "{0} registers", ("count",)),
    5: ("Write Single Coil", "one output", "0x0000 or 0xFF00", ()),
    6: ("Write Single Register", "one 16-bit value", "", ()),
    8: ("Diagnostics", "see [Diagnostics](#diagnostics)", "", ()),
    11: ("Get Comm Event Counter", "requests done; the status is always 0", "", ()),
    12: ("Get Comm Event Log", "what happened on the bus, newest first", "at most {log} events", ()),
    15: ("Write Multiple Coils", "all of them or none", "{0} coils", ("count",)),
    16: ("Write Multiple Registers", "all of them or none", "{0} registers", ("count",)),
    17: ("Report Server ID", "see [Identification](#identification)", "", ()),
    20: ("Read File Record", "see [Files](#files)", "byte count {0}", ("size",)),
    21: ("Write File Record", "understood, but no file can be written yet (02)", "byte count {0}", ("size",)),
    22: ("Mask Write Register", "one 16-bit value", "", ()),
    23: ("Read/Write Multiple Registers", "the write comes first", "read {0}, write {1}", ("wanted", "count")),
    43: ("Encapsulated Interface", "MEI type {mei}: see [Identification](#identification)", "code {0}", ("level",)),
}

SUB_FUNCTIONS = {
    0: ("Return Query Data", "the request comes back, whatever its data"),
    1: (
        "Restart Communications Option",
        "clears the counters, ends listen-only mode; data 0xFF00 clears the log of FC12, too",
    ),
    2: ("Return Diagnostic Register", "always 0"),
    3: ("Change ASCII Input Delimiter", "taken, and without effect, for ASCII is not spoken; the low byte must be 0"),
    4: ("Force Listen Only Mode", "not answered"),
    10: ("Clear Counters and Diagnostic Register", "all counters below; the log of FC12 stays"),
    11: ("Return Bus Message Count", "good frames, for whatever unit"),
    12: ("Return Bus Communication Error Count", "what was no good frame; `bus_errors`"),
    13: ("Return Bus Exception Error Count", "exceptions sent; `bus_exceptions`"),
    14: ("Return Server Message Count", "requests for this unit, and broadcasts"),
    15: ("Return Server No Response Count", "of those, the ones that got no answer"),
    16: ("Return Server NAK Count", "always 0: exception 07 is never sent"),
    17: ("Return Server Busy Count", "exceptions 06 sent"),
    18: ("Return Bus Character Overrun Count", "times that the receive buffer was full; `bus_overruns`"),
    20: ("Clear Overrun Counter and Flag", "sets that one to 0"),
}

# By the name of the constant in the firmware.
EXCEPTIONS = {
    "ILLEGAL_FUNCTION": ("Illegal Function", "a function code, sub-function or MEI type that is not listed here"),
    "ILLEGAL_ADDRESS": (
        "Illegal Data Address",
        "any address, file, record or object of the request that does not exist; nothing reads as 0 instead",
    ),
    "ILLEGAL_VALUE": (
        "Illegal Data Value",
        "a count beyond its limit, a request of the wrong length, a value outside its limits, a part of a wider value",
    ),
    "DEVICE_FAILURE": (
        "Server Device Failure",
        "refused as things are now, see [Refused writes](#refused-writes); also an error of the controller itself",
    ),
    "BUSY": ("Server Device Busy", "`commit`, while flash must not be written; ask again"),
}

OBJECTS = {
    0x00: ("VendorName", "mallee"),
    0x01: ("ProductCode", "profile, such as `mallee-pdu`"),
    0x02: ("MajorMinorRevision", "firmware version, such as `0.1.0`"),
    0x03: ("VendorUrl", "empty"),
    0x04: ("ProductName", "profile in words"),
    0x05: ("ModelName", "as ProductCode"),
    0x06: ("UserApplicationName", "the name given at commissioning"),
    0x80: ("private", "dictionary hash, 16 hexadecimal digits"),
}
