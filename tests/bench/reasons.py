"""Why a part's figures cannot be had on this machine."""


class CannotMeasure(Exception):
    """The message is the reason, for people."""
