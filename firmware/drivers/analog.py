"""The controller's own analog inputs, in volts. RP2040 data sheet 4.9; ESP32-S3 technical reference manual, chapter 39."""

from machine import ADC, Pin

_VOLTS_PER_COUNT = 3.3 / 65535  # RP2040: ADC_AVDD is full scale


def reader(pin):
    """A function that returns the volts at `pin` now."""
    attenuation = getattr(ADC, "ATTN_11DB", None)
    if attenuation is None:
        read_u16 = ADC(Pin(pin)).read_u16
        return lambda: read_u16() * _VOLTS_PER_COUNT
    # An ESP32 sees 1 V unless told otherwise, is not linear, and knows its own curve from the factory.
    read_uv = ADC(Pin(pin), atten=attenuation).read_uv  # pyright: ignore[reportAttributeAccessIssue]
    return lambda: read_uv() * 1e-6
