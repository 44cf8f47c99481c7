"""The API documents say what the shop does."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from httpx import AsyncClient
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import validate

from app import __version__
from app.main import create_app
from infra.cli.openapi import documents
from infra.seeds.classic import classic_stock
from routers.documents import DOMAINS, build_document, build_domain_document
from routers.schemas.user import ACCESS_MINUTES, REFRESH_MINUTES

FOLDER = Path(__file__).parents[2] / "openapi"
#: The committed document; the first test shows that it is the generated one.
DOCUMENT: dict[str, Any] = json.loads((FOLDER / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{verb.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for verb, operation in methods.items()
}

each_operation = pytest.mark.parametrize("name", OPERATIONS)

#: What is read by people, search engines and tools, and is no part of the API.
PAGES = {
    "/",
    "/pos",
    "/docs",
    "/docs/errors",
    "/docs/events",
    "/asyncapi.json",
    "/postman.json",
    "/sitemap.xml",
    "/robots.txt",
    "/.well-known/security.txt",
}

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
        return [example["value"] for example in content["examples"].values()]
    found: list[Any] = resolved(content["schema"]).get("examples", [])
    return found


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a part of the document, or the one it points to."""
    if "$ref" not in schema:
        return schema
    found: Any = DOCUMENT
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    whole: dict[str, Any] = found
    return whole


def mistakes(value: Any, schema: dict[str, Any]) -> list[str]:
    """Return what is wrong with a value by a schema of the document."""
    whole = {"components": DOCUMENT["components"], **schema}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


# The committed files. These tests are async because the application is: Mangum looks for a
# running loop when it is imported.


@pytest.mark.parametrize("name", ["openapi.json", *(f"{domain}.json" for domain in DOMAINS)])
async def test_the_committed_documents_are_the_generated_ones(name: str) -> None:
    committed = json.loads((FOLDER / name).read_text(encoding="utf-8"))

    assert committed == documents()[name]


async def test_every_operation_of_the_shop_is_in_one_domain_document() -> None:
    parts = [part for name, part in documents().items() if name != "openapi.json"]

    ids = sorted(operation["operationId"] for part in parts for operation in _operations_of(part))

    everything = [
        operation["operationId"]
        for operation in OPERATIONS.values()
        if operation["tags"] != ["system"]
    ]
    assert ids == sorted(everything)


async def test_aliases_that_are_not_declared_are_named_in_words() -> None:
    served = {
        f"{verb} {context.path}"
        for context in iter_route_contexts(create_app().routes)
        if isinstance(context.original_route, APIRoute) and context.path not in PAGES
        for verb in (context.methods or set()) - {"HEAD"}
    }

    left_out = served - set(OPERATIONS)

    assert "POST /product" in left_out
    assert [call for call in left_out if f"`{call}`" not in DOCUMENT["info"]["description"]] == []


async def test_every_document_is_valid_openapi() -> None:
    for document in documents().values():
        validate(document)


async def test_every_domain_document_holds_the_schemas_it_needs_and_no_other() -> None:
    for document in documents().values():
        text = json.dumps(document)
        for kind in ("schemas", "responses", "headers"):
            for name in document["components"][kind]:
                assert f'"#/components/{kind}/{name}"' in text


async def test_the_shop_serves_the_whole_document(client: AsyncClient) -> None:
    answer = await client.get("/openapi.json")

    assert (answer.status_code, answer.json()) == (200, DOCUMENT)


def _operations_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


# Every operation.


def test_operations_are_named_once() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]

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
        assert set(answer) == {"$ref"}
        content = json_of(resolved(answer))
        assert content is not None
        assert resolved(answer)["description"]
        examples = {**content["examples"]}
        if status in {"413", "429", "500", "503"}:
            # The gateway answers by itself, too.
            assert set(examples.pop("gateway")["value"]) == {"message"}
        else:
            assert content["schema"] == PROBLEM
        for code, example in examples.items():
            assert set(example["value"]) == {"message", "status", "code", "fields", "request_id"}
            assert example["value"]["code"] == code
            assert str(example["value"]["status"]) == status
        for example in content["examples"].values():
            assert mistakes(example["value"], content["schema"]) == []


@each_operation
def test_what_any_call_may_end_in_is_declared(name: str) -> None:
    assert {"405", "429", "500", "503"} <= OPERATIONS[name]["responses"].keys()


@each_operation
def test_an_operation_that_takes_a_body_can_refuse_it(name: str) -> None:
    operation = OPERATIONS[name]

    if "requestBody" in operation:
        assert {"400", "408", "413"} <= set(operation["responses"])


@each_operation
def test_an_operation_that_answers_401_asks_for_a_token_or_takes_it_in_the_body(
    name: str,
) -> None:
    operation = OPERATIONS[name]
    is_closed = "401" in operation["responses"]
    in_body = {"POST /login", "POST /refresh-token", "POST /verify-token"}

    ways = ["bearer", "accessTokenHeader", "accessTokenCookie"]
    wanted: list[dict[str, list[str]]] = (
        [{way: []} for way in ways] if is_closed and name not in in_body else []
    )
    assert operation["security"] == wanted


def links_of(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield every operation of a document with every link from it."""
    for operation in _operations_of(document):
        for answer in operation["responses"].values():
            for link in answer.get("links", {}).values():
                yield operation, link


async def test_a_link_leads_to_an_operation_and_fills_a_place_of_it() -> None:
    for document in documents().values():
        found = {operation["operationId"]: operation for operation in _operations_of(document)}
        for _, link in links_of(document):
            target = found[link["operationId"]]
            in_path = {
                parameter["name"]
                for parameter in target.get("parameters", ())
                if parameter["in"] == "path"
            }

            assert set(link.get("parameters", {})) == in_path
            # openapi-generator refuses the whole document for one link with a body.
            assert "requestBody" not in link


def test_a_link_takes_what_the_example_of_the_answer_has() -> None:
    for operation, link in links_of(DOCUMENT):
        for expression in link.get("parameters", {}).values():
            kind, _, pointer = expression.partition("#/")
            if kind != "$response.body":
                continue
            answer = next(
                answer for answer in successes(operation) if link in answer["links"].values()
            )
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


def _schemas_in(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every property and every parameter of the document with its place."""
    for name, schema in node["components"]["schemas"].items():
        for field, content in schema.get("properties", {}).items():
            yield f"{name}.{field}", content
    for name, operation in OPERATIONS.items():
        for parameter in operation.get("parameters", ()):
            schema = {**parameter["schema"], "description": parameter.get("description", "")}
            yield f"{name} {parameter['name']}", schema


@pytest.mark.parametrize(
    ("place", "schema"), [pytest.param(*found, id=found[0]) for found in _schemas_in(DOCUMENT)]
)
def test_a_property_says_what_it_is_in_one_form(place: str, schema: dict[str, Any]) -> None:
    assert schema["description"].endswith(".")
    is_choice = place == "CartItemPublic.price"  # Its readers get both, so it says both.
    assert ("anyOf" in schema) == is_choice
    assert not schema.keys() & {"title", "default", "const", "oneOf", "ge", "le"}
    if schema.get("type") in {"integer", "number"}:
        assert schema["format"] in {"int32", "double"}


#: What only those get who ask for it, and what only the shop says of an error, not its gateway.
_OPTIONAL = {
    "ProductPublic": {"sku", "barcode"},
    "GatewayErrorResponse": {"status", "code", "fields", "request_id"},
}


def test_an_answer_always_has_what_it_says_it_has() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if name.endswith(("Public", "Response")) and name != "CurrentUserResponse":
            lacking = set(schema["properties"]) - set(schema["required"])
            assert lacking == _OPTIONAL.get(name, set()), name


def test_the_guide_logs_in_the_user_whose_id_the_examples_have() -> None:
    guide = (FOLDER.parent / "app" / "static" / "docs" / "index.html").read_text(encoding="utf-8")
    [login] = DOCUMENT["components"]["schemas"]["LoginCreate"]["examples"]
    ids = {user.username: user.user_id for user, _ in classic_stock(datetime.now(UTC)).users}
    examples = {
        parameter["example"]
        for operation in OPERATIONS.values()
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "userid" and parameter["in"] == "path"
    }

    assert f"which logs in <code>{login['username']}</code>" in guide
    assert examples == {ids[login["username"]]}


def test_the_document_is_of_this_version_and_says_whose_it_is() -> None:
    info = DOCUMENT["info"]

    assert info["version"] == version("acme-serverless-fitness-shop") == __version__
    assert info["license"]["identifier"] == "Apache-2.0"
    assert info["contact"]["name"]
    assert DOCUMENT["servers"][0]["url"] == "/"


def accepts(name: str, field: str, value: Any) -> bool:
    """Tell whether a schema of the document takes a value for a field."""
    return mistakes(value, DOCUMENT["components"]["schemas"][name]["properties"][field]) == []


@pytest.mark.parametrize(
    ("name", "field", "good", "bad"),
    [
        (
            "CartItemCreate",
            "quantity",
            [1, 1_000_000],
            [0, -1, "1", 1.5, "x", 1_000_001],
        ),
        ("CartItemUpdate", "quantity", [0], [-1, "0", "", 1_000_001]),
        (
            "OrderItemCreate",
            "price",
            [4, 62.5],
            [-1, "34.99", ""],
        ),
        ("ProductCreate", "price", [0, 999_999_999.99], [1e9, "1"]),
        ("CardCreate", "expMonth", ["7", "07"], [7, "-1", "x", ""]),
        ("CardCreate", "expYear", ["2030", "30"], [2030, "20 30"]),
        ("OrderCreate", "delivery", ["tractor", ""], [1, {"method": "standard"}]),
        ("OrderCreate", "cart", [[{"itemid": "a"}]], [[], {}, '[{"itemid": "a"}]']),
        ("OrderCreate", "total", ["62.50", "1402"], [62.5, "-1", "1e5", ""]),
        ("CartUpdate", "cart", [[]], [{}, "[]"]),
    ],
)
def test_the_document_shows_one_form_where_several_are_read(
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
            assert name.startswith(("POST /order/add", "POST /cart/item/add"))


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
    content = json_of(resolved(responses[str(answer.status_code)]))
    if content is not None:
        assert mistakes(answer.json(), content["schema"]) == []


def test_documents_built_anew_are_the_committed_ones() -> None:
    """Not the ones that this process has built for another test already."""
    whole = build_document(create_app())

    assert whole == json.loads((FOLDER / "openapi.json").read_text())
    for domain in DOMAINS:
        part = build_domain_document(whole, domain)
        assert part == json.loads((FOLDER / f"{domain}.json").read_text())


async def test_the_contract_tells_how_long_tokens_live() -> None:
    contract = (FOLDER / "CONTRACT.md").read_text(encoding="utf-8")

    assert (
        f"An access token lives {ACCESS_MINUTES} minutes, a refresh token {REFRESH_MINUTES}."
    ) in " ".join(contract.split())


def test_what_can_answer_304_says_which_header_asks_for_it() -> None:
    conditional = [
        operation
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
        if "304" in operation["responses"]
    ]

    assert conditional
    for operation in conditional:
        headers = {found["name"] for found in operation["parameters"] if found["in"] == "header"}
        assert "If-None-Match" in headers
