"""The shoppers of ``make load`` find nothing wrong with the shop, and find what is planted.

In small, a few shoppers stand before a liar who hands their requests on. At full length the
faults are in the shop's own code, and Locust runs the shoppers for a minute at most.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from httpx import Client, TransportError

from infra.load.shop import Answer, Ask, NoAnswerError, Shop, WrongAnswerError
from infra.load.shopper import Shopper
from tests.e2e.helpers.running_shop import ROOT
from tests.mutations.mutation import Mutation
from tests.mutations.trees import changed_tree
from tests.support.sizes import SIZES

#: Enough for every planted fault, whatever is drawn.
_STEPS = 60


def asking(http: Client) -> Ask:
    def ask(method: str, path: str, *, name: str, body: Any, headers: Mapping[str, str]) -> Answer:
        content = {} if body is None else {"json": body}
        try:
            # Two tabs at once would share the cookies.
            answer = http.request(method, path, headers=headers, **content)
        except TransportError as failure:
            raise NoAnswerError from failure
        is_json = "json" in answer.headers.get("content-type", "") and answer.content
        return Answer(answer.status_code, answer.json() if is_json else None, dict(answer.headers))

    return ask


@pytest.fixture
def http(enforced_url: str) -> Any:
    with Client(base_url=enforced_url, timeout=30) as client:
        yield client


def walk(shopper: Shopper) -> None:
    for _ in range(_STEPS):
        shopper.act()


def test_shoppers_find_nothing_wrong_with_the_shop(http: Client) -> None:
    shop = Shop(asking(http))
    shopper = Shopper(shop, Random(16 + SIZES.seed))
    shopper.start()

    walk(shopper)
    shopper.finish()

    assert shopper.bought > 2
    assert shop.answers > 2 * _STEPS


def losing_updates(ask: Ask) -> Ask:
    """Answer every third addition, and do not make it."""
    additions = []

    def lie(method: str, path: str, **request: Any) -> Answer:
        if path.startswith("/cart/item/add/"):
            additions.append(path)
            if len(additions) % 3 == 0:
                return Answer(200, {"userid": path.rpartition("/")[2]})
        return ask(method, path, **request)

    return lie


def charging_twice(ask: Ask) -> Ask:
    """Take each repeat of an order for another order."""
    keys: set[str] = set()

    def lie(method: str, path: str, *, headers: Mapping[str, str], **request: Any) -> Answer:
        key = headers.get("Idempotency-Key", "")
        if path.startswith("/order/add/") and key:
            headers = {**headers, "Idempotency-Key": key + len(keys) * "+" * (key in keys)}
            keys.add(key)
        return ask(method, path, headers=headers, **request)

    return lie


def keeping_totals(ask: Ask) -> Ask:
    """Answer every second total with the one before."""
    totals: list[Answer] = []

    def lie(method: str, path: str, **request: Any) -> Answer:
        answer = ask(method, path, **request)
        if not path.startswith("/cart/total/"):
            return answer
        totals.append(answer)
        return totals[-2] if len(totals) % 2 == 0 else answer

    return lie


@pytest.mark.parametrize(
    ("plant", "rule"),
    [
        (losing_updates, "lost update"),
        (charging_twice, "double charge"),
        (keeping_totals, "stale total"),
    ],
)
def test_a_shopper_finds_what_a_liar_in_the_middle_does(
    http: Client, plant: Callable[[Ask], Ask], rule: str
) -> None:
    shopper = Shopper(Shop(plant(asking(http))), Random(16 + SIZES.seed))
    shopper.start()

    with pytest.raises(WrongAnswerError, match=rule):
        walk(shopper)


def test_a_shop_that_never_answers_is_given_up_and_asked_again() -> None:
    asked: list[str] = []

    def refuse(method: str, path: str, **_: Any) -> Answer:
        asked.append(path)
        if len(asked) % 2:
            raise NoAnswerError
        return Answer(503, None, {"retry-after": "3"})

    pauses: list[float] = []
    shop = Shop(refuse, patience_seconds=10, pause=pauses.append)

    with pytest.raises(Exception, match="GET /products"):
        shop.call("GET", "/products")

    assert pauses == [0.4, 3.0, 6.0, 3.0]
    assert shop.answers == 0


#: Faults of the kind that shops really have, in this shop's code.
PLANTED = {
    "lost update": Mutation(
        "routers/carts.py",
        "    await carts.add_to_cart(table, userid, body.to_draft(), key=idempotency_key, now=now)",
        "    from app.domain.cart import CartLineDraft\n"
        "    seen = (await store.get_cart(table, userid)).lines\n"
        "    drafts = [CartLineDraft(it.item_id, it.name, it.description, it.short_description,\n"
        "              it.price_cents, it.price_text, it.quantity) for it in seen]\n"
        "    await carts.replace_cart(table, userid, [*drafts, body.to_draft()], now=now)",
    ),
    "double charge": Mutation(
        "app/services/orders.py",
        "order_id_for(draft.user_id, idempotency_key) if idempotency_key else str(uuid4())",
        "str(uuid4())",
    ),
    "stale total": Mutation(
        "routers/carts.py",
        "    return CartTotalResponse(carttotal=cents_to_number(cart.total_cents),",
        "    seen, many = get_cart_total.__dict__, f'{cart.user_id} {len(cart.lines)}'\n"
        "    cents = seen.setdefault(many, cart.total_cents)\n"
        "    return CartTotalResponse(carttotal=cents_to_number(cents),",
    ),
}


@pytest.mark.parametrize("rule", PLANTED)
def test_a_planted_fault_has_its_place(rule: str) -> None:
    compile(PLANTED[rule].changed_text(), PLANTED[rule].path, "exec")


@pytest.mark.proof
@pytest.mark.skipif(not SIZES.is_full, reason="Locust is fetched: make proof")
@pytest.mark.parametrize("rule", ["none", *PLANTED])
def test_a_planted_fault_is_found_within_a_minute(
    tmp_path: Path, rule: str, figure: Callable[[str], None]
) -> None:
    subprocess.run(["make", "build/load/.venv/.ready"], cwd=ROOT, check=True)
    if rule == "none":
        code, said = load(ROOT, tmp_path)
        assert code == 0, said
        assert "wrong answers: none" in said
    else:
        with changed_tree(PLANTED[rule]) as tree:
            code, said = load(tree, tmp_path)
        assert code == 1, said
        assert rule in said.partition("wrong answers: ")[2]
    assert "<html" in (tmp_path / "report.html").read_text()
    figure(next(line for line in said.splitlines() if "answers checked" in line))


def load(tree: Path, folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "infra.load", "--users", "20", "--seconds", "60"),
            *("--python", str(ROOT / "build" / "load" / ".venv" / "bin" / "python")),
            *("--report", str(folder / "report.html"), "--seed", str(SIZES.seed)),
        ],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    return done.returncode, done.stdout + done.stderr
