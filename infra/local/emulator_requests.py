"""What a request to the emulator may change, as far as its headers tell; and how to refuse it."""

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

Scope = dict[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: How a refusal begins; the system's reason follows.
UNSAVED = "The data cannot be saved: "

_READS = ("Get", "BatchGet", "TransactGet", "Query", "Scan", "Describe", "List")
#: Actions whose changes are recorded entry by entry; others may change anything of a service.
_ENTRY_ACTIONS = frozenset(
    {
        *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
        *("SendMessage", "SendMessageBatch", "ReceiveMessage", "PurgeQueue"),
        *("DeleteMessage", "DeleteMessageBatch"),
        *("ChangeMessageVisibility", "ChangeMessageVisibilityBatch"),
    }
)

#: What a start of the shop changes of a stack that is there already.
_DEPLOYED_SERVICES = frozenset({"iam", "lambda", "scheduler"})
_DEPLOYED_QUEUES = frozenset({"CreateQueue", "SetQueueAttributes"})

#: Credential=<key>/<date>/<region>/<service>/aws4_request
_SCOPE_OF_CREDENTIALS = re.compile(rb"Credential=[^/,]*/[^/,]*/[^/,]*/([a-z0-9-]+)/")


@dataclass(frozen=True)
class Request:
    """One request: ``service`` is the one that its signature names, if it has one.

    ``changes_service`` is whether it may change more of that service than items and messages;
    ``needs_saving`` whether it is to be refused while nothing can be saved. The second is so
    for all that is asked of queues: one whose messages cannot be kept is not available.
    ``deploys`` is whether every start of the shop repeats it, so that it need not be kept.
    """

    service: str | None
    changes_service: bool
    needs_saving: bool
    deploys: bool

    @classmethod
    def from_scope(cls, scope: Scope) -> Self:
        """Return what is known of a request before its body is read."""
        headers = dict(scope["headers"])
        signed = _SCOPE_OF_CREDENTIALS.search(headers.get(b"authorization", b""))
        target = headers.get(b"x-amz-target", b"")
        return cls._of_kind(scope["method"], target, signed[1] if signed else None)

    @classmethod
    @lru_cache(maxsize=256)
    def _of_kind(cls, method: str, target: bytes, signed: bytes | None) -> Self:
        service = signed.decode() if signed else None
        action = target.decode("latin-1").rpartition(".")[2]
        is_read = method in {"GET", "HEAD"} or action.startswith(_READS)
        return cls(
            service=service,
            changes_service=not is_read and action not in _ENTRY_ACTIONS,
            needs_saving=not is_read or service == "sqs",
            deploys=service in _DEPLOYED_SERVICES
            or (service == "sqs" and action in _DEPLOYED_QUEUES),
        )


async def refuse(send: Send, reason: str) -> None:
    """Answer 503, in the form that clients of DynamoDB and SQS understand."""
    body = json.dumps({"__type": "ServiceUnavailable", "message": f"{UNSAVED}{reason}."}).encode()
    headers = [
        (b"content-type", b"application/x-amz-json-1.0"),
        (b"content-length", str(len(body)).encode()),
        (b"x-amzn-errortype", b"ServiceUnavailable"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
