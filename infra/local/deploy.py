"""The shop's resources in the emulator, made from the definitions that ``infra/`` deploys.

Each is created if it is missing and updated if it exists, so a repeat is harmless and
existing data stays.
"""

from collections.abc import Mapping

from app.store.schema import SHAPE, TableShape
from infra import topology
from infra.local.clients import Clients
from infra.local.deploy_data import (
    ensure_card_key,
    ensure_queues,
    ensure_signing_keys,
    ensure_table,
)
from infra.local.deploy_functions import (
    ensure_functions,
    ensure_mappings,
    ensure_role,
    ensure_schedule,
)
from infra.local.environment import REGION

#: The services that :func:`deploy` calls.
SERVICES = ("dynamodb", "kms", "secretsmanager", "sqs", "iam", "lambda", "scheduler")


def deploy(
    endpoint_url: str,
    *,
    stack: str = "local",
    region: str = REGION,
    function_urls: Mapping[str, str] | None = None,
    table_shape: TableShape = SHAPE,
    clients: Clients | None = None,
) -> dict[str, str]:
    """Create or update the shop's resources; return the settings the stack supplies.

    Without ``function_urls`` only table, queues and keys are made. With it (name of a function
    to the address of its host) functions, mappings and the schedule are made too; a function
    without an address is called where the emulator's own environment says
    (:func:`infra.local.environment.proxy_environment`). ``clients`` are used if given.

    Raises:
        OutdatedDataError: the table exists with other keys or indexes.
    """
    clients = clients or Clients(endpoint_url, region)
    name = topology.table_name(stack)
    ensure_table(clients("dynamodb"), name, table_shape)
    ensure_card_key(clients("kms"), topology.card_key_alias(stack))
    secret = topology.signing_keys_name(stack)
    ensure_signing_keys(clients("secretsmanager"), secret)
    urls = ensure_queues(clients("sqs"), stack, region)
    if function_urls is not None:
        ensure_role(clients("iam"))
        functions = clients("lambda")
        arns = ensure_functions(functions, stack, function_urls)
        ensure_mappings(functions, stack, region, arns)
        ensure_schedule(clients("scheduler"), stack, topology.SWEEPER, arns)
    return {
        "REGION": region,
        "TABLE": name,
        "SIGNING_KEYS_SECRET": secret,
        **{topology.queue_setting(queue): url for queue, url in urls.items()},
    }


def prepare_clients(endpoint_url: str, *, region: str = REGION) -> Clients:
    """Return the clients of all services, made; takes about as long as the emulator's start."""
    clients = Clients(endpoint_url, region)
    for service in SERVICES:
        clients(service)
    return clients
