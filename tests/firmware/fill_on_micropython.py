"""Run under MicroPython: a littlefs as a Pico's _boot.py makes it, with every file below a folder. Arguments: the folder, where
its content goes, and how many blocks it has."""

import os
import sys

import vfs
from cut_flash import BLOCK, PAGE, Flash, mounted


def copied(source, target, inside=""):
    for entry in os.ilistdir(source + "/" + inside):
        path = inside + entry[0]
        if entry[1] & 0x4000:
            os.mkdir(target + path)
            copied(source, target, path + "/")
        else:
            with open(source + "/" + path, "rb") as file, open(target + path, "wb") as other:
                other.write(file.read())


def main(folder, place, blocks):
    flash = Flash(bytearray(b"\xff" * (BLOCK * int(blocks))))
    vfs.VfsLfs2.mkfs(flash, progsize=PAGE)
    mounted(flash, lambda: copied(folder, "/flash/"))
    with open(place, "wb") as file:
        file.write(flash.data)


main(*sys.argv[1:])
