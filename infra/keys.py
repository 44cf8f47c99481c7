"""The key that protects card data on its way, and the place of the keys that sign tokens."""

import pulumi
import pulumi_aws as aws

from app.stack import card_key_alias, signing_keys_name

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


def _card_key_policy(region: str) -> pulumi.Output[str]:
    """Return who may do what with the card key.

    The account's IAM policies decide, as is usual, but the key works for queues only: what
    it encrypted cannot be read outside SQS, whatever a policy says. In a key's own policy
    ``*`` means this key.
    """
    root = pulumi.Output.format(
        "arn:{0}:iam::{1}:root",
        aws.get_partition_output().partition,
        aws.get_caller_identity_output().account_id,
    )
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "LookAfterTheKey",
                    "Effect": "Allow",
                    "Principal": {"AWS": root},
                    "Action": _ADMINISTRATION,
                    "Resource": "*",
                },
                {
                    "Sid": "UseTheKeyThroughQueues",
                    "Effect": "Allow",
                    "Principal": {"AWS": root},
                    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                    "Resource": "*",
                    "Condition": {
                        "StringEquals": {"kms:ViaService": f"sqs.{region}.amazonaws.com"}
                    },
                },
            ],
        }
    )


class CardKey(pulumi.ComponentResource):
    """The KMS key of the queues that carry cards, renewed every year."""

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
            policy=_card_key_policy(region),
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


class SigningKeys(pulumi.ComponentResource):
    """The secret that holds the keys tokens are signed with: the container, never a value.

    A value in this program would end up in its state and its history. Operators put the
    first one with ``aws secretsmanager put-secret-value``, rotation the later ones; until
    then the shop answers, and nobody can log in.
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
