"""Errors of AWS that no repeat cures, as the real clients read them from a connection."""

import json
import logging
import socket
from collections.abc import Awaitable, Callable

import pytest
from httpx import AsyncClient

from app import metrics
from app.domain.errors import (
    QueueMisconfiguredError,
    QueueUnavailableError,
    SecretsMisconfiguredError,
    ServiceMisconfiguredError,
    StoreMisconfiguredError,
    StoreUnavailableError,
)
from app.messages import ShipmentSent
from app.queues import SQSQueues, get_queues
from app.security.signing_keys import get_signing_keys
from app.store.dynamodb import DynamoDBError
from app.store.products import get_product
from app.store.table import get_table, open_table
from tests.conftest import forget_clients
from tests.support.refusing_aws import PRIVATE, refusing_aws
from tests.support.shop import fresh, refusal, stored_product

#: What AWS says, and its text as far as it matters: some errors have no class in the client.
OF_THE_TABLE = [
    ("AccessDeniedException", "User is not authorized to perform: dynamodb:GetItem"),
    ("UnrecognizedClientException", "The security token included in the request is invalid."),
    ("ExpiredTokenException", "The security token included in the request is expired"),
    ("ResourceNotFoundException", "Requested resource not found"),
    ("InvalidSignatureException", "The request signature we calculated does not match"),
    ("MissingAuthenticationTokenException", "Missing Authentication Token"),
    ("IncompleteSignatureException", "Authorization header requires 'Credential' parameter."),
]


@pytest.mark.parametrize(("code", "text"), OF_THE_TABLE)
async def test_a_refusal_of_the_table_is_told_once_and_not_repeated(
    code: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with refusing_aws(code, text=text) as (url, asked):
        table = open_table("shop", region="eu-west-1", endpoint_url=url, credentials=("a", "b"))
        with pytest.raises(StoreUnavailableError) as caught:
            await get_product(table, "x")

    assert isinstance(caught.value, StoreMisconfiguredError)
    assert (caught.value.code, caught.value.operation) == (code, "GetItem")
    assert asked == ["GetItem"]
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in told] == [
        f"aws.refused operation=GetItem code={code}"
    ]


#: Words of AWS that are in no list here, and answers of what stands before it.
UNKNOWN = [
    *(
        (400, None, code)
        for code in (
            "NotAuthorized",
            "RequestExpired",
            "RequestAbortedException",
            "ReplicatedWriteConflictException",
            "KMSDisabledException",
            "KMSInvalidStateException",
            "AccountSuspended",
            "SomethingOfNextYear",
        )
    ),
    *(
        (status, content, f"HTTP{status}")
        for status in (302, 401, 403, 404, 413)
        for content in ("", "<html>no</html>", "no")
    ),
    *((200, content, "HTTP200") for content in ("<html>log in</html>", "[]", '"no"', "null")),
]


@pytest.mark.parametrize(("status", "content", "code"), UNKNOWN)
async def test_what_the_table_says_in_other_words_is_told_as_a_refusal(
    status: int, content: str | None, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with refusing_aws(code, status=status, content=content) as (url, asked):
        table = open_table("shop", region="eu-west-1", endpoint_url=url, credentials=("a", "b"))
        with pytest.raises(StoreMisconfiguredError) as caught:
            await get_product(table, "x")

    assert caught.value.code == code
    assert asked == ["GetItem"]
    assert caplog.messages == [f"aws.refused operation=GetItem code={code}"]


async def test_a_call_that_is_invalid_is_the_shops_own_fault() -> None:
    with refusing_aws("ValidationException") as (url, _):
        table = open_table("shop", region="eu-west-1", endpoint_url=url, credentials=("a", "b"))
        with pytest.raises(DynamoDBError):
            await get_product(table, "x")


@pytest.mark.parametrize(("status", "content"), [(400, None), (403, "<html>"), (200, "null")])
async def test_a_client_is_asked_to_come_back_after_other_words(
    client: AsyncClient,
    open_mode: None,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    content: str | None,
) -> None:
    with refusing_aws("AccountSuspended", status=status, content=content) as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        get_table.cache_clear()
        answer = await client.get(f"/order/{fresh('user')}/x")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert refusal(answer)["message"] == "the store does not answer"


async def test_a_key_that_is_disabled_is_told_from_other_refusals() -> None:
    text = "KMS key access denied error: com.amazonaws.services.kms.model.DisabledException"
    with refusing_aws("AccessDeniedException", text=text) as (url, _):
        table = open_table("shop", region="eu-west-1", endpoint_url=url, credentials=("a", "b"))
        with pytest.raises(StoreMisconfiguredError) as caught:
            await get_product(table, "x")

    assert caught.value.code == "KMSAccessDeniedException"


@pytest.mark.parametrize("status", [500, 503])
async def test_an_outage_of_the_table_is_no_refusal(status: int) -> None:
    with refusing_aws("InternalServerError", status=status) as (url, asked):
        table = open_table("shop", region="eu-west-1", endpoint_url=url, credentials=("a", "b"))
        with pytest.raises(StoreUnavailableError) as caught:
            await get_product(table, "x")

    assert not isinstance(caught.value, ServiceMisconfiguredError)
    assert asked == ["GetItem"] * 3


async def _send() -> None:
    await SQSQueues().send(ShipmentSent(order_id="1"))


async def _read_keys() -> None:
    await get_signing_keys()


CALLS: dict[str, tuple[Callable[[], Awaitable[None]], type[ServiceMisconfiguredError]]] = {
    "SendMessage": (_send, QueueMisconfiguredError),
    "GetSecretValue": (_read_keys, SecretsMisconfiguredError),
}


@pytest.mark.parametrize("client", ["light", "boto3"])
@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ExpiredTokenException", "ResourceNotFoundException"]
)
async def test_a_refusal_of_queues_and_keys_is_told(
    stack: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    code: str,
    operation: str,
    client: str,
) -> None:
    call, error = CALLS[operation]
    monkeypatch.setenv("AWS_CLIENT", client)
    with refusing_aws(code) as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        forget_clients()
        with pytest.raises(error) as caught:
            await call()

    assert (caught.value.code, caught.value.operation) == (code, operation)
    assert asked == [operation]
    assert f"aws.refused operation={operation} code={code}" in caplog.text


async def test_a_queue_that_is_gone_is_told(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with refusing_aws("QueueDoesNotExist") as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        forget_clients()
        with pytest.raises(QueueMisconfiguredError):
            await _send()


async def test_an_outage_of_a_queue_is_no_refusal(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with refusing_aws("ServiceUnavailable", status=503) as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        forget_clients()
        with pytest.raises(QueueUnavailableError) as caught:
            await _send()

    assert not isinstance(caught.value, ServiceMisconfiguredError)


@pytest.mark.parametrize("client", ["light", "boto3"])
async def test_a_queue_that_cannot_be_reached_is_no_refusal(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch, client: str
) -> None:
    with socket.socket() as bound:  # Not listening, and the port is taken.
        bound.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bound.getsockname()[1]}")
        monkeypatch.setenv("AWS_CLIENT", client)
        forget_clients()
        with pytest.raises(QueueUnavailableError) as caught:
            await _send()

    assert not isinstance(caught.value, ServiceMisconfiguredError)


async def test_a_refusal_is_counted_for_its_function(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "dev-api")
    with refusing_aws("AccessDeniedException") as (url, _):
        table = open_table("shop", region="eu-west-1", endpoint_url=url, credentials=("a", "b"))
        with pytest.raises(StoreMisconfiguredError):
            await get_product(table, "x")

    written = json.loads(capsys.readouterr().out)
    assert (written["FunctionName"], written[metrics.PERMANENT_AWS_ERRORS]) == ("dev-api", 1)


#: Where an order fails: at the table, or once it is stored, at its queue.
PLACES = {"the table": "AWS_ENDPOINT_URL_DYNAMODB", "the queue": "AWS_ENDPOINT_URL_SQS"}


@pytest.mark.parametrize("place", PLACES)
async def test_an_order_that_aws_refuses_is_a_503_that_names_nothing(
    client: AsyncClient,
    open_mode: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    place: str,
) -> None:
    product, user = await stored_product(get_table()), fresh("user")
    order = {
        "userid": user,
        "firstname": "Eric",
        "lastname": "Cartman",
        "address": {
            "street": "1 Main",
            "city": "Park",
            "zip": "80435",
            "state": "CO",
            "country": "USA",
        },
        "email": "eric@example.com",
        "delivery": "UPS",
        "card": {
            "type": "visa",
            "number": "4222222222222",
            "expMonth": "12",
            "expYear": "2099",
            "ccv": "123",
        },
        "cart": [{"id": product.product_id, "quantity": 1}],
    }
    with refusing_aws("AccessDeniedException") as (url, asked):
        monkeypatch.setenv(PLACES[place], url)
        get_table.cache_clear()
        get_queues.cache_clear()
        answer = await client.post(f"/order/add/{user}", json=order)

    assert asked
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert refusal(answer)["message"].startswith("the shop has no access to ")
    assert PRIVATE not in answer.text + caplog.text
