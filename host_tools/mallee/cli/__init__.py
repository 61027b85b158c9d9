"""Commands: they parse, call and print, and nothing else. Entry point `mallee`."""

from .app import main

__all__ = ["main"]
