"""In a slot, beside an application that came over the bus: what it is; types only."""

PROFILE: str  # "pdu" or "pump"
VERSION: tuple[int, int, int]
DICTIONARY_HASH: int  # first eight bytes of the dictionary's SHA-256
