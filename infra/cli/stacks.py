"""Which shop a command speaks to: the one of `make run`, or a stack in AWS."""

import os
from typing import Annotated

import typer

from app.settings import get_settings
from app.store.table import get_table
from infra import topology
from infra.local.environment import REGION
from infra.local.running import apply_environment

#: What the shop of `make run` is called.
LOCAL = "local"

StackOption = Annotated[
    str, typer.Option(help="A stack in AWS; 'local' is the shop of `make run`.")
]
RegionOption = Annotated[str, typer.Option(help="The region of a stack in AWS.")]


def speak_to(stack: str = LOCAL, region: str = REGION) -> None:
    """Make this process speak to a shop.

    Credentials of a stack in AWS are those of every AWS tool; ``AWS_ENDPOINT_URL`` is honoured.

    Raises:
        NotRunningError: no shop is running on this machine.
    """
    if stack == LOCAL:
        apply_environment()
    else:
        os.environ |= {"TABLE": topology.table_name(stack), "REGION": region}
    get_settings.cache_clear()
    get_table.cache_clear()
