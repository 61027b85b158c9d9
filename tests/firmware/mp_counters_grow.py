"""Longer counters of a newer firmware take the older ones over, and no power cut on the way costs them: every cut, enumerated."""

from core.counters import Counters
from cut_memory import Cut, Memory

NOT_ON = {"pico": "thousands of cuts would take the emulator an hour; mp_counters has the same change without them"}


def test_no_cut_at_the_change_to_longer_counters_costs_the_shorter_ones():
    for older in (24, 40, 83):
        for saves in (1, 2, 3):
            for cut in range(2 * 192 + 1):
                memory = Memory()
                for _ in range(saves):
                    counters = Counters(memory, older)
                    counters.load()
                    counters.data[0] += 1
                    counters.save()
                    counters.flush()
                memory.left = cut
                try:
                    longer = Counters(memory, 172)
                    assert longer.load()
                    longer.data[171] = 9
                    longer.save()
                    longer.flush()
                    longer.save()
                    longer.flush()
                except Cut:
                    pass
                memory.left = 1 << 29
                again = Counters(memory, 172)
                assert again.load() and again.data[0] == saves and again.data[171] in (0, 9), (older, saves, cut)
