"""What the bench says of its rounds, and what its endpoint answers; nothing here is timed."""

import asyncio
import json
import ssl
from base64 import b64decode
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.message_parser import parse_event
from app.messages import EVENTS, EventType
from app.security.signing_keys import parse_signing_keys
from app.security.tokens import read_access_token
from tests.bench import content, engine, profile, release, stalls, tls
from tests.bench.__main__ import table
from tests.bench.contestants import Arena
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


def test_what_seems_slower_than_the_release_is_measured_again_and_the_best_run_counts(
    tmp_path: Path,
) -> None:
    def case(shop: float) -> Case:
        return Case("start", {"shop": [shop], "release": [100.0]})

    def settled(*runs: float) -> float | None:
        waiting = list(runs)
        found = release.settled(
            lambda *_: case(waiting.pop(0)), Arena({}, tmp_path, {}, {}), 1, tmp_path
        )
        assert not waiting
        return release.compared(found).value

    assert settled(105) == 105
    assert settled(120, 101) == 101
    assert settled(120, 130, 110) == 110


def test_a_figure_of_the_release_stands_beside_the_trees() -> None:
    figure = release.compared(Case("start", {"shop": [2.0, 4.0], "release": [6.0, 6.0]}))

    assert (figure.name, figure.value, figure.base) == ("start, CPU", 3.0, 6.0)
    assert (
        next(table([figure]))
        == "start, CPU     3.00  ms CPU  (2.50 to 3.50)  0.50 x the release's 6.00"
    )


def test_imports_are_summed_by_package() -> None:
    text = """import time: self [us] | cumulative | imported package
import time:       100 |        100 |   json.decoder
import time:      1500 |       9999 | fastapi
import time:       500 |        500 |   fastapi.routing
import time:        30 |         30 |     idna
"""
    run = profile.by_package(text)

    assert run == {"python": 0.1, "fastapi": 2.0, "idna": 0.03}
    assert [(figure.name, round(figure.value, 3)) for figure in profile.ranked("api", run)] == [
        ("api: fastapi", 2.0),
        ("api: python", 0.1),
        ("api: smaller packages", 0.03),
        ("api: all", 2.13),
    ]


def test_the_engine_counts_units_as_the_price_list_does() -> None:
    counted = engine.Engine(engine.filled(engine.Size(orders=60, own=30)))
    index = {"TableName": engine.TABLE, "IndexName": "GSI1Lists", "ScanIndexForward": False}
    own = {":p": {"S": f"BUYER#{engine.CUSTOMER}"}}
    query = {**index, "ExpressionAttributeValues": own, "KeyConditionExpression": "#p = :p"}

    first = counted.answer("Query", {**query, "Limit": 20})
    last = first["LastEvaluatedKey"]
    rest = counted.answer("Query", {**query, "Limit": 20, "ExclusiveStartKey": last})
    mark = {**own, ":s": last["GSI1SK"]}
    same = {
        **query,
        "ExpressionAttributeValues": mark,
        "KeyConditionExpression": "#p = :p AND #s < :s",
    }

    found = [item["GSI1SK"]["S"] for item in first["Items"] + rest["Items"]]
    assert len(set(found)) == 30
    assert found == sorted(found, reverse=True)
    assert "LastEvaluatedKey" not in rest
    assert counted.answer("Query", same)["Items"] == rest["Items"]
    # 20 entries of keys are less than 4 KB, and half a unit each time.
    assert counted.state() | {"written": 0} == {"calls": 3, "read": 1.5, "written": 0}

    key = {
        "TableName": engine.TABLE,
        "Key": {"PK": {"S": "ORDER#order-000001"}, "SK": {"S": "ORDER"}},
    }
    before = counted.state()["written"]
    counted.answer("GetItem", {**key, "ConsistentRead": True})
    counted.answer(
        "UpdateItem",
        {
            **key,
            "UpdateExpression": "SET GSI3SK = :s",
            "ExpressionAttributeValues": {":s": {"S": "2030-01-01T00:00:00Z#order-000001"}},
        },
    )
    assert counted.state()["read"] == 2.5
    # The item, and its entry in the sweeper's index: taken out and put in again.
    assert counted.state()["written"] - before == 3


def test_a_step_of_the_loop_is_measured_however_short_the_others_are() -> None:
    steps = stalls.Steps()

    async def one_long_step() -> None:
        await asyncio.sleep(0)
        sum(range(2_000_000))
        await asyncio.sleep(0)

    with steps.watching():
        asyncio.run(one_long_step())

    assert steps.take() > 1
    assert steps.take() == 0


def test_the_certificate_is_for_this_machine_and_of_its_authority(tmp_path: Path) -> None:
    files, authority = tls.make_certificate(tmp_path)
    client, server = (
        ssl.create_default_context(cafile=authority),
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
    )
    server.load_cert_chain(*files)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="127.0.0.1"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]

    for _ in range(3):
        for end in ends:
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()

    assert ends[0].version() == "TLSv1.3"


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
    held = content.shop_content() if request.param else content.peer_content()
    return Endpoint(Content(held))


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


def test_keys_are_used_and_come_back_as_they_were(endpoint: Endpoint) -> None:
    made = endpoint.answer("GenerateDataKey", {"KeyId": "k", "KeySpec": "AES_256"})
    secret = endpoint.answer("Encrypt", {"KeyId": "k", "Plaintext": "c2VjcmV0"})

    opened = endpoint.answer("Decrypt", {"CiphertextBlob": secret["CiphertextBlob"]})

    assert len(b64decode(made["Plaintext"])) == 32
    assert opened["Plaintext"] == "c2VjcmV0"


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
