"""A canned DynamoDB, SQS, Secrets Manager and KMS, as a process of its own.

``python -m tests.bench.endpoint CONTENT SOCKET MS [CERTIFICATE KEY]``: answers on an open socket
that it inherits, so many milliseconds after each call; with a certificate over TLS.

``CONTENT`` is a JSON file: items by key and lists by partition, in DynamoDB's own notation, and
the text of the secret. Writes are accepted and forgotten, so every call costs the same; what is
read after an update has the update's plain assignments.
"""

import asyncio
import json
import re
import socket
import sys
from base64 import b64encode
from hashlib import md5
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import uvicorn

Body = dict[str, Any]

_ASSIGNMENT = re.compile(r"([#\w]+)\s*=\s*(?:if_not_exists\([^)]*?(:\w+)\s*\)|(:\w+))")


class TLS(NamedTuple):
    """The files of a certificate and its key."""

    certificate: Path
    key: Path


class Content:
    """What is there to be read."""

    def __init__(self, content: Body) -> None:
        """Take the items of ``content`` by table and key, and the lists by partition."""
        self.secret: str = content["secret"]
        self._items: dict[str, dict[str, Body]] = {}
        self._lists: dict[str, dict[str, list[Body]]] = {}
        for table, items in content["tables"].items():
            by_key = self._items.setdefault(table, {})
            by_partition = self._lists.setdefault(table, {})
            for item in items:
                by_key[item["PK"]["S"]] = item
                partitions = {
                    value["S"]
                    for name, value in item.items()
                    if name.endswith("PK") and name != "PK"
                }
                for partition in partitions:
                    by_partition.setdefault(partition, []).append(item)

    def get(self, table: str, key: Body) -> Body | None:
        """Return the item under a key."""
        return self._items[table].get(key["PK"]["S"])

    def list(self, table: str, values: Body) -> list[Body]:
        """Return the items of the partition among the values of a query."""
        lists = self._lists[table]
        found = (lists[value["S"]] for value in values.values() if value.get("S") in lists)
        return next(found, [])


class Endpoint:
    """The operations, by their names in ``X-Amz-Target``."""

    def __init__(self, content: Content) -> None:
        """Answer from ``content``."""
        self._content = content
        self.calls: dict[str, int] = {}

    def answer(self, operation: str, body: Body) -> Body:
        """Return the answer to one call."""
        self.calls[operation] = self.calls.get(operation, 0) + 1
        return getattr(self, f"_{operation}")(body)  # type: ignore[no-any-return]

    def state(self) -> Body:
        """Return how often each operation was called."""
        return self.calls

    def _GetItem(self, body: Body) -> Body:  # noqa: N802 - AWS's name
        item = self._content.get(body["TableName"], body["Key"])
        return {} if item is None else {"Item": item}

    def _BatchGetItem(self, body: Body) -> Body:  # noqa: N802
        found = {
            table: [item for key in asked["Keys"] if (item := self._content.get(table, key))]
            for table, asked in body["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def _Query(self, body: Body) -> Body:  # noqa: N802
        items = self._content.list(body["TableName"], body["ExpressionAttributeValues"])
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)}

    def _PutItem(self, body: Body) -> Body:  # noqa: N802
        return {}

    _DeleteItem = _TransactWriteItems = _PutItem

    def _UpdateItem(self, body: Body) -> Body:  # noqa: N802
        if body.get("ReturnValues") not in {"ALL_NEW", "UPDATED_NEW"}:
            return {}
        item = dict(self._content.get(body["TableName"], body["Key"]) or body["Key"])
        names, values = (
            body.get(f"ExpressionAttribute{kind}") or {} for kind in ("Names", "Values")
        )
        for name, default, value in _ASSIGNMENT.findall(body.get("UpdateExpression", "")):
            path = names.get(name, name)
            if value or path not in item:
                item[path] = values[value or default]
        return {"Attributes": item}

    def _SendMessage(self, body: Body) -> Body:  # noqa: N802
        digest = md5(body["MessageBody"].encode(), usedforsecurity=False).hexdigest()
        return {"MessageId": str(uuid4()), "MD5OfMessageBody": digest}

    def _SendMessageBatch(self, body: Body) -> Body:  # noqa: N802
        sent = [{"Id": entry["Id"], **self._SendMessage(entry)} for entry in body["Entries"]]
        return {"Successful": sent, "Failed": []}

    def _Encrypt(self, body: Body) -> Body:  # noqa: N802
        # As good as encrypted: it comes back from Decrypt as it was.
        return {"CiphertextBlob": body["Plaintext"], "KeyId": body["KeyId"]}

    def _Decrypt(self, body: Body) -> Body:  # noqa: N802
        return {"Plaintext": body["CiphertextBlob"], "KeyId": body.get("KeyId", "bench-key")}

    def _GenerateDataKey(self, body: Body) -> Body:  # noqa: N802
        key = b64encode(bytes(32)).decode()
        return {"Plaintext": key, "CiphertextBlob": key, "KeyId": body["KeyId"]}

    def _GetSecretValue(self, body: Body) -> Body:  # noqa: N802
        return {
            "ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:bench",
            "Name": body["SecretId"],
            "SecretString": self._content.secret,
            "VersionId": "1",
            "VersionStages": ["AWSCURRENT"],
        }


class Application:
    """The endpoint for uvicorn."""

    def __init__(self, endpoint: Endpoint, delay_seconds: float) -> None:
        """Serve ``endpoint``; each call takes so long."""
        self._endpoint = endpoint
        self._delay_seconds = delay_seconds

    async def __call__(self, scope: Body, receive: Any, send: Any) -> None:
        """Answer one request; a GET tells what was asked for so far."""
        if scope["type"] != "http":
            return
        text = b""
        while True:
            message = await receive()
            text += message.get("body", b"")
            if not message.get("more_body"):
                break
        if self._delay_seconds:
            await asyncio.sleep(self._delay_seconds)
        headers = dict(scope["headers"])
        target = headers.get(b"x-amz-target", b"").decode().rpartition(".")[2]
        answer = self._endpoint.answer(target, json.loads(text)) if target else None
        body = json.dumps(self._endpoint.state() if answer is None else answer).encode()
        kind = headers.get(b"content-type", b"application/json")
        fields = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": body})


def serve(
    endpoint: Endpoint, descriptor: int, *, delay_seconds: float = 0, tls: TLS | None = None
) -> None:
    """Serve on an open socket until the process is ended."""
    config = uvicorn.Config(
        Application(endpoint, delay_seconds),
        log_level="error",
        lifespan="off",
        ssl_certfile=tls and tls.certificate,
        ssl_keyfile=tls and tls.key,
    )
    # Not by its number: uvicorn would take it for a Unix socket, whose answers wait in two parts
    # for the acknowledgement of the first (40 ms).
    listener = socket.socket(fileno=descriptor)
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def main() -> None:
    """Serve until the process is ended."""
    content, descriptor, delay, *tls = sys.argv[1:]
    endpoint = Endpoint(Content(json.loads(Path(content).read_text())))
    serve(
        endpoint,
        int(descriptor),
        delay_seconds=int(delay) / 1000,
        tls=TLS(*map(Path, tls)) if tls else None,
    )


if __name__ == "__main__":
    main()
