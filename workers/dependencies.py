"""What the workers use of the outside world: table, queues, settings and clock.

``routers/dependencies.py`` is the same for the HTTP application. Handlers pass
``AWS_DEPENDENCIES`` to the functions they call; the simulator passes its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from app.queues import Queues, get_queues
from app.settings import Settings, get_settings
from app.store.table import Table, get_table


@dataclass(frozen=True)
class Dependencies:
    """Table and queues are made on first use, because not every function needs both."""

    get_table: Callable[[], Table]
    get_queues: Callable[[], Queues]
    get_settings: Callable[[], Settings]
    now: Callable[[], datetime]

    @property
    def table(self) -> Table:
        """Return the table."""
        return self.get_table()

    @property
    def queues(self) -> Queues:
        """Return the queues."""
        return self.get_queues()

    @property
    def settings(self) -> Settings:
        """Return the settings."""
        return self.get_settings()


def _now() -> datetime:
    return datetime.now(UTC)


#: DynamoDB, SQS, the environment and the system clock.
AWS_DEPENDENCIES = Dependencies(get_table, get_queues, get_settings, _now)
