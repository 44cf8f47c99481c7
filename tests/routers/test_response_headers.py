"""What every answer says besides its body."""

import re

import pytest
from httpx import ASGITransport, AsyncClient

from app.settings import get_settings
from routers.middleware import HTTPMiddleware

# The id of a request.

_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("HEAD", "/healthz", 200),
        ("OPTIONS", "/products", 204),
        ("GET", "/unknown", 404),
        ("GET", "/cart/items/dan", 401),
        ("GET", "/static/%FF", 400),
    ],
)
async def test_a_request_keeps_the_id_it_came_with(
    client: AsyncClient, method: str, path: str, status: int
) -> None:
    headers = {"traceparent": f"00-{_TRACE}-00f067aa0ba902b7-01"}

    answer = await client.request(method, path, headers=headers)

    assert (answer.status_code, answer.headers["x-request-id"]) == (status, _TRACE)


@pytest.mark.parametrize(
    "given",
    [
        ["x"],
        [""],
        [f"00-{_TRACE}-00f067aa0ba902b7-01", f"00-{_TRACE}-00f067aa0ba902b7-01"],
        [f"00-{_TRACE}-00f067aa0ba902b7-01\x00"],
        ["\xff" * 5000],
        [f"00-{_TRACE.upper()}-00f067aa0ba902b7-01"],
    ],
)
async def test_a_hostile_id_is_ignored(client: AsyncClient, given: list[str]) -> None:
    headers = [(b"traceparent", value.encode("latin-1")) for value in given]

    answers = [await client.get("/healthz", headers=headers) for _ in range(2)]

    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", request_id) for request_id in ids)
    assert _TRACE not in ids


# Rule 13: nothing of the request in the headers of the answer.


@pytest.mark.parametrize("path", ["/products", "/cart/items/dan", "/unknown", "/"])
async def test_request_headers_do_not_come_back(client: AsyncClient, path: str) -> None:
    headers = {
        "Authorization": "Bearer secret-token",
        "Cookie": "logged_in=secret-cookie",
        "X-Access-Token": "secret-header",
        "X-Anything": "secret-thing",
        "Origin": "https://secret.example",
    }

    answer = await client.get(path, headers=headers)

    assert "secret" not in str(answer.headers.raw)
    assert "x-anything" not in answer.headers


async def test_answers_are_not_kept_nor_guessed(client: AsyncClient) -> None:
    answer = await client.get("/catalogliveness")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


_EVERY_KIND_OF_ANSWER = [
    ("OPTIONS", "/products", 204),
    ("GET", "/products", 200),
    ("HEAD", "/", 200),
    ("GET", "/static/pos/till.js", 200),
    ("GET", "/scg-logout", 302),
    ("GET", "/%ff", 400),
    ("GET", "/cart/items/dan", 401),
    ("GET", "/unknown", 404),
    ("PATCH", "/login", 405),
]


@pytest.mark.parametrize(("method", "path", "status"), _EVERY_KIND_OF_ANSWER)
async def test_every_answer_forbids_frames_and_plain_http(
    client: AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, f"https://shop{path}")

    assert answer.status_code == status
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "x-auth-mode" not in answer.headers


@pytest.mark.parametrize(("method", "path", "status"), _EVERY_KIND_OF_ANSWER)
async def test_every_answer_of_the_open_mode_says_so(
    client: AsyncClient, open_mode: None, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)

    assert answer.headers["x-auth-mode"] == "open"
    is_file = path.startswith("/static/")
    assert is_file or "X-Auth-Mode" in answer.headers["access-control-expose-headers"]


async def test_a_crash_has_the_headers_of_every_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the settings are wrong, which is not told to the caller."""
    monkeypatch.setenv("AUTH_MODE", "maybe")
    get_settings.cache_clear()

    async def crash(*_: object) -> None:
        raise RuntimeError("a fault")

    async with AsyncClient(
        transport=ASGITransport(HTTPMiddleware(crash)), base_url="https://shop"
    ) as client:
        answer = await client.get("/")

    assert answer.status_code == 500
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "strict-transport-security" in answer.headers
    assert "x-auth-mode" not in answer.headers


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("https", "max-age=31536000"),
        ("https, http", "max-age=31536000"),
        ("HTTPS ", "max-age=31536000"),
        ("http, https", None),
    ],
)
async def test_what_the_first_proxy_says_counts(
    client: AsyncClient, forwarded: str, expected: str | None
) -> None:
    answer = await client.get("/products", headers={"X-Forwarded-Proto": forwarded})

    assert answer.headers.get("strict-transport-security") == expected
