"""No bus at all: the controller protects and regulates on its local set-points, and nobody can ask it anything."""

from time import sleep_ms


class Unheard:
    connected = evictions = overruns = unanswered = noise = gaps = foreign = broadcasts = None

    def wait(self, ms):
        sleep_ms(ms)

    def age(self, ms):
        """Nobody to forget."""
