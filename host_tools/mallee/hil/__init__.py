"""Hardware in the loop: boards virtual, emulated and real, and what tests need around them.

`pytest --board virtual`: plugin.py has the options, fixtures.py what a test gets, board.py what each kind of board is to it, and
docs/hil.md says how to use them. What only one kind needs has its name; `emulated/` is the emulator itself.
"""
