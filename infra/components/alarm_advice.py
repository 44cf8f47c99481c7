"""What to do about an alarm: one command to type, and the heading of the runbook."""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Advice:
    """What an alarm's notification ends with."""

    command: str
    heading: str

    def text(self, meaning: str, *, stack: str, region: str) -> str:
        """Return the whole notification of an alarm of a stack."""
        command = self.command.replace("STACK", stack)
        # Releases read the region from the stack's file.
        if not command.startswith("acme-shop release "):
            command = f"{command} --region {region}"
        return f'{meaning} Type: {command}. See "{self.heading}" in infra/RUNBOOK.md.'


_ROLL_BACK = "acme-shop release rollback --stack STACK"
_REFUSALS = "acme-shop trace security --hours 1 --stack STACK"
_DECLINES = "acme-shop trace declined --hours 1 --stack STACK"
_ORDERS = "acme-shop orders --open --stack STACK"

#: By the pattern of the alarm's name; the first that fits decides.
_ADVICE = (
    ("*-letters", Advice("acme-shop dead-letters --stack STACK", "Dead letters")),
    ("*-age", Advice("acme-shop queues --stack STACK", "A queue is old")),
    ("*-throttles", Advice("acme-shop verify live --gate flow --stack STACK", "Throttles")),
    ("api-5xx", Advice(_ROLL_BACK, "Customers see failures")),
    ("api-latency", Advice(_ROLL_BACK, "Customers see failures")),
    ("api-error-budget", Advice(_ROLL_BACK, "Customers see failures")),
    ("*-errors", Advice(_ROLL_BACK, "A function fails")),
    ("*-refused", Advice(_ROLL_BACK, "A function fails")),
    ("*-failed-records", Advice("acme-shop queues --stack STACK", "A queue is old")),
    ("declined-orders", Advice(_DECLINES, "Many orders are declined")),
    ("sweep-oldest-order", Advice(_ORDERS, "Orders stand still")),
    ("sweep-pending-order", Advice(_ORDERS, "Orders stand still")),
    ("*-unreadable", Advice("acme-shop trace unreadable --stack STACK", "An item cannot be read")),
    ("security-*", Advice(_REFUSALS, "Guessing")),
    ("sweep*", Advice("acme-shop sweep --stack STACK", "The sweeper")),
)


def advice_for(alarm: str) -> Advice:
    """Return what to do about the alarm ``alarm``.

    Raises:
        LookupError: the tables here have no advice for it.
    """
    for pattern, advice in _ADVICE:
        if fnmatchcase(alarm, pattern):
            return advice
    raise LookupError(alarm)
