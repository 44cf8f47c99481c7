"""Every example of the API document works as it stands, on a seeded shop.

Of each operation all its parameters that have an example are sent, and each example of its body,
those of the objects within it included.
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from httpx import Client

from tests.e2e.helpers.running_shop import PASSWORD, ROOT

DOCUMENT: dict[str, Any] = json.loads((ROOT / "openapi" / "openapi.json").read_text())
OPERATIONS = [
    pytest.param(verb, path, operation, id=operation["operationId"])
    for path, methods in DOCUMENT["paths"].items()
    for verb, operation in methods.items()
]
#: What only staff may ask, so the reader logs in as staff; all else is asked as the user of the
#: examples.
FOR_STAFF = {"list_carts", "list_orders", "list_users", "add_product"}
#: Works as it stands for the user of the examples, too, who could not log in any more.
FOR_A_NEW_USER = {"change_password", "close_account"}
REGISTRATION = {"password": PASSWORD, "firstname": "Eve", "lastname": "Example"}
#: No document can hold a token: the page sends that of the last login where an example has its
#: place (``tests/browser/test_docs.py``), and so does this.
TOKEN_FIELDS, TOKEN_PLACE = ("refresh_token", "access_token"), "<JWT>"


def tokens_of(shop: Client, username: str) -> dict[str, str]:
    answer = shop.post("/login", json={"username": username, "password": PASSWORD})
    shop.cookies.clear()
    tokens: dict[str, str] = answer.raise_for_status().json()
    return tokens


def examples_of(operation: dict[str, Any], place: str) -> dict[str, Any]:
    """Return the example of each parameter that has one."""
    return {
        parameter["name"]: parameter["example"]
        for parameter in operation.get("parameters", ())
        if parameter["in"] == place and "example" in parameter
    }


def example_bodies(operation: dict[str, Any]) -> list[Any]:
    """Return the examples of the body, then the first with each example of what it holds."""
    if "requestBody" not in operation:
        return [None]
    whole = operation["requestBody"]["content"]["application/json"]["schema"]
    first, *others = resolved(whole)["examples"]
    return [first, *others, *with_inner_examples(first, whole)]


def with_inner_examples(body: Any, schema: dict[str, Any]) -> Iterator[Any]:
    schema = resolved(schema)
    for name, field in schema.get("properties", {}).items():
        for example in resolved(field).get("examples", ()) if name in body else ():
            yield {**body, name: example}
        if name in body and "items" in field:
            for example in resolved(field["items"]).get("examples", ()):
                yield {**body, name: [example]}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name] if name else schema
    return found


def with_tokens(body: Any, tokens: dict[str, str]) -> Any:
    if body is None:
        return None
    return body | {name: tokens[name] for name in TOKEN_FIELDS if body.get(name) == TOKEN_PLACE}


def test_the_documents_examples_are_more_than_one_of_each_operation() -> None:
    bodies = [len(example_bodies(one.values[2])) for one in OPERATIONS]  # type: ignore[arg-type]

    assert sum(bodies) > len(OPERATIONS)


@pytest.mark.parametrize(("verb", "path", "operation"), OPERATIONS)
def test_an_example_works_as_it_stands(
    shop: Client, verb: str, path: str, operation: dict[str, Any]
) -> None:
    name = operation["operationId"]
    username = "staff" if name in FOR_STAFF else "walter"
    if name in FOR_A_NEW_USER:
        username = f"example-{uuid4().hex}"
        shop.post("/register", json=REGISTRATION | {"username": username}).raise_for_status()
    success = min(int(status) for status in operation["responses"] if status < "300")
    for body in example_bodies(operation):
        tokens = tokens_of(shop, username)

        answer = shop.request(
            verb,
            path.format(**examples_of(operation, "path")),
            params=examples_of(operation, "query"),
            json=with_tokens(body, tokens),
            headers={
                "Authorization": f"Bearer {tokens['access_token']}",
                **examples_of(operation, "header"),
            },
        )

        assert answer.status_code == success, answer.text
        if name.startswith("place_"):
            assert answer.json()["payment"]["success"] == "true"
