"""Rotating the signing keys, step by step as Secrets Manager asks for it.

It calls a function with ``Step``, ``SecretId`` and ``ClientRequestToken``, which is the id of
the new version, and calls again what failed or what it has no answer of; so each step looks
first whether it is done.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.security.signing_keys import parse_signing_keys, rotate_signing_keys, secrets_client
from app.settings import get_settings

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

log = logging.getLogger("shop.keys")

_CURRENT, _PENDING = "AWSCURRENT", "AWSPENDING"


def is_rotation(event: Any) -> bool:
    """Return whether an event of Lambda comes from Secrets Manager, not from the gateway.

    A request cannot look like one: whatever it says, the gateway puts it inside an event with
    a ``requestContext``.
    """
    return isinstance(event, dict) and "requestContext" not in event and "Step" in event


def rotate(event: dict[str, Any]) -> None:
    """Do one step of a rotation; of the secret in the settings, whichever the event names.

    Raises:
        ClientError: Secrets Manager refuses; it will call again.
        SettingsError: the secret is malformed; nothing is changed.
        ValueError: there is no such step.
    """
    step, version = event["Step"], event["ClientRequestToken"]
    name, client = get_settings().required("signing_keys_secret"), secrets_client()
    match step:
        case "createSecret":
            _create(client, name, version)
        case "setSecret":
            pass  # Nobody else keeps a copy that would have to be changed.
        case "testSecret":
            parse_signing_keys(_read(client, name, version))
        case "finishSecret":
            _finish(client, name, version)
        case _:
            raise ValueError("there is no such step in a rotation")
    log.info("signing_keys.rotation step=%s", step)


def _create(client: "SecretsManagerClient", name: str, version: str) -> None:
    """Put the version that comes next, unless it is there."""
    with suppress(client.exceptions.ResourceNotFoundException):
        # Secrets Manager lists the version from the start, but it has no value before this.
        _read(client, name, version)
        return
    current = client.get_secret_value(SecretId=name, VersionStage=_CURRENT)["SecretString"]
    try:
        client.put_secret_value(
            SecretId=name,
            ClientRequestToken=version,
            SecretString=rotate_signing_keys(current),
            VersionStages=[_PENDING],
        )
    except client.exceptions.ResourceExistsException:
        return  # Somebody did the same step at the same time.


def _finish(client: "SecretsManagerClient", name: str, version: str) -> None:
    """Make the new version the one that everybody reads, unless it is."""
    stages = client.describe_secret(SecretId=name)["VersionIdsToStages"]
    [before] = [each for each, labels in stages.items() if _CURRENT in labels]
    if before != version:
        client.update_secret_version_stage(
            SecretId=name,
            VersionStage=_CURRENT,
            MoveToVersionId=version,
            RemoveFromVersionId=before,
        )


def _read(client: "SecretsManagerClient", name: str, version: str) -> str:
    return client.get_secret_value(SecretId=name, VersionId=version)["SecretString"]
