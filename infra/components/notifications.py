"""Where alarms and budget warnings go: an encrypted topic, with one e-mail address if set."""

import pulumi
import pulumi_aws as aws

from infra.components.keys import NotificationKey
from infra.components.permissions import policy
from infra.topology import notifications_name

#: The services that publish to the topic.
SENDERS = ("budgets.amazonaws.com", "cloudwatch.amazonaws.com")


class Notifications(pulumi.ComponentResource):
    """The topic of a stack; people and tools subscribe to it."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        email: str | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the topic; ``email`` gets a message that asks to confirm the subscription."""
        super().__init__("shop:notices:Notices", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = NotificationKey(name, stack=stack, senders=SENDERS, opts=child)
        topic = aws.sns.Topic(
            name, name=notifications_name(stack), kms_master_key_id=key.arn, opts=child
        )
        account = aws.get_caller_identity_output().account_id
        aws.sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=pulumi.Output.json_dumps(
                policy(
                    {
                        "Sid": "Tell",
                        "Effect": "Allow",
                        "Principal": {"Service": list(SENDERS)},
                        "Action": ["sns:Publish"],
                        "Resource": [topic.arn],
                        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                    }
                )
            ),
            opts=child,
        )
        if email:
            aws.sns.TopicSubscription(
                name, topic=topic.arn, protocol="email", endpoint=email, opts=child
            )
        self.arn = topic.arn
        self.register_outputs({"arn": self.arn})
