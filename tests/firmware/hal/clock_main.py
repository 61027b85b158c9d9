"""Looks at ticks and timers around their wrap and prints what it sees. For tests/host/sim/test_sim_time.py."""

import select
import time

import machine

at = []
odd = []
once = []


def tick(timer):
    at[0] += 1
    if time.ticks_us() != (1073741824 - 3_000_000 + 1000 * at[0]) % 1073741824:
        at[1] += 1


def allocate(timer):
    return [1] * 100


at = [0, 0]
fast = machine.Timer(-1)
fast.init(mode=machine.Timer.PERIODIC, freq=1000, callback=tick, hard=True)
third = machine.Timer(-1)
third.init(mode=machine.Timer.PERIODIC, freq=3, callback=lambda timer: odd.append(time.ticks_us()))
single = machine.Timer(-1)
single.init(mode=machine.Timer.ONE_SHOT, period=25, callback=lambda timer: once.append(time.ticks_ms()))
start_ms, start_us = time.ticks_ms(), time.ticks_us()
time.sleep_us(1500)
print("after 1500 us", at[0])
time.sleep_ms(100)
print("after 101.5 ms", at[0], "one shot", [time.ticks_diff(t, start_ms) for t in once])
assert select.poll().poll(900) == []
print("after a poll", at[0])
time.sleep(20)
print(
    "after the wraps",
    at[0],
    at[1],
    time.ticks_diff(time.ticks_ms(), start_ms),
    time.ticks_diff(time.ticks_us(), start_us),
)
print("wrapped", time.ticks_ms() < start_ms, time.ticks_us() < start_us, (1 << 30) - start_ms, (1 << 30) - start_us)
print("thirds", len(odd), [time.ticks_diff(t, start_us) for t in odd[:3]])
print("seconds", time.time() - 1609459200)
bad = machine.Timer(-1)
bad.init(mode=machine.Timer.PERIODIC, freq=10, callback=allocate, hard=True)
time.sleep_ms(500)
watchdog = machine.WDT(timeout=2000)
time.sleep_ms(1900)
watchdog.feed()
time.sleep_ms(1900)
print("fed")
time.sleep_ms(200)
print("not reached")
