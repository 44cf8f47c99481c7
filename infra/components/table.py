"""The one table, from its shape in ``app/store/schema.py``."""

from datetime import UTC

import pulumi
import pulumi_aws as aws

from app.settings import TableLayout
from app.store.schema import FORMER_SHAPE, SHAPE, TIME_TO_LIVE, Index
from infra.components.configuration import Configuration
from infra.components.stack_config import DynamoDB
from infra.topology import table_name


def _index(index: Index, settings: DynamoDB) -> aws.dynamodb.TableGlobalSecondaryIndexArgs:
    return aws.dynamodb.TableGlobalSecondaryIndexArgs(
        name=index.name,
        projection_type=index.projection,
        non_key_attributes=list(index.attributes) or None,
        read_capacity=settings.read_capacity,
        write_capacity=settings.write_capacity,
        key_schemas=[
            aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(
                attribute_name=index.hash_key, key_type="HASH"
            ),
            aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(
                attribute_name=index.range_key, key_type="RANGE"
            ),
        ],
    )


class Table(pulumi.ComponentResource):
    """The table with its indexes, backed up continuously and guarded against deletion."""

    def __init__(
        self,
        name: str,
        *,
        configuration: Configuration,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the table of a stack; only a disposable one can be deleted."""
        super().__init__("shop:store:Table", name, None, opts)
        settings = configuration.dynamodb
        source = settings.restore_from
        moment = source.at.astimezone(UTC) if source and source.at else None
        self.layout = configuration.settings.table_layout
        shape = FORMER_SHAPE if self.layout is TableLayout.FORMER else SHAPE
        table = aws.dynamodb.Table(
            name,
            name=table_name(configuration.stack),
            billing_mode=settings.billing_mode.value,
            read_capacity=settings.read_capacity,
            write_capacity=settings.write_capacity,
            hash_key=shape.hash_key,
            range_key=shape.range_key,
            attributes=[
                aws.dynamodb.TableAttributeArgs(name=attribute, type="S")
                for attribute in shape.key_attributes
            ],
            global_secondary_indexes=[_index(index, settings) for index in shape.indexes],
            point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(
                enabled=True, recovery_period_in_days=settings.recovery_days
            ),
            ttl=aws.dynamodb.TableTtlArgs(attribute_name=TIME_TO_LIVE, enabled=True),
            # Encrypted either way; this key of AWS leaves a trace of its use in CloudTrail.
            server_side_encryption=aws.dynamodb.TableServerSideEncryptionArgs(enabled=True),
            restore_source_name=source.table if source else None,
            restore_date_time=f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None,
            restore_to_latest_time=True if source and not moment else None,
            deletion_protection_enabled=not configuration.is_disposable,
            # They say how the table began: a later change must not make another one of it.
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=["restoreSourceName", "restoreDateTime", "restoreToLatestTime"],
            ),
        )
        self.name = table.name
        self.arn = table.arn
        self.index_arns = {
            index.name: pulumi.Output.concat(table.arn, "/index/", index.name)
            for index in shape.indexes
        }
        self.register_outputs({"name": self.name, "arn": self.arn})
