"""Rotation of the signing keys, in the steps that Secrets Manager calls.

Secrets Manager sends ``Step``, ``SecretId`` and ``ClientRequestToken``, which is the id of the
new version. It repeats a step that failed or did not answer, so each step first checks
whether it is done.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.security.signing_keys import parse_signing_keys, rotate_signing_keys, secrets_client
from app.security_log import Kind, record_security_event
from app.settings import get_settings

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

log = logging.getLogger("shop.keys")

_CURRENT, _PENDING = "AWSCURRENT", "AWSPENDING"


def rotate(event: dict[str, Any]) -> None:
    """Do one step of a rotation of the secret in the settings; ``SecretId`` is ignored.

    Raises:
        ClientError: Secrets Manager refused a call; it will repeat the step.
        SettingsError: the secret is malformed; nothing is changed.
        ValueError: there is no such step.
    """
    step, version = event["Step"], event["ClientRequestToken"]
    name, client = get_settings().required("signing_keys_secret"), secrets_client()
    match step:
        case "createSecret":
            _create(client, name, version)
        case "setSecret":
            pass  # There is no copy outside Secrets Manager to update.
        case "testSecret":
            parse_signing_keys(_read(client, name, version))
        case "finishSecret":
            _finish(client, name, version)
        case _:
            raise ValueError("there is no such step in a rotation")
    log.info("signing_keys.rotation step=%s", step)
    if step == "finishSecret":
        record_security_event(Kind.KEYS_ROTATED)


def _create(client: "SecretsManagerClient", name: str, version: str) -> None:
    """Store the new version, unless it is stored already."""
    with suppress(client.exceptions.ResourceNotFoundException):
        # Secrets Manager lists the version from the start, but without a value.
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
        return  # Another process did this step at the same time.


def _finish(client: "SecretsManagerClient", name: str, version: str) -> None:
    """Make the new version the current one, unless it is already."""
    stages = client.describe_secret(SecretId=name)["VersionIdsToStages"]
    [current] = [candidate for candidate, labels in stages.items() if _CURRENT in labels]
    if current != version:
        client.update_secret_version_stage(
            SecretId=name,
            VersionStage=_CURRENT,
            MoveToVersionId=version,
            RemoveFromVersionId=current,
        )


def _read(client: "SecretsManagerClient", name: str, version: str) -> str:
    return client.get_secret_value(SecretId=name, VersionId=version)["SecretString"]
