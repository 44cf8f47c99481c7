"""What MiniStack would import without need: half of the processor time of its start.

It loads botocore and the model of each service that answers, only to learn the content type of
its protocol, and a client of Docker, which it cannot reach here (``DOCKER_HOST``).
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

#: Protocol and version of JSON, as botocore's models have them, of the services of a shop.
PROTOCOLS = MappingProxyType(
    {
        "dynamodb": ("json", "1.0"),
        "iam": ("query", None),
        "kms": ("json", "1.1"),
        "lambda": ("rest-json", None),
        "scheduler": ("rest-json", None),
        "secretsmanager": ("json", "1.1"),
        "sqs": ("json", "1.0"),
        "sts": ("query", None),
    }
)


@dataclass(frozen=True)
class _Model:
    """As much of a service's model as MiniStack asks for."""

    metadata: dict[str, str | None]


def skip_imports() -> None:
    """Stub these modules in this process; call it before MiniStack's services are loaded."""
    from ministack.core import responses  # noqa: PLC0415

    sys.modules.setdefault("docker", None)  # type: ignore[arg-type]
    load: Callable[[str], Any] = responses._service_model  # noqa: SLF001
    known = {
        service: _Model({"protocol": protocol, "jsonVersion": version})
        for service, (protocol, version) in PROTOCOLS.items()
    }
    responses._service_model = lambda service: known.get(service) or load(service)  # noqa: SLF001
