"""All alarms of a complete stack, without a stack: for the cost model and for tests."""

from collections.abc import Iterator

from app.settings import Settings
from infra import topology
from infra.components.alarm_definitions import (
    AlarmDefinition,
    function_alarms,
    gateway_alarms,
    queue_alarms,
    refusal_alarms,
    release_alarms,
    sweep_alarms,
    sweeper_alarms,
    table_alarms,
)
from infra.components.order_alarms import order_alarms
from infra.components.security_alarms import security_alarms


def every_alarm(settings: Settings) -> Iterator[AlarmDefinition[str]]:
    """Yield the alarms of a complete stack, with our own names in place of AWS's."""
    yield from queue_alarms({queue.name: queue.name for queue in topology.QUEUES}, settings)
    yield from table_alarms("table")
    yield from function_alarms({it.name: it.name for it in topology.EVERY_FUNCTION})
    names = {function.name: function.name for function in topology.FUNCTIONS}
    yield from refusal_alarms(names)
    yield from gateway_alarms("api", settings)
    aliases = {name: f"{name}:{topology.LIVE_ALIAS}" for name in names}
    yield from release_alarms(names, aliases, {})
    yield from sweeper_alarms("sweeper")
    yield from sweep_alarms(topology.SWEEPER.function)
    yield from order_alarms(names)
    yield from security_alarms("api")
