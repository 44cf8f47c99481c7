"""Alarms on bursts in the security log: a client guesses passwords, or tries what it may not do."""

from collections.abc import Iterator
from typing import TypeVar

from app import metrics
from infra.components.alarm_definitions import AlarmDefinition

Name = TypeVar("Name")

_BURST_SECONDS = 5 * 60
#: Expired tokens and typing errors of a busy shop stay below; a script does not.
_REFUSALS = 500
#: A 429 comes only after many wrong attempts.
_THROTTLES = 100


def security_alarms(api: Name) -> Iterator[AlarmDefinition[Name]]:
    """Yield alarms on many refusals, and on many attempts that came too soon.

    ``api`` is the AWS name of the function, the dimension of its metrics.
    """
    dimensions = {metrics.DIMENSION: api}
    for name, metric, threshold, meaning in (
        (
            "security-refusals",
            metrics.REFUSALS,
            _REFUSALS,
            f"More than {_REFUSALS} requests in five minutes were refused (401, 403).",
        ),
        (
            "security-slowed-down",
            metrics.THROTTLES,
            _THROTTLES,
            f"More than {_THROTTLES} attempts in five minutes came too soon after wrong ones.",
        ),
    ):
        yield AlarmDefinition(
            name,
            meaning,
            metrics.NAMESPACE,
            metric,
            dimensions,
            threshold=threshold,
            period_seconds=_BURST_SECONDS,
        )
