"""How long ``POST /order/add`` waits for the decision about its payment.

A waiting call holds a place among the function's concurrent ones, for nothing while payments
are slow, and the more of them wait, the fewer calls are served. So each wait that runs out
halves the next ones, and every ``RECOVERY_SECONDS`` without one doubles them again. The state
is that of one process; on Lambda each environment learns for itself.
"""

#: A wait is never shorter than this share of the setting, so recovered payments are noticed.
SHORTEST_SHARE = 1 / 16
RECOVERY_SECONDS = 10.0


class PaymentWait:
    """The fraction of the configured wait that calls use; times are monotonic seconds."""

    def __init__(self) -> None:
        """Begin with the whole wait."""
        self._share = 1.0
        self._since = 0.0

    def seconds(self, longest: float, *, now: float) -> float:
        """Return how long a call that begins to wait now should wait, ``longest`` at most."""
        rounds = int((now - self._since) / RECOVERY_SECONDS)
        if self._share < 1.0 and rounds > 0:
            self._share = min(1.0, self._share * 2**rounds)
            self._since = now
        return longest * self._share

    def record_result(self, *, is_decided: bool, now: float) -> None:
        """Remember how a wait ended."""
        if is_decided:
            return
        self._share = max(SHORTEST_SHARE, self._share / 2)
        self._since = now
