"""What is wrong with a field is told in the shop's words, which say what is wanted."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from httpx import AsyncClient

from app.field_errors import IS_WRONG, describe
from app.main import app
from routers.routes import ShopRoute
from tests.support.shop import refusal

#: Wrong for one field or another: type, length, bound, form, nesting.
WRONG: list[Any] = [
    *(None, "", " ", "\u200b", "x" * 300, "x" * 9000, "-1", "[1]", "{}", "NaN"),
    *(0, -1, 1.5, 1e300, 10**50, True, [], {}, [1], [None], [[]], [{}] * 200, {"a": 1}),
    *("2026-13-01T00:00:00Z", "2026-11-23", "1960-01-01T00:00:00Z", "9999-01-01T00:00:00Z"),
]
#: How the words of the shop begin.
WORDS = ("must ", "is ", "has ")


def fields_of(dependant: Dependant) -> Iterator[Any]:
    """Yield every field of a route: of its path, query, headers and body."""
    yield from (*dependant.path_params, *dependant.query_params, *dependant.header_params)
    yield from dependant.body_params
    for needed in dependant.dependencies:
        yield from fields_of(needed)


def paths_in(value: Any) -> Iterator[tuple[Any, ...]]:
    """Yield where there is something in a value: each key, and the first of each list."""
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1])
    for key, one in inner:
        yield (key,)
        if isinstance(one, dict | list):
            yield from ((key, *path) for path in paths_in(one))


def spoilt(example: dict[str, Any], path: tuple[Any, ...]) -> Iterator[Any]:
    """Yield the example with each wrong value at a place, and without the place."""
    for wrong in WRONG:
        body = deepcopy(example)
        holder: Any = body
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = wrong
        yield body
    del holder[path[-1]]
    yield body


def wrong_values(field: Any) -> Iterator[Any]:
    yield from WRONG
    model = field.field_info.annotation
    for example in (
        getattr(model, "model_config", {}).get("json_schema_extra", {}).get("examples", ())
    ):
        names = {info.alias or name: None for name, info in model.model_fields.items()}
        for path in paths_in({**names, **example}):
            yield from spoilt({**names, **example}, path)


@pytest.mark.parametrize(
    "route",
    [
        pytest.param(route, id=route.name)
        for route in app.router.routes
        if isinstance(route, ShopRoute) and route.include_in_schema
    ],
)
def test_each_wrong_value_of_each_field_has_words(route: ShopRoute) -> None:
    for field in fields_of(route.dependant):
        for value in wrong_values(field):
            for error in field.validate(value, {}, loc=("body",))[1] or ():
                told = describe(error)

                assert told.startswith(WORDS), error
                assert told != IS_WRONG, error


def test_what_is_new_to_the_table_is_never_told_in_the_words_of_a_library() -> None:
    assert describe({"type": "is_instance_of", "msg": "Input should be an instance"}) == IS_WRONG


@pytest.mark.parametrize(
    ("path", "sent", "message"),
    [
        ("/cart/modify/x", {"json": []}, "body: must be an object"),
        ("/cart/modify/x", {"content": b"{"}, "body: is not valid JSON"),
        ("/cart/modify/x", {}, "body: is missing"),
        ("/cart/modify/x", {"json": {"cart": 1}}, "cart: must be a list"),
        ("/cart/modify/x", {"json": {"cart": "x"}}, "cart: must be a list of items"),
        ("/cart/modify/x", {"json": {"cart": [1]}}, "cart.0: must be an object"),
        ("/cart/modify/x", {"json": {"cart": [{}] * 101}}, "cart: must have at most 100 items"),
        (
            "/cart/item/modify/x",
            {"json": {"itemid": [], "quantity": -1}},
            "itemid: must be text; quantity: must be at least 0",
        ),
        ("/cart/item/add/x", {"json": {"itemid": ""}}, "itemid: must not be empty"),
        (
            "/cart/item/add/x",
            {"json": {"itemid": "x"}, "headers": {"Idempotency-Key": "x" * 256}},
            "Idempotency-Key: must have at most 255 characters",
        ),
        ("/register", {"json": {"username": " "}}, "username: must not be blank; "),
        ("/login", {"json": {"cookies": "x"}}, "; cookies: must be true or false"),
    ],
)
async def test_a_refusal_names_the_field_and_says_what_is_wanted(
    client: AsyncClient, open_mode: None, path: str, sent: dict[str, Any], message: str
) -> None:
    answer = await client.post(path, **sent)

    assert answer.status_code == 400
    assert message in refusal(answer)["message"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/products?limit=0", "limit: must be at least 1"),
        ("/products?limit=1001", "limit: must be at most 1000"),
        ("/products?limit=x", "limit: must be a whole number"),
        ("/products?include=all", 'include: must be "codes"'),
        ("/order/all?before=2026-11-23", "before: must be an instant with an offset, such as "),
        ("/order/all?before=1900-01-01T00:00Z", "before: must be at least 1970-01-01T00:00:00Z"),
    ],
)
async def test_a_refused_query_says_what_is_wanted(
    client: AsyncClient, open_mode: None, path: str, message: str
) -> None:
    answer = await client.get(path)

    assert answer.status_code == 400
    assert refusal(answer)["message"].startswith(message)


async def test_a_path_that_is_no_text_is_named_too(client: AsyncClient) -> None:
    answer = await client.get("/cart/items/%ff")

    assert answer.json()["fields"] == [{"field": "path", "message": "is not valid UTF-8"}]
