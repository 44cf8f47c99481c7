"""What the bench says of its rounds, and what its endpoint answers; nothing here is timed."""

import json
from datetime import UTC, datetime

import pytest

from app.message_parser import parse_event
from app.messages import EVENTS, EventType
from app.security.signing_keys import parse_signing_keys
from app.security.tokens import read_access_token
from tests.bench import content
from tests.bench.__main__ import table
from tests.bench.endpoint import Content, Endpoint
from tests.bench.figures import Case, figures, noise
from tests.bench.scale import Heat, scale


def test_a_ratio_is_that_of_the_medians_with_the_quartiles_of_the_rounds() -> None:
    case = Case("start", {"shop": [2.0, 1.0, 3.0], "peer": [4.0, 4.0, 4.0]}, {"peer": 0.6})

    own, other, ratio = figures(case)

    assert (own.value, other.value, ratio.value) == (2.0, 4.0, 0.5)
    assert (ratio.low, ratio.high, ratio.unit) == (0.375, 0.625, "x peer (goal 0.6)")
    assert noise([own, other, ratio]) == 0.25
    assert list(table([ratio])) == [
        "start, against peer     0.50  x peer (goal 0.6)  (0.38 to 0.62)"
    ]


def test_one_round_says_nothing_about_noise() -> None:
    found = figures(Case("start", {"shop": [0.02], "peer": [4.0]}))

    assert noise(found) is None
    assert next(table(found)) == "start, shop           0.0200  ms CPU"


def test_the_hottest_key_of_an_index_bounds_the_shop() -> None:
    heat = Heat()
    item = {"PK": "ORDER#1", "SK": "ORDER", "GSI1PK": "BUYER#1", "GSI1SK": "1", "text": "x" * 1500}
    moved = {**item, "GSI1PK": "BUYER#2"}

    heat.note(("ORDER#1", "ORDER"), None, item)
    heat.note(("ORDER#1", "ORDER"), item, item | {"text": "y"})
    heat.note(("ORDER#1", "ORDER"), item, moved)

    assert heat.units["table"] == {"ORDER#1": 6}
    # An entry of keys: made, left alone, taken out and put elsewhere.
    assert heat.units["GSI1Lists"] == {"BUYER#1": 2, "BUYER#2": 1}
    assert not heat.units["GSI2"]


def test_orders_go_their_whole_way_in_memory() -> None:
    found = {figure.name: figure.value for figure in scale(20)}

    # Every order is placed, decided, paid, shipped and delivered: a write each.
    assert found["orders of one user each: written to table"] >= 4
    assert found["sales to walk-ins: ceiling by the hottest key"] > 0


@pytest.fixture(params=[True, False], ids=["shop", "peers"])
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    return Endpoint(Content(content.content(of_shop=request.param)))


def test_the_endpoint_has_a_catalog_of_each_size(endpoint: Endpoint) -> None:
    for size in content.CATALOGS:
        names = ["catalog", *(f"CATALOG#{shard}" for shard in range(4))]
        lists = [
            endpoint.answer(
                "Query",
                {
                    "TableName": content.table_name(size),
                    "ExpressionAttributeValues": {":partition": {"S": name}},
                },
            )["Items"]
            for name in names
        ]
        assert sum(map(len, lists)) == size


def test_an_update_answers_with_what_it_assigned(endpoint: Endpoint) -> None:
    prefix = "ORDER#" if endpoint.answer("GetItem", _key("ORDER#")) else "order#"

    answer = endpoint.answer(
        "UpdateItem",
        {
            **_key(prefix),
            "UpdateExpression": "SET #s = :s, total_cents = if_not_exists(total_cents, :t), x = :x",
            "ExpressionAttributeNames": {"#s": "state"},
            "ExpressionAttributeValues": {":s": {"N": "2"}, ":t": {"N": "1"}, ":x": {"S": "y"}},
            "ReturnValues": "ALL_NEW",
        },
    )["Attributes"]

    assert answer["state"] == {"N": "2"}
    assert answer["x"] == {"S": "y"}
    assert (answer["total_cents"] == {"N": "1"}) is (prefix == "order#")
    assert "x" not in endpoint.answer("GetItem", _key(prefix))["Item"]


def _key(prefix: str) -> dict[str, object]:
    key = {"PK": {"S": f"{prefix}{content.DECIDED[0]}"}}
    return {"TableName": content.table_name(8), "Key": key}


def test_what_is_sent_to_the_contestants_is_what_the_shop_reads() -> None:
    keys = parse_signing_keys(content.SECRET)

    caller = read_access_token(content.access_token(), keys, now=datetime.now(UTC))

    assert caller.user_id == content.BUYER
    for bodies in content.messages().values():
        event = EVENTS[EventType(json.loads(bodies[0])["metadata"]["type"])]
        assert len({parse_event(body, event).order_id for body in bodies}) == content.BATCH
