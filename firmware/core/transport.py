"""Which bus this board answers on. Each transport has wait(ms), age(ms), connected and evictions; see core.tcp."""


def choose(server, info, board):
    """The transport that the board's capabilities name. Imported only where it is used: not every port has sockets."""
    if board.CAPABILITIES["network"] == "socket":
        from core.tcp import TcpServer

        return TcpServer(server, info.PORT, info.UNIT)
    from core.unheard import Unheard

    return Unheard()
