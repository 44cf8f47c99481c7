"""The API documents say what the shop does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import validate

from infra.cli.openapi import documents
from routers.documents import DOMAINS

FOLDER = Path(__file__).parents[2] / "openapi"
#: The committed document; the first test shows that it is the generated one.
DOCUMENT: dict[str, Any] = json.loads((FOLDER / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{verb.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for verb, operation in methods.items()
}

each_operation = pytest.mark.parametrize("name", OPERATIONS)

PROBLEM = {"$ref": "#/components/schemas/ErrorResponse"}


def successes(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the answers of an operation that are no errors."""
    for status, answer in operation["responses"].items():
        if status < "400":
            yield answer


def json_of(part: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a body says of its JSON, if it is JSON."""
    found: dict[str, Any] | None = part.get("content", {}).get("application/json")
    return found


def examples_of(content: dict[str, Any]) -> list[Any]:
    """Return the examples at a body or at its model."""
    if "example" in content:
        return [content["example"]]
    if "examples" in content:
        return [each["value"] for each in content["examples"].values()]
    found: list[Any] = resolved(content["schema"]).get("examples", [])
    return found


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema, or the one it points to."""
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][schema["$ref"].split("/")[-1]]
    return found


def mistakes(value: Any, schema: dict[str, Any]) -> list[str]:
    """Return what is wrong with a value by a schema of the document."""
    whole = {"components": DOCUMENT["components"], **schema}
    return [each.message for each in Draft202012Validator(whole).iter_errors(value)]


# The committed files. These tests are async because the application is: Mangum looks for a
# running loop when it is imported.


@pytest.mark.parametrize("name", ["openapi.json", *(f"{domain}.json" for domain in DOMAINS)])
async def test_the_committed_documents_are_the_generated_ones(name: str) -> None:
    committed = json.loads((FOLDER / name).read_text(encoding="utf-8"))

    assert committed == documents()[name]


async def test_every_operation_of_the_shop_is_in_one_domain_document() -> None:
    parts = [part for name, part in documents().items() if name != "openapi.json"]

    ids = sorted(each["operationId"] for part in parts for each in _operations_of(part))

    everything = [each["operationId"] for each in OPERATIONS.values() if each["tags"] != ["system"]]
    assert ids == sorted(everything)


async def test_every_document_is_valid_openapi() -> None:
    for document in documents().values():
        validate(document)


async def test_every_domain_document_holds_the_schemas_it_needs_and_no_other() -> None:
    for document in documents().values():
        text = json.dumps(document)
        for name in document["components"]["schemas"]:
            assert f'"#/components/schemas/{name}"' in text


async def test_the_shop_serves_the_whole_document(client: AsyncClient) -> None:
    answer = await client.get("/openapi.json")

    assert (answer.status_code, answer.json()) == (200, DOCUMENT)


def _operations_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


# Every operation.


def test_operations_are_named_once() -> None:
    ids = [each["operationId"] for each in OPERATIONS.values()]

    assert len(ids) == len(set(ids))


@each_operation
def test_an_operation_says_what_it_does(name: str) -> None:
    operation = OPERATIONS[name]

    assert operation["summary"]
    assert operation["description"].rstrip().endswith((".", "!"))
    assert operation["summary"] not in operation["description"]
    assert len(operation["tags"]) == 1


@each_operation
def test_a_body_has_examples_that_fit_its_schema(name: str) -> None:
    body = OPERATIONS[name].get("requestBody")
    if body is None:
        return

    content = json_of(body)

    assert content is not None
    assert examples_of(content)
    for example in examples_of(content):
        assert mistakes(example, content["schema"]) == []


@each_operation
def test_an_answer_fits_its_schema_by_example(name: str) -> None:
    for answer in successes(OPERATIONS[name]):
        content = json_of(answer)
        if content is None or content["schema"] == {}:
            continue
        schema = content["schema"]
        examples = examples_of(content)
        if not examples and schema.get("type") == "array":
            schema = schema["items"]
            examples = resolved(schema).get("examples", [])

        assert examples or OPERATIONS[name]["tags"] == ["system"]
        for example in examples:
            assert mistakes(example, schema) == []


@each_operation
def test_a_path_parameter_has_an_example(name: str) -> None:
    for parameter in OPERATIONS[name].get("parameters", []):
        if parameter["in"] == "path" and "/static/" not in name:
            assert parameter.get("example") or parameter["schema"].get("examples")


@each_operation
def test_an_error_answer_is_a_problem_with_a_real_example(name: str) -> None:
    for status, answer in OPERATIONS[name]["responses"].items():
        if status < "400":
            continue
        content = json_of(answer)
        assert content is not None
        assert content["schema"] == PROBLEM
        assert answer["description"]
        (example,) = examples_of(content)
        assert set(example) == {"message", "status"}
        assert str(example["status"]) == status
        assert mistakes(example, PROBLEM) == []


@each_operation
def test_an_operation_that_takes_a_body_can_refuse_it(name: str) -> None:
    operation = OPERATIONS[name]

    if "requestBody" in operation:
        assert {"400", "413"} <= set(operation["responses"])


@each_operation
def test_an_operation_that_answers_401_asks_for_a_token_or_takes_it_in_the_body(
    name: str,
) -> None:
    operation = OPERATIONS[name]
    is_closed = "401" in operation["responses"]
    in_body = {"POST /login", "POST /refresh-token", "POST /verify-token"}

    assert ("security" in operation) is (is_closed and name not in in_body)


def links_of(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield every operation of a document with every link from it."""
    for operation in _operations_of(document):
        for answer in operation["responses"].values():
            for link in answer.get("links", {}).values():
                yield operation, link


async def test_a_link_leads_to_an_operation_and_fills_a_place_of_it() -> None:
    for document in documents().values():
        found = {each["operationId"]: each for each in _operations_of(document)}
        for _, link in links_of(document):
            target = found[link["operationId"]]
            in_path = {
                each["name"] for each in target.get("parameters", ()) if each["in"] == "path"
            }

            assert set(link.get("parameters", {})) == in_path
            assert ("requestBody" in link) <= ("requestBody" in target)


def test_a_link_takes_what_the_example_of_the_answer_has() -> None:
    for operation, link in links_of(DOCUMENT):
        places = [*link.get("parameters", {}).values(), *link.get("requestBody", {}).values()]
        for place in places:
            kind, _, pointer = place.partition("#/")
            if kind != "$response.body":
                continue
            answer = next(each for each in successes(operation) if link in each["links"].values())
            content = json_of(answer)
            assert content is not None
            (value, *_) = examples_of(content) or [resolved(content["schema"]["items"])["examples"]]
            for part in pointer.split("/"):
                value = value[int(part) if isinstance(value, list) else part]
            assert value
            assert isinstance(value, str)


async def test_every_thing_that_is_made_has_a_link_to_read_it() -> None:
    for name, operation in OPERATIONS.items():
        if "201" in operation["responses"]:
            targets = {link["operationId"] for at, link in links_of(DOCUMENT) if at is operation}
            assert any(target.startswith("get_") for target in targets), name


def accepts(name: str, field: str, value: Any) -> bool:
    """Tell whether a schema of the document takes a value for a field."""
    return mistakes(value, DOCUMENT["components"]["schemas"][name]["properties"][field]) == []


@pytest.mark.parametrize(
    ("name", "field", "good", "bad"),
    [
        (
            "CartItemCreate",
            "quantity",
            [1, "1", " 12 ", 1_000_000],
            [0, -1, "0", 1.5, "x", 1_000_001],
        ),
        ("CartItemUpdate", "quantity", [0, "0"], [-1, "-1", "", 1_000_001]),
        (
            "OrderItemCreate",
            "price",
            [4, 62.5, "34.99", "1,234.50", '"73.76"'],
            [-1, "x", "", "-1"],
        ),
        ("ProductCreate", "price", [0, "0", 999_999_999.99], [1e9, "1e5", "NaN"]),
        ("CardCreate", "expMonth", [7, "07", ""], [-1, "x", 1.5]),
        ("CardCreate", "expYear", [2030, "30"], [-1, "20 30"]),
        ("OrderCreate", "delivery", ["tractor", {"method": "standard"}], [1]),
        ("OrderCreate", "cart", [[{"itemid": "a"}], '[{"itemid": "a"}]'], [[], {}, 1]),
        ("CartUpdate", "cart", [[], "[]"], [{}, 1]),
    ],
)
def test_the_document_shows_every_form_that_clients_send(
    name: str, field: str, good: list[Any], bad: list[Any]
) -> None:
    assert [value for value in good if not accepts(name, field, value)] == []
    assert [value for value in bad if accepts(name, field, value)] == []


async def test_nothing_is_left_of_the_frameworks_own_validation_errors() -> None:
    text = json.dumps(documents())

    assert "HTTPValidationError" not in text
    assert "ValidationError" not in DOCUMENT["components"]["schemas"]
    for name, operation in OPERATIONS.items():
        if "422" in operation["responses"]:
            # Only an idempotency key can be used twice.
            assert name.startswith("POST /order/add")


def test_the_document_shows_every_path_of_the_contract() -> None:
    expected = {
        "GET /cart/items/{userid}",
        "POST /cart/item/add/{userid}",
        "POST /cart/item/modify/{userid}",
        "POST /cart/modify/{userid}",
        "GET /cart/total/{userid}",
        "GET /cart/items/total/{userid}",
        "GET /cart/clear/{userid}",
        "POST /cart/clear/{userid}",
        "GET /cart/all",
        "GET /products",
        "GET /products/{id}",
        "POST /products",
        "GET /static/images/{name}",
        "GET /catalogliveness",
        "POST /order/add/{userid}",
        "POST /order/add",
        "GET /order/all",
        "GET /order/{userid}",
        "POST /login",
        "POST /refresh-token",
        "POST /verify-token",
        "POST /logout",
        "POST /register",
        "GET /users",
        "GET /users/{id}",
        "GET /userinfo",
        "GET /healthz",
        "GET /readyz",
        "GET /live",
    }

    assert expected <= set(OPERATIONS)


# What the document promises is what the shop answers.


@pytest.mark.parametrize(
    ("method", "path", "body", "documented"),
    [
        ("GET", "/products?limit=0", None, "GET /products"),
        ("GET", "/products/unknown", None, "GET /products/{id}"),
        ("POST", "/products", {}, "POST /products"),
        ("GET", "/static/images/unknown.jpg", None, "GET /static/images/{name}"),
        ("GET", "/cart/items/dan", None, "GET /cart/items/{userid}"),
        ("POST", "/cart/item/add/dan", {}, "POST /cart/item/add/{userid}"),
        ("POST", "/cart/clear/dan", None, "POST /cart/clear/{userid}"),
        ("GET", f"/cart/total/{'x' * 201}", None, "GET /cart/total/{userid}"),
        ("GET", "/cart/all", None, "GET /cart/all"),
        ("POST", "/login", {"username": "x-nobody", "password": "x"}, "POST /login"),
        ("POST", "/login", {}, "POST /login"),
        ("POST", "/refresh-token", {"refresh_token": "x"}, "POST /refresh-token"),
        ("POST", "/verify-token", {"access_token": "x"}, "POST /verify-token"),
        ("POST", "/logout", None, "POST /logout"),
        ("GET", "/users", None, "GET /users"),
        ("GET", "/users/x", None, "GET /users/{id}"),
        ("GET", "/catalogliveness", None, "GET /catalogliveness"),
        ("GET", "/healthz", None, "GET /healthz"),
        ("GET", "/live", None, "GET /live"),
        ("GET", "/userinfo", None, "GET /userinfo"),
    ],
)
async def test_what_the_shop_answers_is_documented(
    client: AsyncClient, method: str, path: str, body: Any, documented: str
) -> None:
    answer = await client.request(method, path, json=body)

    responses = OPERATIONS[documented]["responses"]
    assert str(answer.status_code) in responses
    content = json_of(responses[str(answer.status_code)])
    if content is not None:
        assert mistakes(answer.json(), content["schema"]) == []
