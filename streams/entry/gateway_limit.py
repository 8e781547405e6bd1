"""How much a key may send: so much a second on the whole, and so much at once."""


class Bucket:
    """A bucket of `burst` events that fills up by `rate` a second; time is an argument, in seconds.

    What is known only afterwards to be more than the bucket holds becomes a debt, paid by waiting.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, float(burst)
        self._left, self._at = self._burst, 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next event may come; 0.0 where it may now."""
        return max(0.0, (1.0 - self._filled(now)) / self._rate)

    def take(self, events: int, now: float) -> None:
        """Note that so many have come."""
        self._left, self._at = self._filled(now) - events, now

    def _filled(self, now: float) -> float:
        return min(self._burst, self._left + max(0.0, now - self._at) * self._rate)
