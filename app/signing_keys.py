"""The secrets of a deployment: keys that sign tokens and fingerprints.

They live in Secrets Manager as JSON: ``signin_1`` (access tokens) and ``signin_2`` (refresh
tokens) are lists of hexadecimal keys, newest first, so that a rotated key still verifies;
``fingerprint`` is one key that is never rotated.
"""

import json
from dataclasses import dataclass, field

from app.domain.errors import SecretsUnavailableError, SettingsError
from app.patience import in_thread
from app.settings import get_settings

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

    def of(self, kid: str) -> tuple[bytes, ...]:
        """Return the keys behind a ``kid``; none for one we did not give out."""
        return {ACCESS: self.access, REFRESH: self.refresh}.get(kid, ())


_known: SigningKeys | None = None


async def get_signing_keys() -> SigningKeys:
    """Return the keys; the first call of a process fetches them, later ones cost nothing."""
    global _known  # noqa: PLW0603
    if _known is None:
        name = get_settings().required("signing_keys_secret")
        late = SecretsUnavailableError("the signing keys cannot be read")
        text = await in_thread(lambda: _fetch(name), late=late)
        _known = parse_signing_keys(text)
    return _known


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


def _fetch(name: str) -> str:
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from app.aws import client_config  # noqa: PLC0415

    client = boto3.client(
        "secretsmanager", region_name=get_settings().region, config=client_config()
    )
    try:
        return client.get_secret_value(SecretId=name)["SecretString"]
    except (BotoCoreError, ClientError) as failure:
        raise SecretsUnavailableError("the signing keys cannot be read") from failure
