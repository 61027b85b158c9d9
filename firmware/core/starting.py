"""What only the start needs goes back to the heap when the start is over: on a Pico some 10 kB of code."""

import sys

_functions = set()


def at_start(function):
    """Decorator: nobody calls this function once the controller runs. For methods, `__init__` too, and functions of modules."""
    _functions.add(function)
    return function


def forget():
    """The start is over: what was marked is None from now on. (Deleted, its place in the dictionary would keep it.)"""
    for module in list(sys.modules.values()):
        _forget(module)
        for thing in list(module.__dict__.values()):
            if type(thing) is type:
                _forget(thing)
    _functions.clear()


def _forget(owner):
    members = owner.__dict__
    for name in list(members):
        value = members[name]
        if callable(value) and value in _functions:
            setattr(owner, name, None)
