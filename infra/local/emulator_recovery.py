"""Brings the emulator's last snapshot up to date with what its log holds.

What the changes look like is described in ``emulator_changes.py``. The snapshot may be newer
than the log's beginning: a change says how something is afterwards, so applying it again, and
then those behind it, leads to the same end.
"""

from collections.abc import Callable, Iterable
from typing import Any

from infra.local.write_ahead_log import Change

State = dict[str, Any]


class Recovery:
    """The state files of all services while the changes of a log are applied to them."""

    def __init__(self, states: dict[str, State]) -> None:
        """Begin with the content of the state files by service; it is changed in place."""
        self.states = states
        # Messages by their ids: a queue may be long, and each change would look through it.
        self._messages: dict[str, dict[str, State]] = {}
        self._appliers: dict[str, Callable[..., None]] = {
            "item": self._set_item,
            "items": self._replace_items,
            "message": self._put_message,
            "removed": self._remove_messages,
            "received": self._count_receives,
            "purged": self._purge,
            "service": self._replace_service,
        }
        self._split_queues()

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply the changes of one batch.

        Raises:
            KeyError: there is no such change.
        """
        for kind, *details in changes:
            self._appliers[kind](*details)

    def finish(self) -> dict[str, State]:
        """Return the states with everything applied."""
        for queue in self._queues().values():
            messages = self._messages.get(queue["attributes"]["QueueArn"], {})
            queue["messages"] = list(messages.values())
        for table in self._tables().values():
            items = table.setdefault("items", {})
            table["ItemCount"] = sum(map(len, items.values()))
            table["TableSizeBytes"] = table["ItemCount"] * 200
        return self.states

    def _tables(self) -> dict[str, State]:
        return _scoped(self.states.get("dynamodb", {}), "tables")

    def _queues(self) -> dict[str, State]:
        return _scoped(self.states.get("sqs", {}), "queues")

    def _split_queues(self) -> None:
        for queue in self._queues().values():
            messages = {message["id"]: message for message in queue.pop("messages", ())}
            self._messages[queue["attributes"]["QueueArn"]] = messages

    def _set_item(self, key: str, partition: str, sort: str, item: State | None) -> None:
        table = self._tables().get(key)
        if table is None:
            return  # It was deleted later.
        items = table.setdefault("items", {})
        if item is not None:
            items.setdefault(partition, {})[sort] = item
        elif partition in items:
            items[partition].pop(sort, None)
            if not items[partition]:
                del items[partition]

    def _replace_items(self, key: str, items: dict[str, dict[str, State]]) -> None:
        if table := self._tables().get(key):
            table["items"] = items

    def _put_message(self, arn: str, message: State) -> None:
        self._messages.setdefault(arn, {})[message["id"]] = message

    def _remove_messages(self, arn: str, message_ids: list[str]) -> None:
        for message_id in message_ids:
            self._messages.get(arn, {}).pop(message_id, None)

    def _purge(self, arn: str) -> None:
        self._messages.pop(arn, None)

    def _count_receives(self, arn: str, counts: list[tuple[str, int, float]]) -> None:
        for message_id, receives, first in counts:
            if message := self._messages.get(arn, {}).get(message_id):
                message["receive_count"] = receives
                message["first_receive_at"] = first

    def _replace_service(self, name: str, state: State) -> None:
        tables = self._tables()
        self.states[name] = state
        if name == "dynamodb":
            for key, table in self._tables().items():
                table["items"] = tables.get(key, {}).get("items", {})
        elif name == "sqs":
            queues = {queue["attributes"]["QueueArn"] for queue in self._queues().values()}
            self._messages = {arn: self._messages.get(arn, {}) for arn in queues}


def _scoped(state: State, name: str) -> dict[str, State]:
    """Return the entries of one of a service's dictionaries by account, region and name."""
    entries: dict[str, State] = state.get("payload", {}).get(name, {}).get("data", {})
    return entries
