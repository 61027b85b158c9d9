"""The command `mallee`, and `python -m mallee`."""

import sys


def start() -> int:
    """Ctrl-C ends it silently with 130 while its parts are still being imported, too."""
    try:
        from .cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(start())
