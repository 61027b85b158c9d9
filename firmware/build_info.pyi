"""Written onto each controller's flash when it is built or commissioned; types only."""

PROFILE: str  # "pdu" or "pump"
UNIT: int  # Modbus unit address, 1-247
PORT: int  # Modbus TCP port, on a board with a network
IPV4: tuple[
    str, str, str, str
]  # address, mask, gateway, name server, on a board with Ethernet; DHCP when it is not given
BAUD: int  # of the serial line, on a board without; 19200 when it is not given
FRAMING: str  # "8E1" (also when it is not given), "8N1", "8N2" or "8O1"
NAME: str  # given at commissioning, at most 32 characters
SERIAL: str
VERSION: tuple[int, int, int]
DICTIONARY_HASH: int  # first eight bytes of the dictionary's SHA-256
