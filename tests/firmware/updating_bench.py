"""What tests of updates on a whole controller share: a host that brings one, request by request, and starts after it."""

from virtual_controller import WATCHDOG, Bench, Info, Reset, Small, remove, set_cause

# isort: split
import os

import signed_manifest
import slots
from core import devicekey
from core.receiving import _files
from maps.common_update import (
    Update,
    UpdateCommand,
    UpdateControl,
    UpdateState,
)
from maps.fields import ADDRESS
from signed_manifest import KEY

SLOT_A, SLOT_B = 1, 2
COMMAND = UpdateControl.update_command & ADDRESS
FILES = {
    "application.py": b"import release\n",
    "core/bank.py": bytes(range(256)) * 3 + b"odd",
    "pump/deep/er.py": b"x",
    "release.py": b"VERSION = (1, 2, 4)\n",
}


def manifest_of(files=None, **other):
    return signed_manifest.manifest_of(FILES if files is None else files, Info.SERIAL, **other)


def clean(key=KEY, policy=0):
    for folder in slots.FOLDERS[1:]:
        wipe(folder)
    remove(*(slots.NAMES + ("starts.bin", devicekey.NAME)))
    for i in range(len(slots.record)):
        slots.record[i] = 0
    slots.slot, slots.trial, slots.safe = 0, False, False
    slots.load()
    if key is not None:
        with open(devicekey.NAME, "wb") as file:
            file.write(key + bytes((policy,)))


def wipe(folder):
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        return
    for entry in entries:
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            wipe(path)
        else:
            os.remove(path)
    os.rmdir(folder)


class Host:
    """What a host does, request by request. `lost` repeats every block, as if its answer had not come."""

    def __init__(self, bench, lost=False):
        self.bench, self.lost = bench, lost

    def tell(self, command, file=0):
        for _ in range(100):
            code = self.bench.write(COMMAND, command, file)
            if code != 6:
                break
            self.bench.run(10)  # it is done by the main loop
        return code and (code, self.bench.get(Update.update_refusal))

    def state(self):
        return self.bench.get(Update.update_state)

    def rest(self, ms=3000):
        """Until nothing is under way."""
        for _ in range(ms // 10):
            self.bench.run(10)
            if self.state() not in (UpdateState.COMPARING, UpdateState.VERIFYING):
                return
        raise AssertionError("it takes too long")

    def send(self, file, data, to=None):
        at, end = 0, len(data) if to is None else to
        while at < end:
            part = data[at : min(at + 236, end)]
            part += bytes(len(part) & 1)
            number_, record = file + at // 20000, at % 20000 // 2
            head = bytes((6, number_ >> 8, number_ & 255, record >> 8, record & 255, 0, len(part) // 2))
            for _ in range(1 + self.lost):
                for _ in range(100):
                    answer = self.bench.ask(21, 7 + len(part), *(head + part))
                    if answer[0] == 21:
                        break
                    assert answer[1] == 6, bytes(answer)
                    self.bench.run(10)
                assert answer[0] == 21, bytes(answer)
                self.bench.run(10)
            at += len(part)

    def offer(self, told):
        assert not self.tell(UpdateCommand.BEGIN)
        assert self.state() == UpdateState.MANIFEST
        self.send(40, told)
        assert not self.tell(UpdateCommand.COMPARE)
        self.rest()
        return self.bench.get(Update.update_refusal)

    def begin_taking(self, number=0):
        """Up to where the content of a file may be sent."""
        assert not self.offer(manifest_of())
        assert not self.tell(UpdateCommand.TAKE, number)
        self.bench.run(20)

    def wanted(self):
        found = []
        for i in range(17 * 15):
            if self.bench.get(Update.update_wanted, i // 15) >> i % 15 & 1:
                found.append(i)
        assert len(found) == self.bench.get(Update.update_missing)
        return found

    def deliver(self, files=FILES):
        paths = sorted(files)
        sent = []
        for i in self.wanted():
            assert not self.tell(UpdateCommand.TAKE, i)
            self.bench.run(20)
            self.send(41, files[paths[i]])
            self.rest()
            sent.append(paths[i])
        return sent

    def bring(self, told=None, files=FILES):
        """Everything up to READY."""
        assert not self.offer(told or manifest_of(files))
        self.deliver(files)
        assert not self.tell(UpdateCommand.VERIFY)
        self.rest()
        assert self.state() == UpdateState.READY


def reset(bench, ms=10_000):
    """Let it run into its reset."""
    try:
        bench.run(ms)
    except Reset:
        return True
    return False


def started(profile=None):
    """The next start of the board: what slots decides, and the controller that it leads to."""
    slots.sys.path[:] = [each for each in slots.sys.path if each not in slots.FOLDERS[1:]]
    slots.trial = slots.safe = False
    set_cause(WATCHDOG)
    slots.turn()
    assert (slots.sys.path[0] in slots.FOLDERS[1:]) == (slots.slot != slots.FLASHED)
    return Bench(profile, WATCHDOG, fresh=False)


def files_of(folder):
    found = {}
    for path, _ in _files(folder):
        with open(path, "rb") as file:
            found[path[len(folder) + 1 :]] = file.read()
    return found


def on_trial(profile=None):
    clean()
    bench = Bench(Small())
    Host(bench).bring()
    assert not Host(bench).tell(UpdateCommand.ACTIVATE) and reset(bench)
    return started(profile)


def gone_back(why, bench):
    bench = started()
    assert slots.slot == slots.FLASHED and not slots.trial and slots.chain() == [slots.FLASHED]
    assert bench.get(Update.update_outcome) == why
    bench.run(1500)
    assert bench.controller.alarms.count in (1, 2) and not reset(bench, 3_000)
    started()
    assert slots.slot == slots.FLASHED
