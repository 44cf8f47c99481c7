"""The secrets of a deployment: keys that sign tokens and fingerprints.

They live in Secrets Manager as JSON: ``signin_1`` (access tokens) and ``signin_2`` (refresh
tokens) are lists of hexadecimal keys. The first one signs, the second one will after the next
rotation, the third one did before the last; all of them verify. So a key is known everywhere
long before it signs anything, and long after. ``fingerprint`` is one key that never changes.
"""

import json
import logging
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.deadlines import run_in_thread
from app.domain.errors import SecretsUnavailableError, SettingsError
from app.settings import get_settings

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

log = logging.getLogger("shop.keys")

ACCESS = "signin_1"
REFRESH = "signin_2"

#: RFC 7518, 3.2: a key of the hash's size or larger.
MIN_KEY_BYTES = 32


@dataclass(frozen=True)
class SigningKeys:
    """All keys, ready to use; never printed."""

    access: tuple[bytes, ...] = field(repr=False)
    refresh: tuple[bytes, ...] = field(repr=False)
    fingerprint: bytes = field(repr=False)

    def for_kid(self, kid: str) -> tuple[bytes, ...]:
        """Return the keys behind a ``kid``; none for one we did not give out."""
        return {ACCESS: self.access, REFRESH: self.refresh}.get(kid, ())


#: How long a process goes by what it has read: much shorter than from one rotation to the next.
_RENEW_SECONDS = 60 * 60
#: How soon it asks again after it asked in vain.
_RETRY_SECONDS = 60

_known: SigningKeys | None = None
_ask_again_at = 0.0


async def get_signing_keys() -> SigningKeys:
    """Return the keys; the first call of a process fetches them, and one each hour after that.

    Where they cannot be fetched again, those that are known go on working.

    Raises:
        SecretsUnavailableError: nothing is known yet, and the secret cannot be read.
        SettingsError: nothing is known yet, and the secret is malformed, or not named at all.
    """
    global _known, _ask_again_at  # noqa: PLW0603
    now = time.time()
    if _known is not None and now < _ask_again_at:
        return _known
    _ask_again_at = now + _RETRY_SECONDS  # Whoever comes meanwhile takes what is known.
    name = get_settings().required("signing_keys_secret")
    error = SecretsUnavailableError("the signing keys cannot be read")
    try:
        _known = parse_signing_keys(await run_in_thread(lambda: _fetch(name), error=error))
    except (SecretsUnavailableError, SettingsError) as failure:
        if _known is None:
            raise
        log.warning("signing_keys.not_renewed cause=%s", failure)
    else:
        _ask_again_at = now + _RENEW_SECONDS
    return _known


def new_signing_keys() -> str:
    """Return the text of a secret with random keys, for a new deployment."""
    rings = {ring: [_new_key(), _new_key()] for ring in (ACCESS, REFRESH)}
    return json.dumps({**rings, "fingerprint": _new_key()})


def rotate_signing_keys(text: str) -> str:
    """Return the text of the secret after one rotation.

    Raises:
        SettingsError: the text is no such secret.
    """
    parse_signing_keys(text)
    secret = json.loads(text)
    for ring in (ACCESS, REFRESH):
        signs, *others = secret[ring]
        secret[ring] = [others[0], _new_key(), signs] if others else [signs, _new_key()]
    return json.dumps(secret)


def _new_key() -> str:
    return secrets.token_hex(MIN_KEY_BYTES)


def parse_signing_keys(text: str) -> SigningKeys:
    """Return the keys in the text of the secret.

    Raises:
        SettingsError: the secret does not hold what the module's first lines say.
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

    from app.aws import client_config  # noqa: PLC0415

    return boto3.client("secretsmanager", region_name=get_settings().region, config=client_config())


def _fetch(name: str) -> str:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    client = secrets_client()
    try:
        return client.get_secret_value(SecretId=name)["SecretString"]
    except (BotoCoreError, ClientError) as failure:
        raise SecretsUnavailableError("the signing keys cannot be read") from failure
