"""Tries to drive pins in every way and prints what came of it."""

from machine import PWM, Pin


def attempt(what, drive):
    try:
        drive()
    except RuntimeError as error:
        print(what, "refused:", error)
    else:
        print(what, "driven")


for pin in (5, 20):
    attempt("value %d" % pin, lambda: Pin(pin, Pin.OUT, value=1))
    attempt("mode %d" % pin, lambda: Pin(pin, Pin.OPEN_DRAIN))
    attempt("init %d" % pin, lambda: Pin(pin).init(Pin.OUT))
    attempt("pwm %d" % pin, lambda: PWM(Pin(pin), freq=1000, duty_u16=0))
    attempt("input %d" % pin, lambda: Pin(pin, Pin.IN, Pin.PULL_UP).value())
