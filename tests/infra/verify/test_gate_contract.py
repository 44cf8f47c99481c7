"""Gate contract: what breaks a client is found, what only adds is not."""

import json
import shutil
import subprocess
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.verify.decision import Verdict, decide
from infra.verify.evidence import Evidence, Finding
from infra.verify.gates import contract
from infra.verify.gates.contract import compare_messages
from infra.verify.policy import read_policy
from infra.verify.sources.documents import (
    breaking_api_changes,
    breaking_event_changes,
    document_of_messages,
)
from infra.verify.target import Target
from tests.golden.releases import RELEASES, ReleaseEntry
from tests.infra.local.helpers.shop_process import ShopProcess
from tests.infra.verify.servers import Asked, Said, serving
from tests.infra.verify.stacks import target_of

ROOT = Path(__file__).parents[3]
Change = Callable[[dict[str, Any]], object]

API: dict[str, Any] = {
    "paths": {
        "/order/{id}": {
            "parameters": [{"in": "path", "name": "id", "required": True}],
            "get": {
                "security": [{}, {"cookie": []}],
                "parameters": [
                    {"in": "query", "name": "limit", "schema": {"type": "integer"}},
                    {"in": "header", "name": "Prefer"},
                ],
                "responses": {
                    "200": {
                        "headers": {
                            "Link": {"schema": {"type": "string"}},
                            "ETag": {"$ref": "#/components/headers/ETag"},
                        },
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Order"}}
                        },
                    },
                    "404": {"description": "unknown"},
                },
            },
            "post": {
                "security": [{"bearer": []}, {"cookie": [], "oauth": ["orders:write"]}],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Wish"}}
                    }
                },
                "responses": {"202": {}},
            },
        }
    },
    "webhooks": {"paid": {"post": {"responses": {"200": {}}}}},
    "components": {
        "headers": {"ETag": {"required": True, "schema": {"type": "string"}}},
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "A token."},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "logged_in"},
        },
        "schemas": {
            "Order": {
                "type": "object",
                "required": ["id", "lines"],
                "properties": {
                    "id": {"type": "string"},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                },
            },
            "Line": {"type": "object", "properties": {"quantity": {"type": "integer"}}},
            "Wish": {
                "type": "object",
                "required": ["itemid"],
                "properties": {
                    "itemid": {"type": "string"},
                    "delivery": {"type": "string", "enum": ["STANDARD", "INSTORE"]},
                    "gift": {"type": "object", "properties": {"to": {"type": "string"}}},
                },
            },
        },
    },
}


def schemas(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]
    return found


def path(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/order/{id}"]
    return found


BREAKING: list[tuple[Change, tuple[str, str]]] = [
    (lambda it: it["paths"].clear(), ("/order/{id}", "is gone")),
    (lambda it: path(it).pop("post"), ("POST /order/{id}", "is gone")),
    (
        lambda it: path(it)["get"]["responses"].pop("404"),
        ("GET /order/{id}", "no longer answers 404"),
    ),
    (
        lambda it: path(it)["get"]["responses"]["200"].update(content={"text/xml": {}}),
        ("GET /order/{id}", "no longer answers 200 as application/json"),
    ),
    (
        lambda it: path(it)["get"]["parameters"].append(
            {"in": "query", "name": "shop", "required": True}
        ),
        ("GET /order/{id}", "needs query shop now"),
    ),
    (
        lambda it: path(it)["get"]["parameters"][0].update(required=True),
        ("GET /order/{id}", "needs query limit now"),
    ),
    (
        lambda it: path(it)["get"]["parameters"].pop(0),
        ("GET /order/{id}", "no longer reads query limit"),
    ),
    (
        lambda it: path(it)["get"]["parameters"][1].update(schema={"maxLength": 9}),
        ("GET /order/{id} header prefer", "has maxLength 9 now"),
    ),
    (
        lambda it: path(it)["get"]["responses"]["200"]["headers"].pop("Link"),
        ("GET /order/{id} 200", "lost the header Link"),
    ),
    (
        lambda it: it["components"]["headers"]["ETag"].update(required=False),
        ("GET /order/{id} 200", "no longer always has the header ETag"),
    ),
    (
        lambda it: it["components"]["headers"]["ETag"].update(schema={"type": "integer"}),
        ("GET /order/{id} 200 ETag", "became integer instead of string"),
    ),
    (lambda it: path(it)["get"]["security"].pop(0), ("GET /order/{id}", "needs a token now")),
    (
        lambda it: path(it)["post"]["security"].pop(0),
        ("POST /order/{id}", "no longer takes bearer"),
    ),
    (
        lambda it: path(it)["post"]["security"][1].update(oauth=["orders:write", "orders:read"]),
        ("POST /order/{id}", "no longer takes cookie and oauth"),
    ),
    (
        lambda it: it["components"]["securitySchemes"]["cookie"].update(name="session"),
        ("security scheme cookie", "is another now"),
    ),
    (lambda it: it["webhooks"].clear(), ("webhook paid", "is gone")),
    (
        lambda it: path(it)["post"].pop("requestBody"),
        ("POST /order/{id}", "no longer takes a body"),
    ),
    (
        lambda it: path(it)["post"]["requestBody"].update(required=True),
        ("POST /order/{id}", "needs a body now"),
    ),
    (
        lambda it: path(it)["get"].update(requestBody={"required": True}),
        ("GET /order/{id}", "needs a body now"),
    ),
    (
        lambda it: path(it)["post"]["requestBody"].update(content={"text/xml": {}}),
        ("POST /order/{id}", "no longer takes a body as application/json"),
    ),
    (
        lambda it: schemas(it)["Order"]["properties"].pop("note"),
        ("GET /order/{id} 200", "lost the field note"),
    ),
    (
        lambda it: schemas(it)["Line"]["properties"].pop("quantity"),
        ("GET /order/{id} 200.lines.[]", "lost the field quantity"),
    ),
    (
        lambda it: schemas(it)["Line"]["properties"]["quantity"].update(type="string"),
        ("GET /order/{id} 200.lines.[].quantity", "became string instead of integer"),
    ),
    (
        lambda it: schemas(it)["Line"]["properties"]["quantity"].update(type=["integer", "string"]),
        ("GET /order/{id} 200.lines.[].quantity", "may be string now"),
    ),
    (
        lambda it: schemas(it)["Order"]["properties"]["note"]["anyOf"].append({"type": "number"}),
        ("GET /order/{id} 200.note", "may be number now"),
    ),
    (
        lambda it: schemas(it)["Order"]["required"].remove("id"),
        ("GET /order/{id} 200", "no longer always has id"),
    ),
    (
        lambda it: schemas(it)["Wish"]["required"].append("delivery"),
        ("POST /order/{id} body", "needs delivery now"),
    ),
    (
        lambda it: schemas(it)["Wish"]["properties"]["gift"].update(required=["to"]),
        ("POST /order/{id} body.gift", "needs to now"),
    ),
    (
        lambda it: schemas(it)["Wish"]["properties"]["delivery"]["enum"].remove("INSTORE"),
        ("POST /order/{id} body.delivery", "no longer takes 'INSTORE'"),
    ),
]

HARMLESS: list[Change] = [
    lambda it: it["paths"].update({"/new": {"get": {"responses": {"200": {}}}}}),
    lambda it: path(it)["get"]["responses"].update({"410": {}}),
    lambda it: path(it)["get"]["parameters"].append({"in": "query", "name": "page"}),
    lambda it: schemas(it)["Order"]["properties"].update(total={"type": "number"}),
    lambda it: schemas(it)["Order"]["required"].append("total"),
    lambda it: schemas(it)["Wish"]["properties"].update(colour={"type": "string"}),
    lambda it: schemas(it)["Wish"]["required"].clear(),
    lambda it: schemas(it)["Wish"]["properties"]["delivery"]["enum"].append("DRONE"),
    lambda it: path(it)["get"]["parameters"].reverse(),
    lambda it: path(it)["get"]["parameters"][1].update(name="PREFER"),
    lambda it: path(it)["get"]["responses"]["200"]["headers"].update(Age={}),
    lambda it: path(it)["get"]["responses"]["200"]["headers"].update(
        etag=path(it)["get"]["responses"]["200"]["headers"].pop("ETag")
    ),
    lambda it: path(it)["get"].pop("security"),
    lambda it: path(it)["post"]["security"].append({"key": []}),
    lambda it: path(it)["post"]["security"][1].update(oauth=[]),
    lambda it: it["components"]["securitySchemes"]["bearer"].update(bearerFormat="JWT"),
    lambda it: path(it)["post"].pop("security"),
]


@pytest.mark.parametrize(("change", "found"), BREAKING, ids=[case[1][1] for case in BREAKING])
def test_what_takes_away_or_asks_for_more_breaks(change: Change, found: tuple[str, str]) -> None:
    new = deepcopy(API)
    change(new)

    assert list(breaking_api_changes(API, new)) == [found]


@pytest.mark.parametrize("number", range(len(HARMLESS)))
def test_what_only_adds_breaks_nothing(number: int) -> None:
    new = deepcopy(API)
    HARMLESS[number](new)

    assert list(breaking_api_changes(API, new)) == []


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_what_a_release_published_still_holds_or_is_a_correction(release: ReleaseEntry) -> None:
    then = subprocess.run(
        ["git", "-C", str(ROOT), "show", f"{release.commit}:openapi/openapi.json"],
        check=False,
        capture_output=True,
    )
    if then.returncode:
        pytest.skip("this clone has no history")
    now = json.loads((ROOT / "openapi" / "openapi.json").read_text())
    evidence = Evidence(
        "contract",
        "the release's documents",
        datetime.now(UTC),
        findings=tuple(
            Finding("breaking", *change)
            for change in breaking_api_changes(json.loads(then.stdout), now)
        ),
    )

    found = decide(
        [evidence], read_policy(), stage="source", today=date(2026, 12, 1), only=["contract"]
    )

    [gate] = found.gates
    [breaking] = [check for check in gate.checks if check.what == "breaking"]
    assert (breaking.verdict, breaking.says) == (Verdict.PASS, "0 found")


@pytest.mark.parametrize("name", ["openapi", "asyncapi"])
def test_the_documents_have_nothing_that_is_not_compared(name: str) -> None:
    # infra/verify/policy.toml says so of these.
    text = (ROOT / "openapi" / f"{name}.json").read_text()

    for keyword in ("x-sunset", "x-stability-level", "x-extensible-enum", "itemSchema"):
        assert f'"{keyword}"' not in text


def test_a_schema_that_contains_itself_is_compared_and_ends() -> None:
    old = deepcopy(API)
    schemas(old)["Line"]["properties"]["more"] = {"$ref": "#/components/schemas/Line"}

    assert list(breaking_api_changes(old, deepcopy(old))) == []


EVENTS: dict[str, Any] = {
    "channels": {"payment-request": {}, "payment-response": {}},
    "components": {
        "messages": {
            "Paid": {
                "payload": {
                    "type": "object",
                    "required": ["order"],
                    "properties": {"order": {"type": "string"}, "amount": {"type": "string"}},
                }
            }
        }
    },
}

BREAKING_EVENTS: list[tuple[Change, tuple[str, str]]] = [
    (lambda it: it["channels"].pop("payment-request"), ("payment-request", "is gone")),
    (lambda it: it["components"]["messages"].pop("Paid"), ("Paid", "is gone")),
    (
        lambda it: it["components"]["messages"]["Paid"]["payload"]["properties"].pop("amount"),
        ("event Paid", "lost the field amount"),
    ),
]


@pytest.mark.parametrize(("change", "found"), BREAKING_EVENTS)
def test_an_event_that_says_less_breaks(change: Change, found: tuple[str, str]) -> None:
    new = deepcopy(EVENTS)
    change(new)

    assert list(breaking_event_changes(EVENTS, new)) == [found]


def test_an_event_that_says_more_breaks_nothing() -> None:
    new = deepcopy(EVENTS)
    payload = new["components"]["messages"]["Paid"]["payload"]
    payload["properties"]["currency"] = {"type": "string"}
    new["channels"]["refund"] = {}

    assert list(breaking_event_changes(EVENTS, new)) == []


PAID = {"metadata": {"type": "Paid"}, "data": {"orderID": "o-1", "amount": 12, "list": None}}


def test_a_message_promises_its_fields_and_texts() -> None:
    then = document_of_messages({"Paid": "{}", "Paid later": json.dumps(PAID)})
    payload = {
        "properties": {
            "metadata": {"properties": {"type": {"type": "string"}}, "required": ["type"]},
            "data": {"properties": {"orderID": {"type": "integer"}, "amount": {"type": "number"}}},
        },
        "required": ["metadata", "data"],
    }
    now = {"components": {"messages": {"Paid": {"payload": payload}}}}

    assert list(breaking_event_changes(then, now)) == [
        ("event Paid.data", "lost the field list"),
        ("event Paid.data", "no longer always has orderID"),
        ("event Paid.data", "no longer always has amount"),
        ("event Paid.data.orderID", "became integer instead of string"),
    ]


def test_todays_events_say_what_the_last_release_said() -> None:
    assert compare_messages(ROOT) == (5, [])


def test_an_event_that_the_last_release_sent_is_missed(tmp_path: Path) -> None:
    for name in ("infra/release/releases.toml", "openapi/asyncapi.json"):
        (tmp_path / name).parent.mkdir(parents=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "tests" / "golden", tmp_path / "tests" / "golden")
    document = json.loads((tmp_path / "openapi" / "asyncapi.json").read_text())
    del document["components"]["messages"]["ShipmentSent"]
    (tmp_path / "openapi" / "asyncapi.json").write_text(json.dumps(document))

    found = compare_messages(tmp_path)

    assert found is not None
    assert found[1] == [Finding("breaking", "ShipmentSent", f"is gone since {RELEASES[-1].name}")]


class Tree:
    """A repository with a document, commit by commit."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "openapi").mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        subprocess.run(["git", "-C", str(self.root), *who, *words], check=True)

    def commit(self, *, tag: str = "", **documents: Any) -> None:
        for name, content in documents.items():
            (self.root / "openapi" / f"{name}.json").write_text(json.dumps(content))
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", "a change")
        if tag:
            self.git("tag", tag)

    @property
    def target(self) -> Target:
        return replace(target_of("dev", stage="source"), root=self.root)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


async def test_documents_are_compared_with_the_last_tag(tree: Tree) -> None:
    smaller = deepcopy(API)
    path(smaller).pop("post")
    tree.commit(openapi=API, tag="v1")
    tree.commit(openapi=smaller)
    tree.commit()

    evidence = await contract.collect(tree.target)

    assert evidence.source == "documents since v1"
    assert [(finding.rule, finding.subject) for finding in evidence.findings] == [
        ("breaking", "POST /order/{id}")
    ]


async def test_a_tag_on_this_commit_is_not_what_it_is_compared_with(tree: Tree) -> None:
    smaller = deepcopy(API)
    path(smaller).pop("post")
    tree.commit(openapi=API, tag="v1")
    tree.commit(openapi=smaller, tag="v2")

    assert len((await contract.collect(tree.target)).findings) == 1


async def test_a_document_counts_once_it_exists(tree: Tree) -> None:
    tree.commit(openapi=API, tag="v1")
    tree.commit(asyncapi=EVENTS, tag="v2")
    tree.commit()
    tree.commit()

    after = await contract.collect(tree.target)
    tree.git("tag", "--delete", "v2")
    before = await contract.collect(tree.target)

    for evidence, events in ((before, 0), (after, 1)):
        assert {measurement.name: measurement.value for measurement in evidence.measurements} == {
            "API documents compared": 1,
            "event documents compared": events,
            "tests of other releases": 0,
        }


RELEASE_TESTS = ("tests/golden/test_golden.py", "tests/simulation/test_releases.py")


@pytest.mark.parametrize(
    ("second", "passed", "failed"),
    [
        ("def test_b(): pass", 2, ()),
        ("def test_b(): assert False", 1, ("tests/simulation/test_releases.py::test_b",)),
        ("raise RuntimeError", 0, ("tests/simulation/test_releases.py",)),
    ],
)
async def test_what_earlier_releases_stored_must_be_read(
    tree: Tree, *, second: str, passed: int, failed: tuple[str, ...]
) -> None:
    # Plugins of other packages, whose import takes longer than these tests.
    (tree.root / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\naddopts = "-p no:schemathesis -p no:hypothesispytest"\n'
    )
    for path_of, text in zip(RELEASE_TESTS, ("def test_a(): pass", second), strict=True):
        (tree.root / path_of).parent.mkdir(parents=True, exist_ok=True)
        (tree.root / path_of).write_text(text)
    tree.commit(openapi=API, tag="v1")
    tree.commit()
    tree.commit()

    evidence = await contract.collect(tree.target)

    [reading] = [it for it in evidence.measurements if it.name == "tests of other releases"]
    assert reading.value == passed
    assert tuple(finding.subject for finding in evidence.findings) == failed


async def test_without_anything_to_compare_with_nothing_is_known(tree: Tree) -> None:
    evidence = await contract.collect(tree.target)

    assert evidence.unreachable == "git knows no tag and no commit to compare with"


async def test_a_branch_without_tags_is_compared_with_where_it_left_main(tree: Tree) -> None:
    smaller = deepcopy(API)
    path(smaller).pop("post")
    tree.commit(openapi=API)
    tree.git("update-ref", "refs/remotes/origin/main", "HEAD")
    tree.commit(openapi=smaller)
    tree.commit()

    evidence = await contract.collect(tree.target)

    assert [finding.message for finding in evidence.findings] == ["is gone"]


async def test_a_document_that_is_lost_is_not_a_document_without_changes(tree: Tree) -> None:
    tree.commit(openapi=API, tag="v1")
    tree.commit()
    (tree.root / "openapi" / "openapi.json").write_text("{")

    evidence = await contract.collect(tree.target)

    assert evidence.unreachable == "openapi.json cannot be read"


async def test_the_real_clients_find_what_they_rely_on(shop: ShopProcess) -> None:
    evidence = await contract.collect(target_of("local", url=shop.url, is_local=True))

    assert evidence.findings == ()
    assert [(measurement.name, measurement.value) for measurement in evidence.measurements] == [
        ("client sequences", 3)
    ]


def _changed(
    http: httpx.Client, place: str, change: Callable[[Any], Any]
) -> Callable[[Asked], Said]:
    """Return the answers of a shop that says something else in one place."""

    def answer(asked: Asked) -> Said:
        headers = {
            name: value
            for name, value in asked.headers.items()
            if name in {"authorization", "content-type"}
        }
        # A busy machine makes it a 503 now and then, which is not what is changed here.
        for _ in range(5):
            real = http.request(asked.method, asked.path, content=asked.body, headers=headers)
            if real.status_code != 503:
                break
        body = real.json() if real.content else None
        return Said(real.status_code, change(body) if place in asked.path else body)

    return answer


@pytest.mark.parametrize(
    ("place", "change", "client", "says"),
    [
        ("/catalogliveness", lambda _: {"data": {"version": ""}}, "pages", "no version"),
        ("/cart/total", lambda _: {"carttotal": "34.99"}, "pages", "the total is no number"),
        ("/userinfo", lambda _: {"userId": "another"}, "react", "another user"),
        (
            "/order/add",
            lambda body: {**body, "payment": {**body["payment"], "success": True}},
            "till",
            "success is no text",
        ),
        ("/login", lambda _: {"status": 200}, "till", "KeyError"),
        ("/products", lambda _: {"data": []}, "react", "the catalog is empty"),
    ],
)
async def test_a_client_that_stumbles_is_named(
    shop: ShopProcess, place: str, change: Callable[[Any], Any], client: str, says: str
) -> None:
    with (
        httpx.Client(base_url=shop.url, timeout=30) as http,
        serving(_changed(http, place, change)) as url,
    ):
        evidence = await contract.collect(target_of("dev", url=url))

    assert any(
        finding.subject == client and says in finding.message for finding in evidence.findings
    )


async def test_a_shop_that_does_not_answer_is_not_judged() -> None:
    evidence = await contract.collect(target_of("dev", url="http://127.0.0.1:1"))

    assert evidence.unreachable == "the shop does not answer: ConnectError"
