"""A leak-sensing rope at an analog input: ohms of water between its wires, an end resistor, wires that can be cut or touch."""

CUT, SHORTED = -1, 0  # in place of ohms


def rope(read_ohm, pull_up_ohm, end_ohm):
    """A function that gives what the converter reads, 0..65535; `read_ohm()` is the water (int), CUT or SHORTED."""

    def read_u16():
        ohm = read_ohm()
        if ohm == CUT:
            return 65535
        parallel = ohm * end_ohm // (ohm + end_ohm) if ohm else 0
        return 65535 * parallel // (parallel + pull_up_ohm)

    return read_u16
