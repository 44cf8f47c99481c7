"""The signing keys of a deployment, for tokens and fingerprints.

They are stored in Secrets Manager as JSON: ``signin_1`` (access tokens) and ``signin_2``
(refresh tokens) are lists of hexadecimal keys. The first key signs, the second one signs after
the next rotation, the third one signed before the last; all of them verify. So every process
knows a key long before it is used, and long after. ``fingerprint`` is one key that never
changes.
"""

import asyncio
import json
import logging
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.aws.json_service import Service, secrets_manager
from app.aws.refusals import call_failures, permanent_code, report
from app.deadlines import call_deadline, call_seconds
from app.domain.errors import SecretsMisconfiguredError, SecretsUnavailableError, SettingsError
from app.settings import AwsClient, get_settings

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

log = logging.getLogger("shop.keys")

ACCESS = "signin_1"
REFRESH = "signin_2"

#: RFC 7518, 3.2: a key of the hash's size or larger.
MIN_KEY_BYTES = 32


@dataclass(frozen=True)
class SigningKeys:
    """All keys as bytes; ``repr`` shows none of them."""

    access: tuple[bytes, ...] = field(repr=False)
    refresh: tuple[bytes, ...] = field(repr=False)
    fingerprint: bytes = field(repr=False)

    def for_kid(self, kid: str) -> tuple[bytes, ...]:
        """Return the keys for a ``kid``; none for an unknown one."""
        return {ACCESS: self.access, REFRESH: self.refresh}.get(kid, ())


#: How long a process uses the keys it has read; much shorter than the time between rotations.
_RENEW_SECONDS = 60 * 60
#: How long it waits after a failed read before it tries again.
_RETRY_SECONDS = 60

_cached_keys: SigningKeys | None = None
_refresh_at = 0.0
_fetching: "asyncio.Task[SigningKeys] | None" = None


async def get_signing_keys() -> SigningKeys:
    """Return the keys; fetched once for all first callers of a process, then once an hour.

    When they cannot be fetched again, the known keys stay in use.

    Raises:
        SecretsUnavailableError: no keys are known yet, and the secret cannot be read.
        SettingsError: no keys are known yet, and the secret is malformed, or its name not set.
    """
    global _fetching, _refresh_at  # noqa: PLW0603
    if _cached_keys is not None and time.time() < _refresh_at:
        return _cached_keys
    if _cached_keys is not None:
        _refresh_at = time.time() + _RETRY_SECONDS  # Other calls use the known keys meanwhile.
        return await _renew()
    loop = asyncio.get_running_loop()
    if _fetching is None or _fetching.done() or _fetching.get_loop() is not loop:
        # A task of its own: it goes on for the others when the first caller gives up.
        _fetching = loop.create_task(_renew())
    async with call_deadline(SecretsUnavailableError("the signing keys cannot be read")):
        return await asyncio.shield(_fetching)


def known_signing_keys() -> SigningKeys | None:
    """Return the keys if this process has read them."""
    return _cached_keys


async def _renew() -> SigningKeys:
    global _cached_keys, _refresh_at  # noqa: PLW0603
    name = get_settings().required("signing_keys_secret")
    try:
        _cached_keys = parse_signing_keys(await fetch_secret(name))
    except (SecretsUnavailableError, SettingsError) as failure:
        if _cached_keys is None:
            raise
        log.warning("signing_keys.not_renewed cause=%s", failure)
    else:
        _refresh_at = time.time() + _RENEW_SECONDS
    return _cached_keys


def new_signing_keys() -> str:
    """Return the text of a secret with random keys, for a new deployment."""
    keys = {kind: [_new_key(), _new_key()] for kind in (ACCESS, REFRESH)}
    return json.dumps({**keys, "fingerprint": _new_key()})


def rotate_signing_keys(text: str) -> str:
    """Return the text of the secret after one rotation.

    Raises:
        SettingsError: the text is not a valid secret.
    """
    parse_signing_keys(text)
    secret = json.loads(text)
    for kind in (ACCESS, REFRESH):
        signs, *others = secret[kind]
        secret[kind] = [others[0], _new_key(), signs] if others else [signs, _new_key()]
    return json.dumps(secret)


def _new_key() -> str:
    return secrets.token_hex(MIN_KEY_BYTES)


def parse_signing_keys(text: str) -> SigningKeys:
    """Return the keys in the text of the secret.

    Raises:
        SettingsError: the secret does not have the form described above.
    """
    try:
        secret = json.loads(text)
        keys = SigningKeys(
            access=tuple(map(bytes.fromhex, secret[ACCESS])),
            refresh=tuple(map(bytes.fromhex, secret[REFRESH])),
            fingerprint=bytes.fromhex(secret["fingerprint"]),
        )
    except (ValueError, KeyError, TypeError):
        raise SettingsError("the signing keys secret is malformed") from None
    every = (*keys.access, *keys.refresh, keys.fingerprint)
    if not (keys.access and keys.refresh) or any(len(key) < MIN_KEY_BYTES for key in every):
        raise SettingsError("the signing keys secret lacks a key, or holds a short one")
    return keys


def secrets_client() -> "SecretsManagerClient":
    """Return a client of Secrets Manager with the shop's short time-outs."""
    import boto3  # noqa: PLC0415

    from app.aws.boto3_calls import client_config  # noqa: PLC0415

    return boto3.client("secretsmanager", region_name=get_settings().region, config=client_config())


async def fetch_secret(name: str) -> str:
    """Return the text of a secret; one call of Secrets Manager.

    Raises:
        SecretsUnavailableError: it cannot be read.
    """
    try:
        async with call_deadline(SecretsUnavailableError()):
            answer = await _service().call(
                "GetSecretValue", {"SecretId": name}, seconds=call_seconds()
            )
    except call_failures() as failure:
        if code := permanent_code(failure):
            text = "the shop has no access to its signing keys"
            error = SecretsMisconfiguredError(text, code=code, operation="GetSecretValue")
            raise report(error) from failure
        raise SecretsUnavailableError from failure
    return str(answer.get("SecretString", ""))


def _service() -> Service:
    """Return what calls Secrets Manager: the light client, or boto3's by setting."""
    settings = get_settings()
    if settings.aws_client is AwsClient.BOTO3:
        from app.aws.boto3_calls import Boto3Service  # noqa: PLC0415

        return Boto3Service(secrets_client)
    return secrets_manager(settings.region)
