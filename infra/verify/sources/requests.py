"""How a local shop answers, which CloudWatch does not measure: requests one after the other."""

import math
import time
from dataclasses import dataclass

import httpx

#: What a visitor asks for before anything is bought.
PATHS = (
    "/products",
    "/products/{product}",
    "/products?limit=3",
    "/cart/items/{visitor}",
    "/readyz",
)

_TIMEOUT_SECONDS = 10.0
_FIRST_SERVER_ERROR = 500


@dataclass(frozen=True)
class Answers:
    """How many requests were made and failed, and how long 95 of 100 took at most."""

    count: int
    failed: int
    p95_ms: float


def percentile(values: list[float], share: float) -> float:
    """Return the smallest of ``values`` that ``share`` (0 to 1) of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


async def measure(url: str, *, rounds: int) -> Answers:
    """Ask for every path ``rounds`` times, and once before that does not count.

    An answer that blames the caller is an answer: without a token a cart is refused.

    Raises:
        httpx.HTTPError: the shop does not answer at all.
    """
    async with httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS) as http:
        catalog = await http.get("/products", params={"limit": 1})
        catalog.raise_for_status()
        products = catalog.json()["data"]
        names = {"product": products[0]["id"] if products else "none", "visitor": "verify"}
        paths = [path.format(**names) for path in PATHS]
        for path in paths:
            await http.get(path)
        milliseconds, failed = [], 0
        for path in paths * rounds:
            begun = time.perf_counter()
            answer = await http.get(path)
            milliseconds.append(1000 * (time.perf_counter() - begun))
            failed += answer.status_code >= _FIRST_SERVER_ERROR
        return Answers(len(milliseconds), failed, percentile(milliseconds, 0.95))
