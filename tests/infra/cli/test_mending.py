"""``refile``, ``orders --audit`` and ``resume``, and what commands leave in the log."""

import asyncio
import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.domain.cart import Cart
from app.domain.errors import InvalidInputError
from app.domain.order import OrderState
from app.domain.payment import PAID_MESSAGE, PaymentDecision
from app.store import orders as order_store
from app.store.carts import cart_to_item
from app.store.keys import cart_key, order_key, payment_key, product_key, user_key
from app.store.orders import advance_order
from app.store.payments import decide_once, decision_to_item
from app.store.products import product_to_item
from app.store.table import Table, get_table
from app.store.users import user_to_item
from infra.cli import discard, order, orders, redrive, refile, resume, sweep, trace
from infra.cli.stacks import StackConnection, connect
from infra.local.emulator import Emulator
from infra.seeds.classic import classic_products
from infra.topology import function_name
from tests.infra.cli.helpers.dead_letters import (
    BUYER,
    NOW,
    list_dead_letters,
    new_order,
    printed_json,
    put,
    sample,
    url,
)


def damage(order_id: str, /, **changes: Any) -> None:
    """Change attributes of an order's item by hand; None removes one."""
    item = asyncio.run(get_table().get(order_key(order_id))) or {}
    changed = {name: value for name, value in (item | changes).items() if value is not None}
    asyncio.run(get_table().put(changed))


def test_one_command_tells_an_order_that_nobody_finds_and_one_files_it_again(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    order_id = new_order(age=timedelta(hours=50))
    damage(order_id, GSI3PK=None, GSI3SK=None, GSI2SK="x")

    order.command(order_id, stack=shop, as_json=True)
    told = printed_json(capsys)
    sweep.command(stack=shop, as_json=True)
    missed = printed_json(capsys)
    refile.command(order_id, dry_run=True, stack=shop, as_json=True)
    planned = printed_json(capsys)["written"]
    refile.command(order_id, stack=shop)
    written = capsys.readouterr().out
    refile.command(order_id, stack=shop)
    again = capsys.readouterr().out
    sweep.command(stack=shop, as_json=True)
    swept = printed_json(capsys)
    order.command(order_id, stack=shop, as_json=True)

    region = connect(shop).region
    assert told["why"].endswith(
        "GSI3PK is missing; GSI3SK is missing; GSI2SK is not that of the list of all orders."
    )
    assert told["next_step"] == f"acme-shop refile {order_id} --stack {shop} --region {region}"
    assert (missed["timed_out"], swept["timed_out"]) == (0, 1)
    assert {*planned} == {"GSI2PK", "GSI2SK", "GSI3PK", "GSI3SK"}
    assert written.startswith("Wrote GSI2PK = ORDERS#")
    assert again == "Nothing is wrong with its lists.\n"
    assert printed_json(capsys)["why"] == "It was declined: payment timed out."


def test_an_order_that_moves_on_meanwhile_is_not_filed(
    shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = new_order()
    damage(order_id, GSI3SK=None)
    read = order_store.get_order_with_item

    async def read_late(table: Table, wanted: str) -> Any:
        found = await read(table, wanted)
        await advance_order(table, wanted, OrderState.DECLINED, status="s", now=NOW, by="order@1")
        return found

    monkeypatch.setattr(refile, "get_order_with_item", read_late)

    with pytest.raises(InvalidInputError, match="moved on"):
        refile.command(order_id, stack=shop)

    item = asyncio.run(get_table().get(order_key(order_id)))
    assert item is not None
    assert not {"GSI3PK", "GSI3SK"} & set(item)


def test_the_audit_finds_what_no_list_shows(shop: str, capsys: pytest.CaptureFixture[str]) -> None:
    unfiled, foreign, unreadable, whole = (new_order() for _ in range(4))
    damage(unfiled, GSI3PK="OPEN")
    damage(foreign, order_id=whole)
    decision = PaymentDecision(unreadable, True, 1, "t", PAID_MESSAGE, "", NOW)
    asyncio.run(get_table().put(decision_to_item(decision) | {"amount_cents": "x"}))
    asyncio.run(decide_once(get_table(), PaymentDecision(whole, True, 1, "t", "m", "", NOW)))

    orders.command(audit=True, stack=shop, as_json=True)
    found = printed_json(capsys)
    orders.command(audit=True, stack=shop)
    shown = capsys.readouterr().out

    told = {finding["item_id"]: finding for finding in found["findings"]}
    assert told[unfiled]["problem"] == "GSI3PK is no partition of the sweeper's list"
    assert told[unfiled]["command"].startswith(f"acme-shop refile {unfiled} --stack")
    assert told[foreign]["problem"] == "order_id: is not the one in the item's key"
    assert told[unreadable]["problem"].startswith("its decision: amount_cents: is not")
    assert whole not in told
    assert found["orders"] >= 4
    assert found["read_units"] > 0
    assert f"order     {unfiled}: GSI3PK" in shown
    assert "read units: " in shown.splitlines()[-1]
    asyncio.run(get_table().delete(payment_key(unreadable)))


@pytest.mark.parametrize("mistyped", [{"PK": str.upper}, {"SK": str.lower}])
def test_an_order_under_a_mistyped_key_is_told_with_where_it_lies(
    mistyped: dict[str, Callable[[str], str]], shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    order_id = new_order()
    right, table = order_key(order_id), get_table()
    wrong = {name: mistyped.get(name, str)(value) for name, value in right.items()}
    item = asyncio.run(table.get(right)) or {}
    asyncio.run(table.put(item | wrong))
    asyncio.run(table.delete(right))
    place = f"under PK={wrong['PK']}, SK={wrong['SK']}"

    orders.command(audit=True, stack=shop, as_json=True)
    found = printed_json(capsys)["findings"]
    order.command(order_id, stack=shop, as_json=True)
    told = printed_json(capsys)
    asyncio.run(table.delete(wrong))
    asyncio.run(decide_once(table, PaymentDecision(order_id, True, 1, "t", "m", "", NOW)))
    order.command(order_id, stack=shop, as_json=True)
    nowhere = printed_json(capsys)

    (problem,) = (it["problem"] for it in found if order_id in it["item_id"].lower())
    assert place in problem
    assert place in told["why"]
    assert told["next_step"].startswith("Move it to its key")
    assert nowhere["next_step"].startswith("If acme-shop orders --audit --stack")


def test_the_audit_finds_users_carts_and_products_that_no_list_shows(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(key: dict[str, str], item: dict[str, Any] | None, **changes: Any) -> None:
        made = (item or asyncio.run(get_table().get(key)) or {}) | changes
        kept = {name: value for name, value in made.items() if value is not None}
        asyncio.run(get_table().put(kept))

    user, cart, product = (str(uuid4()) for _ in range(3))
    change(user_key(user), user_to_item(replace(BUYER, user_id=user)), GSI2PK="USERS")
    change(cart_key(cart), cart_to_item(Cart(cart), now=NOW), GSI2SK=None)
    made = replace(next(iter(classic_products(NOW))), product_id=product)
    change(product_key(product), product_to_item(made), price_cents="x")

    orders.command(audit=True, stack=shop, as_json=True)
    told = {finding["item_id"]: finding for finding in printed_json(capsys)["findings"]}
    for item_id in (user, cart):
        words = shlex.split(told[item_id]["command"])
        asyncio.run(
            get_table().update(
                json_key(words[words.index("--key") + 1]),
                words[words.index("--update-expression") + 1],
                values=json_key(words[words.index("--expression-attribute-values") + 1]),
            )
        )
    change(product_key(product), product_to_item(made))
    orders.command(audit=True, stack=shop, as_json=True)
    left = {finding["item_id"] for finding in printed_json(capsys)["findings"]}

    assert told[user]["problem"] == "GSI2PK is not that of the list of all users"
    assert told[cart]["problem"] == "GSI2SK is not that of the list of all carts"
    assert told[product]["problem"] == "price_cents: is not a whole number"
    assert told[product]["command"].startswith("aws dynamodb get-item --table-name")
    assert not {user, cart, product} & left
    for key in (user_key(user), cart_key(cart), product_key(product)):
        asyncio.run(get_table().delete(key))


def json_key(text: str) -> dict[str, str]:
    """Return names and texts of a JSON object in DynamoDB's form."""
    return {name: value["S"] for name, value in json.loads(text).items()}


def test_an_order_whose_item_names_another_is_damage_and_not_followed(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    order_id, other = new_order(), new_order()
    damage(order_id, order_id=other)

    order.command(order_id, stack=shop)

    said = capsys.readouterr().out
    assert f"order     {order_id}: its item cannot be read (order_id: is not the one" in said
    assert other not in said


def local(shop: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> StackConnection:
    """Make commands without a stack speak to this one, as to the shop of ``make run``."""
    near = StackConnection(
        shop, connect(shop).region, {"TABLE": get_table().name}, emulator.endpoint_url
    )
    for module in (discard, order, redrive, resume, sweep):
        monkeypatch.setattr(module, "connect", lambda *_: near)
    return near


def test_what_commands_did_to_an_order_is_in_the_local_log(
    shop: str,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    local(shop, emulator, monkeypatch)
    order_id = new_order(age=timedelta(hours=50))
    put(shop, "shipment-error", sample("shipment", "delivered", order_id))
    put(shop, "payment-error", sample("payment", "success", order_id))

    sweep.command(as_json=True)
    redrive.command("shipment-error", as_json=True)
    capsys.readouterr()
    letter = list_dead_letters(shop, capsys, "payment-error")[0]["message_id"]
    discard.command(letter, as_json=True)
    capsys.readouterr()
    trace.command(order_id, as_json=True)

    lines = printed_json(capsys)
    assert [line["text"].partition(" ")[0] for line in lines] == [
        "sweep.timed_out",
        "dead_letter.redriven",
        "dead_letter.discarded",
    ]
    assert {line["function"] for line in lines} == {"acme-shop"}
    assert all(len(line) <= 300 for line in (tmp_path / "log.jsonl").read_text().splitlines())


def test_a_paused_queue_of_the_local_shop_is_resumed_by_one_command(
    shop: str,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = local(shop, emulator, monkeypatch).functions
    monkeypatch.setattr("infra.cli.order_context.LOCAL", shop)
    name, order_id = function_name(shop, "payment"), new_order()
    with pytest.raises(InvalidInputError, match="has no mapping"):
        resume.command("payment-request")
    client.create_function(
        FunctionName=name, Role="arn:aws:iam::000000000000:role/any", PackageType="Image",
        Code={"ImageUri": "any"},
    )  # fmt: skip
    source = url(shop, "payment-request").rpartition("/")[2]
    made = client.create_event_source_mapping(
        EventSourceArn=f"arn:aws:sqs:{client.meta.region_name}:000000000000:{source}",
        FunctionName=name,
        Enabled=False,
    )

    order.command(order_id, as_json=True)
    told = printed_json(capsys)
    resume.command("payment-request")
    state = client.get_event_source_mapping(UUID=made["UUID"])["State"]
    client.delete_event_source_mapping(UUID=made["UUID"])
    client.delete_function(FunctionName=name)

    assert told["next_step"] == "acme-shop resume payment-request"
    assert state in {"Enabling", "Enabled"}
    with pytest.raises(InvalidInputError, match="queue: must be payment-request or"):
        resume.command("payment-error")
    assert json.dumps(told)


def test_an_order_in_a_state_of_a_later_release_is_marked_as_stuck(
    shop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    old, young = new_order(age=timedelta(hours=3)), new_order()
    damage(old, state=7)
    damage(young, state=7)

    orders.command(only_open=True, most=100, stack=shop, as_json=True)
    listed = {row["order_id"]: row for row in printed_json(capsys)}
    order.command(old, stack=shop)

    assert (listed[old]["state"], listed[old]["is_stuck"]) == ("unknown", True)
    assert listed[young]["is_stuck"] is False
    said = capsys.readouterr().out
    assert "(3 h 0 min)" in said
    assert "If a later release is out" in said
