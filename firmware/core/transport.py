"""Which bus this board answers on. Each transport has wait(ms), age(ms), connected and evictions; see core.tcp."""

from core.starting import at_start


@at_start
def choose(server, info, board):
    """Modbus TCP where the board has a network, else RTU where it has a line, else nothing; the others are not even loaded."""
    network = board.CAPABILITIES["network"]
    if network == "socket":
        from core.tcp import TcpServer

        return TcpServer(server, info.PORT, info.UNIT)
    if network == "w5500":
        from core.ethernet import EthernetServer

        return EthernetServer(server, info.PORT, info.UNIT, board.ETHERNET, getattr(info, "IPV4", None))
    line = getattr(board, "RS485", None)
    if line is not None:
        from core.rtu import RtuServer

        timed = None
        if board.CAPABILITIES["hard_tick"] == "pio":
            from core import line_pio as timed  # only the RP2040's port has the module that it needs

        baud, framing = getattr(info, "BAUD", 19200), getattr(info, "FRAMING", "8E1")
        return RtuServer(server, line, info.UNIT, baud, framing, timed)
    from core.unheard import Unheard

    return Unheard()
