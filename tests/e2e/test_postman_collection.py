"""The Postman collection works as it stands, in its order, on a shop with the classic users.

`make proof` plays it with Postman's own player as well (test_generated_clients.py).
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from httpx import Client

from tests.e2e.helpers.running_shop import ROOT

COLLECTION: dict[str, Any] = json.loads(
    (ROOT / "openapi" / "postman" / "collection.json").read_text()
)
DOCUMENT: dict[str, Any] = json.loads((ROOT / "openapi" / "openapi.json").read_text())
STATUS = re.compile(r"to\.have\.status\((\d+)\)")
KEPT = re.compile(r'collectionVariables\.set\("(\w+)", (answer|sent)\.(\w+)\)')


def requests(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        if "request" in item:
            yield item
        yield from requests(item.get("item", []))


class Player:
    """The part of Postman that the collection uses."""

    def __init__(self, shop: Client) -> None:
        self.shop = shop
        self.variables = {found["key"]: found["value"] for found in COLLECTION["variable"]}
        self.variables["baseUrl"] = ""

    def fill(self, text: str) -> str:
        text = text.replace("{{$guid}}", uuid4().hex)
        return re.sub(r"\{\{(\w+)\}\}", lambda found: self.variables[found[1]], text)

    def play(self, item: dict[str, Any]) -> None:
        request = item["request"]
        places = {found["key"]: found["value"] for found in request["url"].get("variable", ())}
        parts = [places[part[1:]] if part[0] == ":" else part for part in request["url"]["path"]]
        headers = {
            found["key"]: found["value"] for found in request["header"] if not found.get("disabled")
        }
        auth = request.get("auth", COLLECTION["auth"])
        if auth["type"] == "bearer":
            headers["Authorization"] = f"Bearer {self.fill(auth['bearer'][0]['value'])}"
        sent = self.fill(request["body"]["raw"]) if "body" in request else None
        self.shop.cookies.clear()

        answer = self.shop.request(
            request["method"], "/" + "/".join(parts), content=sent, headers=headers
        )

        script = "\n".join(item["event"][0]["script"]["exec"])
        expected = STATUS.search(script)
        assert expected is not None
        assert answer.status_code == int(expected[1]), (item["name"], answer.text)
        for name, source, field in KEPT.findall(script):
            body = answer.json() if source == "answer" else json.loads(sent or "")
            self.variables[name] = body[field]


def test_every_request_of_the_collection_gets_what_it_expects(shop: Client) -> None:
    player = Player(shop)

    for item in requests(COLLECTION["item"]):
        player.play(item)


def test_every_operation_is_in_it_once_behind_the_log_ins() -> None:
    operations = sum(map(len, DOCUMENT["paths"].values()))
    start, *folders = COLLECTION["item"]

    assert start["name"] == "start"
    assert len(list(requests(folders))) == operations
    assert [folder["name"] for folder in folders] == [tag["name"] for tag in DOCUMENT["tags"]]
