"""Which chips this unit has: those that answered since the start, and those that it was commissioned to expect.

What answered once and stops is a fault. What never answered is not fitted, unless expected_chips says that it must be there:
a dead converter must not become "not fitted" because the supply went off and on. Bits are those of maps.common.Chip.
"""

from maps.common import CommonSettings, Quality
from maps.fields import ADDRESS

from core.starting import at_start


class Fitting:
    """`forgot` is called when a chip is not fitted any more: its alarms have nothing left to say."""

    @at_start
    def __init__(self, holdings, forgot):
        self._forgot = forgot
        self.answered = 0
        self.known = 0  # answered or expected: fitted
        self._holdings = holdings
        address = CommonSettings.expected_chips & ADDRESS
        holdings.guard(address, address + 1, None, self._configured)  # pyright: ignore[reportOptionalOperand]
        self._configured(0, 0)

    def answer(self, bit):
        """The chip answered: from now on its silence is a fault."""
        self.answered |= 1 << bit
        self.known |= 1 << bit

    def fitted(self, bit):
        return self.known >> bit & 1

    def absent(self, bit):
        """Quality of what a chip that does not answer should have said."""
        return Quality.FAULT if self.known >> bit & 1 else Quality.NOT_FITTED

    def _configured(self, address, count):
        before = self.known
        self.known = self.answered | int(self._holdings.setting(CommonSettings.expected_chips))
        if before & ~self.known:
            self._forgot()
