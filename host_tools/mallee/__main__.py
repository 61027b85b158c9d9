"""`python -m mallee`, the same as the command `mallee`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
