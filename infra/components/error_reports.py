"""The secret that says where errors are reported, in a stack with ``awsconfig:generic.sentry``."""

import pulumi
import pulumi_aws as aws

from infra.components.keys import RECOVERY_DAYS
from infra.topology import sentry_dsn_name


class SentryDsn(pulumi.ComponentResource):
    """The place of a DSN: the container, never the value, as for the signing keys.

    ``aws secretsmanager put-secret-value`` puts one, and a function reads it with its first
    error; until there is one, errors are in the log only.
    """

    def __init__(
        self, name: str, *, stack: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the empty secret of a stack."""
        super().__init__("shop:errors:SentryDsn", name, None, opts)
        secret = aws.secretsmanager.Secret(
            name,
            name=sentry_dsn_name(stack),
            description="Where the ACME Serverless Fitness Shop reports its errors",
            recovery_window_in_days=RECOVERY_DAYS,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = secret.arn
        self.register_outputs({"arn": self.arn})
