"""Run under MicroPython: what starts after each of many power cuts, each in a flash that was written to on an emulated board.

Arguments: the file system before (bytes), the writes, and as JSON what each application consists of: name to {"slot": number,
"files": path to SHA-256}, and under "board" the files that no update touches. Prints a JSON object: outcomes as runs of
[cuts, outcome], an outcome being what the first start leads to, "?" if it is on trial, and what the second one leads to; and
failures as [number of the cut, why].

Cuts come in the order of time: before anything, then in the middle of each write and behind it.
"""

import json
import os
import sys
from hashlib import sha256

import slots
from cut_flash import BLOCK, PAGE, Flash, mounted

GARBAGE = b"\x5a\xff\x00\xa7"  # as cut_flash has it
ERASE = 1
PIECE = bytearray(4096)


class PowerOn:
    """`machine` after a power-up: starts that did not last are forgotten."""

    @staticmethod
    def reset_cause():
        return 1

    @staticmethod
    def WDT(timeout):
        pass


slots.machine = PowerOn
slots._keep_starts = lambda count: None  # it is in a register of the chip


class Wrong(Exception):
    pass


def digest(path):
    found = sha256()
    with open(path, "rb") as file:
        while True:
            count = file.readinto(PIECE)
            if not count:
                return found.digest()
            found.update(memoryview(PIECE)[:count])


def check(folder, files):
    for path, wanted in files:
        try:
            same = digest(folder + path) == wanted
        except OSError as error:
            raise Wrong("%s%s: OSError %s" % (folder, path, error))
        if not same:
            raise Wrong(folder + path + " is another one")


def strangers(folder, files):
    """A module beside those of an application could win over one of them."""
    known = {path for path, _ in files}
    known.add("manifest.bin")
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        for entry in os.ilistdir(folder + inside):
            path = inside + entry[0]
            if entry[1] & 0x4000:
                waiting.append(path + "/")
            elif path not in known:
                raise Wrong(folder + path + " belongs to nobody")


def started(board, applications):
    """A start of the board as main.py makes it: (name of the application, whether it is on trial)."""
    slots.slot, slots.trial, slots.safe = slots.FLASHED, False, False
    before = list(slots.sys.path)
    slots.turn()
    slots.sys.path[:] = before
    if slots.safe:
        raise Wrong("the safe mode")
    check("", board)
    for name, slot, files in applications:
        if slot == slots.slot:
            folder = slots.FOLDERS[slot]
            check(folder and folder + "/", files)
            if folder:
                strangers(folder + "/", files)
            return name, slots.trial
    raise Wrong("slot %d" % slots.slot)


def look(data, board, applications):
    first, trial = mounted(Flash(data), lambda: started(board, applications))
    second, still = mounted(Flash(data), lambda: started(board, applications))  # the power went again, at once
    if still:
        raise Wrong("on trial twice")
    if second != first and not trial:
        raise Wrong("first %s, then %s" % (first, second))
    return first + ("?" if trial else "") + " " + second


def four(data, at):
    return int.from_bytes(data[at : at + 4], "big")


def cuts(image, writes):
    """The content of the flash, after each: always the same array, which is for reading."""
    yield image
    at, view = 0, memoryview(image)
    while at < len(writes):
        kind, address, size = writes[at], four(writes, at + 1), four(writes, at + 5)
        at += 9
        if kind == ERASE:
            for content in (GARBAGE, b"\xff\xff\xff\xff"):
                view[address : address + size] = content * (size // 4)
                yield image
        else:
            for start, end in ((0, size // 2), (size // 2, size)):
                for i in range(start, end):
                    image[address + i] &= writes[at + i]
                yield image
            at += size


def files_of(rows):
    return [(path, bytes.fromhex(text)) for path, text in sorted(rows.items())]


def main(before, written, told):
    with open(before, "rb") as file:
        image = bytearray(file.read())
    assert len(image) % BLOCK == 0 and BLOCK % PAGE == 0
    with open(written, "rb") as file:
        writes = file.read()
    with open(told) as file:
        known = json.load(file)
    board = files_of(known.pop("board"))
    applications = [(name, each["slot"], files_of(each["files"])) for name, each in known.items()]
    work = bytearray(len(image))
    outcomes, failures, number = [], [], -1
    for content in cuts(image, writes):
        number += 1
        work[:] = content
        try:
            outcome = look(work, board, applications)
        except (Wrong, OSError) as error:
            outcome = "failed"
            failures.append([number, repr(error)])
        if outcomes and outcomes[-1][1] == outcome:
            outcomes[-1][0] += 1
        else:
            outcomes.append([1, outcome])
    print(json.dumps({"outcomes": outcomes, "failures": failures}))


main(*sys.argv[1:])
