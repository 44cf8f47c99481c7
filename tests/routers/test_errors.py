"""Every error has one shape."""

from typing import Any

import pytest
from httpx import AsyncClient

from app.domain.errors import SettingsError
from routers.error_catalogue import CATALOGUE, entry_for
from routers.problems import status_for
from tests.support.shop import refusal, staff


def test_every_refusal_has_a_status() -> None:
    errors = [entry.error for entry in CATALOGUE if entry.error]
    assert {status_for(error) for error in errors} == {400, 401, 403, 404, 409, 422, 429, 503}
    assert [entry_for(error).error for error in errors] == errors
    assert status_for(SettingsError("x")) == 500


async def test_staff_are_no_exception_to_the_shape_of_errors(client: AsyncClient) -> None:
    answer = await client.post("/products", json={}, headers=await staff())

    assert refusal(answer) == {"message": "name: is missing; price: is missing", "status": 400}
    assert answer.json()["code"] == "invalid_request"
    assert answer.json()["fields"] == [
        {"field": "name", "message": "is missing"},
        {"field": "price", "message": "is missing"},
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "fields"),
    [
        ("GET", "/products/unknown", None, "product_not_found", []),
        ("GET", "/order/dan/unknown", None, "order_not_found", []),
        ("GET", "/users/unknown", None, "user_not_found", []),
        ("GET", "/nowhere", None, "not_found", []),
        ("GET", "/cart/items/total/", None, "not_found", []),
        ("PUT", "/products", None, "method_not_allowed", []),
        ("POST", "/login", {"username": "nobody", "password": "x"}, "invalid_credentials", []),
        ("POST", "/verify-token", {"access_token": "x"}, "unauthorized", []),
        ("POST", "/order/add", {"cart": [], "card": {}}, "invalid_request", None),
        ("GET", "/products?next=x", None, "invalid_request", ["next"]),
    ],
)
async def test_an_error_has_a_code_and_names_its_fields(
    client: AsyncClient,
    open_mode: None,
    method: str,
    path: str,
    body: Any,
    code: str,
    fields: list[str] | None,
) -> None:
    answer = await client.request(method, path, json=body)

    refusal(answer)
    assert answer.json()["code"] == code
    named = [field["field"] for field in answer.json()["fields"]]
    assert named == fields if fields is not None else named
