"""Run under MicroPython: every test_* function of the module named on the command line; report each."""

import sys

module = __import__(sys.argv[1])
print()
for name in dir(module):
    if not name.startswith("test_"):
        continue
    try:
        getattr(module, name)()
        print("== pass " + name)
    except Exception as error:
        print("== fail " + name)
        sys.print_exception(error)
try:
    from _hits import _hits  # statement coverage, see tests/bench/coverage.py
except ImportError:
    pass
else:
    print("\n== hits " + "".join("%02x" % byte for byte in _hits))
