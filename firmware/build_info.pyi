"""Written onto each controller's flash when it is built or commissioned; types only."""

PROFILE: str  # "pdu" or "pump"
UNIT: int  # Modbus unit address, 1-247
PORT: int  # Modbus TCP port
NAME: str  # given at commissioning, at most 32 characters
SERIAL: str
VERSION: tuple[int, int, int]
DICTIONARY_HASH: int  # first eight bytes of the dictionary's SHA-256
