"""Run a test file of the firmware on CPython: `run_on_cpython.py mp_something`, with firmware/ and this folder in PYTHONPATH.

What MicroPython has and CPython lacks is in cpython/, modules with MicroPython's names. Those of CPython that they stand in
front of must be there first, so that folder is not in PYTHONPATH.
"""

import builtins
import gc
import importlib.machinery
import os
import runpy
import select
import socket
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


class OursFirst:
    """MicroPython finds `time.py` in the path before the module that it has built in; CPython does not."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        ours = [folder for folder in sys.path if Path(folder).is_relative_to(ROOT)]
        return importlib.machinery.PathFinder.find_spec(name, ours) if path is None else None


def main():
    for module in (time, select, socket):  # the real ones, by the names that MicroPython has for its own
        sys.modules["u" + module.__name__] = sys.modules.pop(module.__name__)
    sys.meta_path.insert(0, OursFirst)
    sys.path.insert(0, str(HERE / "cpython"))
    import micropython

    for pointer in (micropython.ptr8, micropython.ptr16, micropython.ptr32, micropython.uint):
        setattr(builtins, pointer.__name__, pointer)
    gc.mem_alloc = lambda: 0  # CPython counts no bytes: a test of growth alone is skipped, others go on
    gc.mem_free = lambda: 1
    os.environ["WORLD_FD"] = "0"  # of virtual_controller: os.getenv here does not see what os.putenv put
    sys.print_exception = lambda error: traceback.print_exception(error, file=sys.stdout)
    runpy.run_path(str(HERE / "run_on_micropython.py"))


if __name__ == "__main__":
    main()
