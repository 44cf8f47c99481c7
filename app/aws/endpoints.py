"""Where AWS's services are called, and by which certificates they are known."""

import os
from importlib.util import find_spec
from pathlib import Path

#: How the SDKs' variables name services: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
_NAMES = {"dynamodb": "DYNAMODB", "sqs": "SQS", "secretsmanager": "SECRETS_MANAGER"}


def endpoint_of(service: str, region: str) -> str:
    """Return where a service is called: the SDKs' variables first, else AWS itself."""
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
        for variable in (f"AWS_ENDPOINT_URL_{_NAMES[service]}", "AWS_ENDPOINT_URL"):
            if url := os.environ.get(variable, ""):
                return url.rstrip("/")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{service}.{region}.{suffix}"


def certificates() -> str:
    """Return the file with the certificates that hosts are checked by: the one of boto3."""
    if given := os.environ.get("AWS_CA_BUNDLE"):
        return given
    # Found without importing botocore.
    found = find_spec("botocore")
    return str(Path(found.origin if found and found.origin else "").with_name("cacert.pem"))
