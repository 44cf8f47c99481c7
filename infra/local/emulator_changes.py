"""Records what changes in MiniStack's table, queues and other services, for the log.

MiniStack has no such hook, so the few functions through which all changes go are wrapped.
The version is pinned, and tests kill an emulator and compare what it restores. A change says
how something is afterwards, not what was done to it: applied twice it changes nothing.

    ["item", table, partition key, sort key, item or null]
    ["items", table, all items]
    ["message", queue ARN, message]
    ["removed", queue ARN, message ids]
    ["received", queue ARN, [message id, receives, first receive]s]
    ["purged", queue ARN]
    ["service", name, the content of its state file; of tables and queues without entries]
"""

import json
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any

from ministack import app as ministack
from ministack.core import persistence
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import dynamodb, sqs

from infra.local.emulator_queues import wrap_function
from infra.local.write_ahead_log import Change

_TABLE_SETTINGS = (
    *("tags", "ttl_settings", "pitr_settings", "kinesis_destinations", "contributor_insights"),
    *("backups", "resource_policies", "exports", "imports"),
)


class ChangeRecorder:
    """The changes that are not in the log yet."""

    def __init__(self) -> None:
        """Begin with none."""
        #: While set, no worker is given messages: what becomes of them could not be kept.
        self.is_paused = False
        # The threads that feed the workers record too; a deque needs no lock for this.
        self._changes: deque[Change] = deque()
        self._known_states: dict[str, str] = {}

    def take(self) -> str:
        """Return the recorded changes as JSON and forget them; empty text if there are none."""
        taken = []
        while self._changes:
            taken.append(self._changes.popleft())
        return _dumps(taken) if taken else ""

    def record_service(self, name: str | None) -> None:
        """Record the state of a service, unless it is what was recorded last."""
        states = ministack._build_persistence_save_dict()  # noqa: SLF001
        for service in [name] if name is not None and name in states else list(states):
            state = (_STATES.get(service) or states[service])()
            if state is None:
                continue
            version = persistence._state_format_version(service)  # noqa: SLF001
            text = _dumps({"__ministack_format__": version, "payload": state})
            if self._known_states.get(service) != text:
                self._known_states[service] = text
                self._changes.append(["service", service, json.loads(text)])

    def install(self) -> None:
        """Wrap the functions through which MiniStack's tables and queues change."""
        self._watch_tables()
        self._watch_queues()

    def _watch_tables(self) -> None:
        set_item, remove_item = dynamodb._set_item, dynamodb._remove_item  # noqa: SLF001
        replaced = dynamodb._items_replaced  # noqa: SLF001

        @wraps(set_item)
        def record_set(table: Any, partition: str, sort: str, item: Any) -> Any:
            old = set_item(table, partition, sort, item)
            self._changes.append(["item", _table_key(table), partition, sort, item])
            return old

        @wraps(remove_item)
        def record_removed(table: Any, partition: str, sort: str) -> Any:
            old = remove_item(table, partition, sort)
            self._changes.append(["item", _table_key(table), partition, sort, None])
            return old

        @wraps(replaced)
        def record_replaced(table: Any) -> None:
            replaced(table)
            self._changes.append(["items", _table_key(table), table["items"]])

        dynamodb._set_item, dynamodb._remove_item = record_set, record_removed  # noqa: SLF001
        dynamodb._items_replaced = record_replaced  # noqa: SLF001

    def _watch_queues(self) -> None:
        wrap_function("_act_send_message", self._recording_send)
        for name in ("_act_delete_message", "_act_delete_message_batch"):
            wrap_function(name, self._recording_delete)
        wrap_function("_delete_messages_for_esm", self._recording_esm_delete)
        wrap_function("_act_purge_queue", self._recording_purge)
        wrap_function("_dlq_sweep", self._recording_sweep)
        wrap_function("_collect_msgs", self._recording_receive)
        wrap_function("_receive_messages_for_esm", self._pausing)

    def _recording_send(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def record(data: Any, url: str) -> Any:
            queue = sqs._get_q(data.get("QueueUrl", url))  # noqa: SLF001
            count = len(queue["messages"])
            result = send(data, url)
            for message in queue["messages"][count:]:
                self._changes.append(["message", _arn(queue), message])
            return result

        return record

    def _recording_delete(self, delete: Callable[..., Any]) -> Callable[..., Any]:
        def record(data: Any, url: str) -> Any:
            queue = sqs._get_q(data.get("QueueUrl", url))  # noqa: SLF001
            before = queue["messages"]
            result = delete(data, url)
            self._record_removed(queue, before)
            return result

        return record

    def _recording_esm_delete(self, delete: Callable[..., Any]) -> Callable[..., Any]:
        def record(url: str, handles: Any) -> Any:
            queue = sqs._get_q(url)  # noqa: SLF001
            before = queue["messages"]
            delete(url, handles)
            self._record_removed(queue, before)

        return record

    def _recording_purge(self, purge: Callable[..., Any]) -> Callable[..., Any]:
        def record(data: Any, url: str) -> Any:
            result = purge(data, url)
            queue = sqs._get_q(data.get("QueueUrl", url))  # noqa: SLF001
            self._changes.append(["purged", _arn(queue)])
            return result

        return record

    def _recording_sweep(self, sweep: Callable[..., Any]) -> Callable[..., Any]:
        def record(queue: Any) -> None:
            before = queue["messages"]
            sweep(queue)
            if moved := len(before) - len(queue["messages"]):
                target = json.loads(queue["attributes"]["RedrivePolicy"])["deadLetterTargetArn"]
                dead = sqs._queue_by_arn(target)  # noqa: SLF001
                for message in dead["messages"][-moved:]:
                    self._changes.append(["message", target, message])
                self._record_removed(queue, before)

        return record

    def _recording_receive(self, collect: Callable[..., Any]) -> Callable[..., Any]:
        def record(queue: Any, *limits: int) -> Any:
            received = collect(queue, *limits)
            if received:
                counts = [
                    [message["id"], message["receive_count"], message["first_receive_at"]]
                    for message in received
                ]
                self._changes.append(["received", _arn(queue), counts])
            return received

        return record

    def _pausing(self, receive: Callable[..., Any]) -> Callable[..., Any]:
        return lambda url, most: [] if self.is_paused else receive(url, most)

    def _record_removed(self, queue: Any, before: list[Any]) -> None:
        if len(queue["messages"]) != len(before):
            kept = {message["id"] for message in queue["messages"]}
            ids = [message["id"] for message in before if message["id"] not in kept]
            self._changes.append(["removed", _arn(queue), ids])


def _arn(queue: Any) -> str:
    arn: str = queue["attributes"]["QueueArn"]
    return arn


def _table_key(table: Any) -> str:
    """Return the key of a table in the state file."""
    _, _, _, region, account, name = table["TableArn"].split(":", 5)
    return f"{account}\0{region}\0{name.removeprefix('table/')!r}"


def _without(entries: Any, *names: str) -> AccountRegionScopedDict:
    """Return scoped dictionaries without some of their fields."""
    left = AccountRegionScopedDict()
    for key, entry in list(entries._data.items()):  # noqa: SLF001
        left._data[key] = {  # noqa: SLF001
            field: value for field, value in entry.items() if field not in names
        }
    return left


def _tables_state() -> dict[str, Any]:
    settings = {name: getattr(dynamodb, f"_{name}") for name in _TABLE_SETTINGS}
    members = dynamodb._INDEX_MEMBERS  # noqa: SLF001
    return {"tables": _without(dynamodb._tables, "items", members), **settings}  # noqa: SLF001


def _queues_state() -> dict[str, Any]:
    return {
        "queues": _without(sqs._queues, "messages"),  # noqa: SLF001
        "queue_name_to_url": sqs._queue_name_to_url,  # noqa: SLF001
    }


_STATES: dict[str, Callable[[], Any]] = {"dynamodb": _tables_state, "sqs": _queues_state}


# One for all: making an encoder takes as long as encoding an item. What is recorded came out
# of JSON, so it holds no cycles.
_dumps = json.JSONEncoder(
    check_circular=False,
    separators=(",", ":"),
    default=persistence._json_default,  # noqa: SLF001
).encode
