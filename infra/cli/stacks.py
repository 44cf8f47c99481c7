"""Which shop a command works on: the one of `make run`, or a stack in AWS."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated
from urllib.request import urlopen

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from app.aws import boto3_calls
from app.settings import Settings, TableLayout, read_settings
from app.store.schema import FORMER_GSI1
from app.store.table import Table, open_table
from infra.local.clients import Clients
from infra.local.data_folder import data_path
from infra.local.emulator import HEALTH_PATH
from infra.local.environment import CREDENTIALS, REGION
from infra.local.errors import EmulatorSilentError
from infra.local.running import running_shop
from infra.log_search import LogLine, LogsClient, search_folder, search_stack
from infra.topology import table_name

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_sqs import SQSClient

#: The name of the stack of `make run`.
LOCAL = "local"

#: How long the emulator may take for an answer of one line.
ANSWER_SECONDS = 5.0

StackOption = Annotated[
    str, typer.Option(help="A stack in AWS; 'local' is the shop of `make run`.")
]
RegionOption = Annotated[
    str,
    typer.Option(
        help="The region of a stack in AWS.",
        envvar=["AWS_REGION", "AWS_DEFAULT_REGION"],
        show_envvar=True,
    ),
]


@dataclass(frozen=True)
class StackConnection:
    """One stack, and the clients that reach it; each is made on first use.

    Without an ``endpoint_url`` it is in AWS: credentials are found as by every AWS tool, and
    ``AWS_ENDPOINT_URL`` is honoured. ``environment`` holds the settings of its functions,
    ``worker_urls`` the addresses of workers that are processes on this machine.
    """

    name: str
    region: str
    environment: Mapping[str, str]
    endpoint_url: str | None = None
    worker_urls: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _emulator(self) -> Clients:
        """Return clients of the emulator, which has just answered.

        Raises:
            EmulatorSilentError: it does not answer; without asking first, each of a command's
                calls would wait for a minute.
        """
        assert self.endpoint_url is not None  # noqa: S101 - who asks is on this machine
        try:
            with urlopen(  # noqa: S310  # The emulator's own address.
                f"{self.endpoint_url}{HEALTH_PATH}", timeout=ANSWER_SECONDS
            ):
                return Clients(self.endpoint_url, self.region)
        except OSError as failure:
            raise EmulatorSilentError(
                "the shop's AWS emulator does not answer: it was stopped, or has too much to do. "
                "Stop `make run` with Ctrl-C and start it again; the orders are kept. "
                "`acme-shop trace <id>` reads the log meanwhile."
            ) from failure

    @property
    def options(self) -> str:
        """Return what a command needs to reach this stack."""
        return "" if self.name == LOCAL else f" --stack {self.name} --region {self.region}"

    @property
    def aws_options(self) -> str:
        """Return what the AWS command line needs to reach this stack."""
        local = f" --endpoint-url {self.endpoint_url}" if self.endpoint_url else ""
        return f" --region {self.region}{local}"

    @cached_property
    def table(self) -> Table:
        """Return the stack's table."""
        name = table_name(self.name)
        if self.endpoint_url is None:
            return open_table(name, region=self.region, layout=_layout_of(name, self.region))
        _ = self._emulator
        credentials = (CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
        return open_table(
            self.environment.get("TABLE", name),
            region=self.region,
            endpoint_url=self.endpoint_url,
            credentials=credentials,
        )

    @cached_property
    def sqs(self) -> "SQSClient":
        """Return a client of the stack's queues."""
        if self.endpoint_url is not None:
            client: SQSClient = self._emulator("sqs")
            return client
        return boto3.client("sqs", region_name=self.region, config=boto3_calls.client_config())

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """Return a client of the table for what the shop itself never does, as a scan."""
        if self.endpoint_url is not None:
            client: DynamoDBClient = self._emulator("dynamodb")
            return client
        return boto3.client("dynamodb", region_name=self.region, config=boto3_calls.client_config())

    @cached_property
    def functions(self) -> "LambdaClient":
        """Return a client of the stack's functions and of what calls them."""
        if self.endpoint_url is not None:
            client: LambdaClient = self._emulator("lambda")
            return client
        return boto3.client("lambda", region_name=self.region, config=boto3_calls.client_config())

    @cached_property
    def logs(self) -> LogsClient:
        """Return a client of the stack's logs; those of the local shop are in a file."""
        client: LogsClient = boto3.client(
            "logs", region_name=self.region, config=boto3_calls.client_config()
        )
        return client

    @cached_property
    def metrics(self) -> "CloudWatchClient":
        """Return a client of the stack's metrics."""
        return boto3.client(
            "cloudwatch", region_name=self.region, config=boto3_calls.client_config()
        )

    @cached_property
    def settings(self) -> Settings:
        """Return the settings of the stack's functions, as far as they are known here."""
        return read_settings(dict(self.environment))


def _layout_of(table: str, region: str) -> TableLayout:
    """Return the layout that every live function can read, for writes into a table in AWS."""
    client = boto3.client("dynamodb", region_name=region, config=boto3_calls.client_config())
    try:
        found = client.describe_table(TableName=table)["Table"]
    except (BotoCoreError, ClientError):
        # Who must not see the indexes writes what every release reads.
        return TableLayout.FORMER
    indexes = {index["IndexName"] for index in found.get("GlobalSecondaryIndexes", [])}
    return TableLayout.FORMER if FORMER_GSI1.name in indexes else TableLayout.CURRENT


def search_log(
    connection: StackConnection, ids: Iterable[str], *, since: datetime, until: datetime
) -> list[LogLine]:
    """Return the lines of a stack's log, or of the local shop's whole one, with one of the ids.

    Raises:
        LogSearchError: the log cannot be read.
    """
    if connection.endpoint_url is not None:
        return search_folder(data_path(), ids)
    return search_stack(connection.logs, connection.name, ids, since=since, until=until)


def connect(stack: str = LOCAL, region: str = REGION) -> StackConnection:
    """Return the connection to a stack; nothing is asked of it yet.

    Raises:
        NotRunningError: ``stack`` is local, and no shop is running on this machine.
    """
    if stack != LOCAL:
        return StackConnection(stack, region, os.environ)
    shop = running_shop()
    return StackConnection(
        stack,
        shop.environment["REGION"],
        shop.environment,
        shop.endpoint_url,
        shop.worker_urls,
    )
