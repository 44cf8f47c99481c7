"""Signing requests to AWS: Signature Version 4, for what the shop sends.

All of it is POSTs to the path of an endpoint, without a query. botocore signs these and everything
else; importing that takes a worker as long as all other imports together, and a signature six
times as long. ``tests/app/aws/test_json_service.py`` compares signed requests with boto3's.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import os
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

_ALGORITHM = "AWS4-HMAC-SHA256"
#: Proxies may change it.
_UNSIGNED = "x-amzn-trace-id"


class Credentials(NamedTuple):
    """What requests are signed with."""

    access_key: str
    secret_key: str
    token: str | None = None

    @property
    def fits_headers(self) -> bool:
        """Whether the parts that are sent are one line each, so that they can add no header."""
        sent = f"{self.access_key}{self.token or ''}"
        return sent.isascii() and "\n" not in sent and "\r" not in sent


def environment_credentials() -> Credentials | None:
    """Return the credentials in the environment, where Lambda puts them."""
    environment = os.environ
    try:
        found = Credentials(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN") or None,
        )
    except KeyError:
        return None
    return found if found.access_key and found.secret_key else None


def sign(
    headers: Mapping[str, str],
    body: bytes,
    *,
    path: str,
    service: str,
    region: str,
    credentials: Credentials,
    now: time.struct_time,
) -> dict[str, str]:
    """Return the headers of a POST with its signature.

    Names of ``headers`` are in lower case, ``host`` is among them; ``now`` is in UTC.
    """
    instant = time.strftime("%Y%m%dT%H%M%SZ", now)
    day = instant[:8]
    signed = {**headers, "x-amz-date": instant}
    if credentials.token:
        signed["x-amz-security-token"] = credentials.token
    names = sorted(name for name in signed if name != _UNSIGNED)
    lines = "".join([f"{name}:{' '.join(signed[name].split())}\n" for name in names])
    listed = ";".join(names)
    digest = hashlib.sha256(body).hexdigest()
    canonical = f"POST\n{path}\n\n{lines}\n{listed}\n{digest}"
    scope = f"{day}/{region}/{service}/aws4_request"
    text = f"{_ALGORITHM}\n{instant}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = _signing_key(credentials.secret_key, day, region, service)
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    signed["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={listed}, Signature={signature}"
    )
    return signed


# A process talks to a few services, and two days meet at midnight.
@lru_cache(maxsize=16)
def _signing_key(secret_key: str, *scope: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (*scope, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
