"""What a reset does not reach: the protections' word and the reason of an end, in scratch registers and in a file."""

import os

from core import retained as module
from core.retained import Retained


class Machine:
    """An RP2040's memory as far as it matters: words at addresses."""

    def __init__(self):
        self.mem32 = {0x4005800C + 4 * i: 0xDEADBEEF for i in range(8)}


def fresh(where):
    if where == "rp2_scratch":
        module.machine = Machine()
    else:
        try:
            os.remove(where)
        except OSError:
            pass
    return where


def test_both_words_survive_a_reset_and_the_fault_is_told_once():
    for where in ("rp2_scratch", "retained.test"):
        first = Retained(fresh(where), True)
        assert first.word == 0 and not first.failed
        first.store(0x8105)
        first.fail()
        second = Retained(where, False)
        assert second.word == 0x8105 and second.failed, where
        third = Retained(where, False)
        assert third.word == 0x8105 and not third.failed, where
        third.store(0)
        third.fail()
        fourth = Retained(where, False)
        assert fourth.word == 0 and fourth.failed
        fourth.fail()
        assert not Retained(where, True).failed  # the power was off
        assert Retained(where, False).word == 0


def test_what_is_not_certainly_ours_is_nothing():
    Retained(fresh("rp2_scratch"), False)
    assert not any(Retained("rp2_scratch", False)._words)
    fresh("retained.test")
    assert not any(Retained("retained.test", False)._words)
    for data, words in (
        (b"\x00\x05\xff\xfa", [5, 0]),  # of a firmware that kept one
        (b"\x00\x05\xff\xfb", [0, 0]),
        (b"\x00\x05\xff\xfa\x00\x01", [5, 0]),
        (b"\x00\x05\xff\xfa\x00\x01\xff\xff", [5, 0]),
        (b"", [0, 0]),
    ):
        with open("retained.test", "wb") as file:
            file.write(data)
        assert Retained("retained.test", False)._words == words, data


def test_only_the_first_four_scratch_registers_are_used():
    kept = Retained(fresh("rp2_scratch"), True)
    kept.store(7)
    kept.fail()
    memory = module.machine.mem32
    assert all(memory[0x4005800C + 4 * i] == 0xDEADBEEF for i in range(4, 8))
