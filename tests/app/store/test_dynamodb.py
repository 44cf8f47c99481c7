"""The client of DynamoDB asks, signs and reads as boto3 does, and makes one attempt."""

import asyncio
import json
import random
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from app.aws.answers import Answer
from app.aws.connections import AsyncConnections, NoAnswerError
from app.aws.errors import NO_ANSWER
from app.aws.signature import Credentials
from app.store.dynamodb import DynamoDBClient, DynamoDBError
from tests.support.boto3_requests import NOW, REGION, PlainBoto3

#: Examples of the comparison with boto3; each is a request and an answer.
EXAMPLES = 300
KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI", "a session/token+=")
_TEXTS = ("", "a", "ä€😀", '"\\/\u2028', "x" * 300)
_serialize = TypeSerializer().serialize

Sent = tuple[dict[str, str], dict[str, Any]]
Call = Callable[[DynamoDBClient], Awaitable[Any]]


def typed(item: dict[str, Any]) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in item.items()}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """What the client sent: headers and bodies; the answers are those in ``answers``."""
    found: list[Sent] = []

    async def post(
        self: AsyncConnections, headers: dict[str, str], body: bytes, *, seconds: float
    ) -> Answer:
        found.append((headers, json.loads(body)))
        answer = answers.pop(0)
        if answer is None:
            raise NoAnswerError
        return Answer(answer[0], {}, answer[1])

    monkeypatch.setattr(AsyncConnections, "post", post)
    monkeypatch.setattr(time, "gmtime", lambda *_: NOW)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    answers.clear()
    return found


answers: list[tuple[int, bytes] | None] = []


def a_client() -> DynamoDBClient:
    return DynamoDBClient(REGION, find_credentials=lambda: KEYS)


def _value(draw: random.Random) -> Any:
    texts = draw.choice(_TEXTS)
    return draw.choice((texts, draw.randrange(-9, 10**6), True, None, ["a", 1], {"n": 1}))


def _question(draw: random.Random) -> tuple[str, dict[str, Any], Call]:
    """Return an operation, boto3's parameters for it, and the same call of our client."""
    key = {"PK": "p", "SK": draw.choice(_TEXTS[1:])}
    item = {**key, **{name: _value(draw) for name in draw.sample("abcdef", 3)}}
    names, values = {"#a": "a"}, {":v": _value(draw)}
    condition = draw.choice((None, "attribute_not_exists(PK)"))
    is_consistent = draw.random() < 0.5
    where, of_key = {"TableName": "shop"}, {"TableName": "shop", "Key": typed(key)}
    shown = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD", "ConditionExpression": condition}
    put = {**where, "Item": typed(item), "ConditionExpression": "attribute_exists(PK)"}
    options: dict[str, Any] = {
        "condition_expression": condition,
        "return_values_on_condition_check_failure": condition is not None,
    }
    update = {
        "UpdateExpression": "SET #a = :v",
        "ReturnValues": "ALL_OLD",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": typed(values),
    }
    query = {
        "IndexName": "GSI1",
        "KeyConditionExpression": "#p = :p",
        "ScanIndexForward": False,
        "Limit": 7,
        "ExpressionAttributeNames": {"#p": "GSI1PK"},
        "ExpressionAttributeValues": typed({":p": "x"}),
    }
    questions: list[tuple[str, dict[str, Any], Call]] = [
        (
            "GetItem",
            {**of_key, **({"ConsistentRead": True} if is_consistent else {})},
            lambda client: client.get_item("shop", key, consistent_read=is_consistent),
        ),
        (
            "BatchGetItem",
            {"RequestItems": {"shop": {"Keys": [typed(key)]}}},
            lambda client: client.batch_get("shop", [key]),
        ),
        (
            "PutItem",
            {**where, "Item": typed(item), **(shown if condition else {})},
            lambda client: client.put_item("shop", item, **options),
        ),
        (
            "BatchWriteItem",
            {"RequestItems": {"shop": [{"PutRequest": {"Item": typed(item)}}]}},
            lambda client: client.batch_write("shop", put_items=[item]),
        ),
        (
            "UpdateItem",
            {**of_key, **update, **(shown if condition else {})},
            lambda client: client.update_item(
                "shop",
                key,
                update_expression="SET #a = :v",
                expression_attribute_names=names,
                expression_attribute_values=values,
                return_values="ALL_OLD",
                **options,
            ),
        ),
        ("DeleteItem", of_key, lambda client: client.delete_item("shop", key)),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": put}]},
            lambda client: client.transact_write(
                [{"table": "shop", "item": item, "condition_expression": "attribute_exists(PK)"}]
            ),
        ),
        ("Query", {**where, **query}, _list),
    ]
    return draw.choice(questions)


async def _list(client: DynamoDBClient) -> list[dict[str, Any]]:
    found = client.query(
        "shop",
        "#p = :p",
        expression_attribute_names={"#p": "GSI1PK"},
        expression_attribute_values={":p": "x"},
        index_name="GSI1",
        scan_index_forward=False,
        page_size=7,
    )
    return [item async for item in found]


def _answer(draw: random.Random, operation: str) -> tuple[int, bytes, Any]:
    """Return status and body of an answer, and what our client should make of it."""
    item = {"PK": "p", "n": draw.randrange(99), "deep": {"list": ["a", True, None]}}
    if draw.random() < 0.3:
        code = draw.choice(
            ["ConditionalCheckFailedException", "ValidationException", "InternalServerError"]
        )
        body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}
        return draw.choice([400, 500]), json.dumps(body).encode(), code
    found: dict[str, dict[str, Any]] = {
        "GetItem": {"Item": typed(item)},
        "BatchGetItem": {"Responses": {"shop": [typed(item)]}, "UnprocessedKeys": {}},
        "UpdateItem": {"Attributes": typed(item)},
        "Query": {"Items": [typed(item)], "Count": 1},
    }
    expected: dict[str, Any] = {"GetItem": item, "UpdateItem": item}
    expected |= {"BatchGetItem": [item], "Query": [item]}
    return 200, json.dumps(found.get(operation, {})).encode(), expected.get(operation)


async def test_requests_signatures_and_answers_are_those_of_boto3(
    sent: list[Sent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", KEYS.token or "")
    draw, theirs, ours = random.Random(20261130), PlainBoto3("dynamodb"), a_client()
    for _ in range(EXAMPLES):
        operation, parameters, call = _question(draw)
        status, body, expected = _answer(draw, operation)
        with suppress(ClientError):
            theirs.call("dynamodb", operation, parameters, (status, {}, body))

        answers.append((status, body))
        assert await outcome(call(ours)) == expected

        headers, asked = sent.pop()
        wanted, wanted_body = theirs.headers(), json.loads(theirs.request.body)
        # For its own repeats of a transaction, which the shop does not repeat.
        wanted_body.pop("ClientRequestToken", None)
        assert asked == wanted_body
        # The bodies are equal as JSON, not byte by byte, so their signatures differ.
        signed, wanted_signed = (
            each.pop("authorization").partition("Signature=")[0] for each in (headers, wanted)
        )
        assert (headers, signed) == (wanted, wanted_signed)


async def outcome(call: Awaitable[Any]) -> Any:
    """Return what a call answers, or the code of its error."""
    try:
        return await call
    except DynamoDBError as failure:
        return failure.code


async def test_pages_follow_each_other_until_there_are_no_more(sent: list[Sent]) -> None:
    last = {"PK": {"S": "p1"}}
    answers[:] = [
        (200, json.dumps({"Items": [typed({"PK": "p1"})], "LastEvaluatedKey": last}).encode()),
        (200, json.dumps({"Items": [], "LastEvaluatedKey": last}).encode()),
        (200, json.dumps({"Items": [typed({"PK": "p2"})]}).encode()),
    ]

    assert await _list(a_client()) == [{"PK": "p1"}, {"PK": "p2"}]
    assert [body.get("ExclusiveStartKey") for _, body in sent] == [None, last, last]


@pytest.mark.parametrize("is_read", [True, False])
async def test_what_is_left_of_a_batch_is_asked_for_again_and_then_refused(
    sent: list[Sent], monkeypatch: pytest.MonkeyPatch, *, is_read: bool
) -> None:
    monkeypatch.setattr("app.store.dynamodb._BATCH_PAUSES_SECONDS", (0, 0))
    item = {"PK": "p", "SK": "s"}
    if is_read:
        left = {"shop": {"Keys": [typed(item)]}}
        some = {"Responses": {"shop": [typed(item)]}, "UnprocessedKeys": left}
        rest: dict[str, Any] = {"Responses": {"shop": [typed(item)]}}
    else:
        left = {"shop": [{"PutRequest": {"Item": typed(item)}}]}  # type: ignore[dict-item]
        some, rest = {"UnprocessedItems": left}, {"UnprocessedItems": {}}

    async def ask() -> Any:
        client = a_client()
        if is_read:
            return await client.batch_get("shop", [item, item])
        return await client.batch_write("shop", put_items=[item, item])

    answers[:] = [(200, json.dumps(some).encode()), (200, json.dumps(rest).encode())]
    assert await ask() == ([item, item] if is_read else None)
    assert sent[1][1] == {"RequestItems": left}

    answers[:] = [(200, json.dumps(some).encode())] * 3
    with pytest.raises(DynamoDBError) as caught:
        await ask()
    assert caught.value.is_throttled
    assert answers == []


async def test_the_item_that_a_condition_met_is_kept(sent: list[Sent]) -> None:
    code = "ConditionalCheckFailedException"
    body = {"__type": f"x#{code}", "Message": "no", "Item": typed({"PK": "p", "n": 1})}
    answers[:] = [(400, json.dumps(body).encode())]

    with pytest.raises(DynamoDBError, match=code) as caught:
        await a_client().put_item("shop", {"PK": "p"}, condition_expression="c")

    assert (caught.value.item, caught.value.text) == ({"PK": "p", "n": 1}, "no")


async def test_a_cancelled_transaction_says_why(sent: list[Sent]) -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "no"}]
    body = {"__type": "x#TransactionCanceledException", "CancellationReasons": reasons}
    answers[:] = [(400, json.dumps(body).encode())]

    with pytest.raises(DynamoDBError) as caught:
        await a_client().transact_write([])

    assert caught.value.reasons == ("None", "ConditionalCheckFailed")


@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [
        (None, NO_ANSWER, 0),
        ((503, b"<html>"), "HTTP503", 503),
        ((200, b"<html>"), "HTTP200", 200),
        ((500, b"[]"), "HTTP500", 500),
    ],
)
async def test_what_is_no_answer_is_an_error_and_asked_once(
    sent: list[Sent], answer: tuple[int, bytes] | None, code: str, status: int
) -> None:
    answers[:] = [answer]

    with pytest.raises(DynamoDBError) as caught:
        await a_client().get_item("shop", {"PK": "p"})

    assert (caught.value.code, caught.value.status) == (code, status)
    assert len(sent) == 1


async def test_without_credentials_nothing_is_sent(sent: list[Sent]) -> None:
    with pytest.raises(DynamoDBError) as caught:
        await DynamoDBClient(REGION, find_credentials=lambda: None).get_item("shop", {"PK": "p"})

    assert caught.value.is_permanent
    assert sent == []


@asynccontextmanager
async def saying(*said: bytes) -> AsyncIterator[tuple[DynamoDBClient, list[int]]]:
    """Run a client with a host that says these things, one to each request; after each of them
    that tells no length it hangs up. The list is filled with the number of each's connection."""
    left, used = list(said), list[int]()
    writers: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(writers)
        writers.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.partition(b"content-length: ")[2]))
                used.append(number)
                writer.write(words := left.pop(0))
                if b"content-length" not in words:
                    break
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        yield DynamoDBClient(REGION, endpoint_url=url, find_credentials=lambda: KEYS), used
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)


def whole(body: dict[str, Any]) -> bytes:
    data = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(data), data)


async def test_the_answer_to_another_call_is_none_and_ends_the_connection() -> None:
    mine, other = typed({"PK": "mine", "n": 1}), typed({"PK": "other", "n": 2})
    said = [{"Item": other}, {"Attributes": other}, {"Attributes": typed({"n": 3})}, {"Item": mine}]
    async with saying(*map(whole, said)) as (client, used):
        change = partial(client.update_item, "shop", {"PK": "mine"}, update_expression="")
        for call in (client.get_item("shop", {"PK": "mine"}), change()):
            with pytest.raises(DynamoDBError) as caught:
                await call
            assert (caught.value.code, caught.value.status) == (NO_ANSWER, 0)

        assert await change() == {"n": 3}
        assert await client.get_item("shop", {"PK": "mine"}) == {"PK": "mine", "n": 1}
        assert used == [0, 1, 2, 2]


@pytest.mark.parametrize("half", [b"", b'{"Item": {"PK"'])
async def test_an_answer_that_its_connection_cut_off_is_none(half: bytes) -> None:
    async with saying(b"HTTP/1.1 200 OK\r\n\r\n" + half) as (client, _):
        with pytest.raises(DynamoDBError) as caught:
            await client.get_item("shop", {"PK": "p"})

    assert (caught.value.code, caught.value.status) == (NO_ANSWER, 0)


@pytest.mark.parametrize(("checksum", "is_right"), [(b"%d", True), (b"1%d", False), (b"", False)])
async def test_an_answer_that_its_checksum_does_not_fit_is_none(
    *, checksum: bytes, is_right: bool
) -> None:
    head, _, data = whole({"Item": typed({"PK": "p"})}).partition(b"\r\n\r\n")
    told = checksum % zlib.crc32(data) if checksum else b"none"
    async with saying(b"%s\r\nx-amz-crc32: %s\r\n\r\n%s" % (head, told, data)) as (client, _):
        call = outcome(client.get_item("shop", {"PK": "p"}))

        assert await call == ({"PK": "p"} if is_right else NO_ANSWER)


@pytest.mark.parametrize("body", [b"", b'{"__type": "x#Unheard"}'])
async def test_too_many_requests_is_throttling_whatever_the_code(body: bytes) -> None:
    words = b"HTTP/1.1 429 Slow\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    async with saying(words) as (client, _):
        with pytest.raises(DynamoDBError) as caught:
            await client.put_item("shop", {"PK": "p"})

    assert caught.value.is_throttled
    assert caught.value.is_transient


async def test_an_answer_without_a_length_is_whole_when_its_content_is() -> None:
    async with saying(b'HTTP/1.1 200 OK\r\n\r\n{"Item": {"PK": {"S": "p"}}}') as (client, _):
        assert await client.get_item("shop", {"PK": "p"}) == {"PK": "p"}
