"""KMS keys for cards on queues and for notifications, and the secret with the signing keys."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from infra.components.permissions import policy
from infra.topology import card_key_alias, notifications_name, signing_keys_name

#: How long a deleted key or secret can be brought back.
RECOVERY_DAYS = 30

#: Everything it takes to look after a key, and nothing that encrypts or decrypts.
_ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)


def _key_policy(use: Mapping[str, object]) -> pulumi.Output[str]:
    """Return who may do what with a key: the account looks after it, ``use`` is the rest.

    In a key's own policy ``*`` means this key.
    """
    looking_after = {
        "Sid": "LookAfterTheKey",
        "Effect": "Allow",
        "Principal": {"AWS": _root()},
        "Action": _ADMINISTRATION,
        "Resource": "*",
    }
    return pulumi.Output.json_dumps(policy(looking_after, use))


def _root() -> pulumi.Output[str]:
    """Return the account, whose IAM policies decide."""
    return pulumi.Output.format(
        "arn:{0}:iam::{1}:root",
        aws.get_partition_output().partition,
        aws.get_caller_identity_output().account_id,
    )


class CardKey(pulumi.ComponentResource):
    """The KMS key of the queues that carry cards, renewed every year.

    The account's IAM policies decide who uses it, as is usual, but it works for queues only:
    what it encrypted cannot be read outside SQS, whatever a policy says.
    """

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        region: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the card key of a stack and its alias."""
        super().__init__("shop:keys:CardKey", name, None, opts)
        key = aws.kms.Key(
            name,
            description="Card data on the queues of the ACME Serverless Fitness Shop",
            enable_key_rotation=True,
            deletion_window_in_days=RECOVERY_DAYS,
            policy=_key_policy(
                {
                    "Sid": "UseTheKeyThroughQueues",
                    "Effect": "Allow",
                    "Principal": {"AWS": _root()},
                    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                    "Resource": "*",
                    "Condition": {
                        "StringEquals": {"kms:ViaService": f"sqs.{region}.amazonaws.com"}
                    },
                }
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.kms.Alias(
            name,
            name=card_key_alias(stack),
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})


class NotificationKey(pulumi.ComponentResource):
    """The KMS key of the topic; AWS's own cannot be used by the services that send to it."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        senders: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the key of a stack's topic and its alias; ``senders`` are AWS services."""
        super().__init__("shop:keys:NoticeKey", name, None, opts)
        key = aws.kms.Key(
            name,
            description="Notices of the ACME Serverless Fitness Shop",
            enable_key_rotation=True,
            deletion_window_in_days=RECOVERY_DAYS,
            policy=_key_policy(
                {
                    "Sid": "SendNotices",
                    "Effect": "Allow",
                    "Principal": {"Service": list(senders)},
                    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                    "Resource": "*",
                    "Condition": {
                        "StringEquals": {
                            "aws:SourceAccount": aws.get_caller_identity_output().account_id
                        }
                    },
                }
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.kms.Alias(
            name,
            name=f"alias/{notifications_name(stack)}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})


class SigningKeys(pulumi.ComponentResource):
    """The secret that holds the keys tokens are signed with: the container, never a value.

    A value in this program would end up in its state and its history. A stack's first release
    puts the first one (``infra/release/release.py``), rotation the later ones; until then the shop
    answers, but no login succeeds.
    """

    def __init__(
        self, name: str, *, stack: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the empty secret of a stack."""
        super().__init__("shop:keys:SigningKeys", name, None, opts)
        secret = aws.secretsmanager.Secret(
            name,
            name=signing_keys_name(stack),
            description="Keys that sign the tokens of the ACME Serverless Fitness Shop",
            recovery_window_in_days=RECOVERY_DAYS,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = secret.arn
        self.register_outputs({"arn": self.arn})
