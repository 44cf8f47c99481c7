"""The queues of a running shop, read and changed from outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infra.topology import QUEUES, queue_setting
from tests.infra.local.helpers.shop_process import ShopProcess, clients

_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class ShopQueues:
    """The queues by their names in ``infra.topology``."""

    def __init__(self, shop: ShopProcess) -> None:
        """Look at the queues of a shop that is ready."""
        self._shop = shop
        self._sqs = clients(shop.facts)("sqs")

    def url(self, queue: str) -> str:
        """Return the URL of a queue."""
        url: str = self._shop.facts["environment"][queue_setting(queue)]
        return url

    def depth(self, queue: str) -> int:
        """Return how many messages a queue has: waiting, in flight and delayed."""
        found = self._sqs.get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=_COUNTS)
        return sum(int(found["Attributes"][name]) for name in _COUNTS)

    def send(self, queue: str, body: str) -> None:
        """Put a message on a queue."""
        self._sqs.send_message(QueueUrl=self.url(queue), MessageBody=body)

    def take(self, queue: str, most: int) -> list[str]:
        """Take messages off a queue until there are so many, or no more for a second."""
        taken: list[str] = []
        while found := self._receive(queue, min(10, most - len(taken))):
            for message in found:
                self._sqs.delete_message(
                    QueueUrl=self.url(queue), ReceiptHandle=message["ReceiptHandle"]
                )
                taken.append(message["Body"])
        return taken

    def _receive(self, queue: str, most: int) -> list[Any]:
        if most < 1:
            return []
        answer = self._sqs.receive_message(
            QueueUrl=self.url(queue), MaxNumberOfMessages=most, WaitTimeSeconds=1
        )
        messages: list[Any] = answer.get("Messages", [])
        return messages

    def shorten_visibility(self, seconds: int) -> None:
        """Have messages come again sooner that a worker did not finish with."""
        for queue in QUEUES:
            self._sqs.set_queue_attributes(
                QueueUrl=self.url(queue.name), Attributes={"VisibilityTimeout": str(seconds)}
            )

    @contextmanager
    def paused(self, queue: str) -> Iterator[None]:
        """Have no worker read a queue in the block."""
        functions = clients(self._shop.facts)("lambda")
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self.url(queue), AttributeNames=["QueueArn"]
        )
        [mapping] = functions.list_event_source_mappings(
            EventSourceArn=attributes["Attributes"]["QueueArn"]
        )["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
