"""The examples of the API document work as they stand: every operation, once, on a seeded shop."""

import json
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


def example_path(path: str, operation: dict[str, Any]) -> str:
    values = {
        parameter["name"]: parameter["example"]
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "path"
    }
    return path.format(**values)


def example_body(operation: dict[str, Any], tokens: dict[str, str]) -> Any:
    if "requestBody" not in operation:
        return None
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
    body = dict(schema["examples"][0])
    return body | {name: tokens[name] for name in TOKEN_FIELDS if body.get(name) == TOKEN_PLACE}


@pytest.mark.parametrize(("verb", "path", "operation"), OPERATIONS)
def test_an_example_works_as_it_stands(
    shop: Client, verb: str, path: str, operation: dict[str, Any]
) -> None:
    name = operation["operationId"]
    username = "staff" if name in FOR_STAFF else "walter"
    if name in FOR_A_NEW_USER:
        username = f"example-{uuid4().hex}"
        shop.post("/register", json=REGISTRATION | {"username": username}).raise_for_status()
    tokens = tokens_of(shop, username)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}

    answer = shop.request(
        verb, example_path(path, operation), json=example_body(operation, tokens), headers=headers
    )

    success = min(int(status) for status in operation["responses"] if status < "300")
    assert answer.status_code == success, answer.text
    if name.startswith("place_"):
        assert answer.json()["payment"]["success"] == "true"
