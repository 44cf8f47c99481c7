"""The queues, each encrypted, every main queue with its dead letters."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from infra.components.keys import CardKey
from infra.topology import MAX_RECEIVES, QUEUES, Queue, queue_name


class Queues(pulumi.ComponentResource):
    """All queues; ``by_name`` has them under their names in ``infra/topology.py``."""

    by_name: Mapping[str, aws.sqs.Queue]

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        card_key: CardKey,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the queues of a stack; those that carry cards are encrypted with ``card_key``."""
        super().__init__("shop:queues:Queues", name, None, opts)
        made: dict[str, aws.sqs.Queue] = {}
        # Dead-letter queues first: the others point at them.
        for queue in sorted(QUEUES, key=lambda queue: queue.dead_letters is not None):
            dead_letters = made[queue.dead_letters] if queue.dead_letters else None
            made[queue.name] = self._make(
                queue, stack=stack, card_key=card_key, dead_letters=dead_letters
            )
        self.by_name = made
        self.register_outputs({})

    def _make(
        self,
        queue: Queue,
        *,
        stack: str,
        card_key: CardKey,
        dead_letters: aws.sqs.Queue | None,
    ) -> aws.sqs.Queue:
        redrive_policy = None
        if dead_letters:
            redrive_policy = pulumi.Output.json_dumps(
                {
                    "deadLetterTargetArn": dead_letters.arn,
                    "maxReceiveCount": MAX_RECEIVES,
                }
            )
        return aws.sqs.Queue(
            queue.name,
            name=queue_name(stack, queue.name),
            message_retention_seconds=queue.retention_seconds,
            visibility_timeout_seconds=queue.visibility_seconds,
            redrive_policy=redrive_policy,
            # One of the two; both together are refused.
            kms_master_key_id=card_key.arn if queue.carries_cards else None,
            sqs_managed_sse_enabled=None if queue.carries_cards else True,
            opts=pulumi.ResourceOptions(parent=self),
        )
