"""Every action of customers, staff, schedules and rotation on an executed stack."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from app.domain.instants import instant_to_text
from app.domain.order import WALK_IN
from app.domain.user import Role
from tests.infra.components.executed_stack import ExecutedStack

CARD = {"number": "4111111111111111", "expMonth": "12", "expYear": "2099", "ccv": "123"}
_MOST_CALLS = 6
REFUSED_CARD = CARD | {"number": "4111111111111112"}
PRODUCT = {
    "name": "Mat",
    "shortDescription": "Lies down",
    "description": "A mat",
    **{f"imageUrl{number}": f"/{number}.jpg" for number in (1, 2, 3)},
    "price": 34.99,
    "tags": ["mat"],
}


def order_of(product_id: str, **fields: Any) -> dict[str, Any]:
    """Return the body of an order of one article for 34.99."""
    cart = [{"itemid": product_id, "quantity": 1}]
    return {"card": CARD, "cart": cart, "total": "34.99", **fields}


class Walkthrough:
    """A visitor with an account and a staff token; ``visited`` are the routes that were called."""

    def __init__(self, stack: ExecutedStack) -> None:
        """Register; what follows is up to the visitor."""
        self.stack = stack
        self.visited: set[tuple[str, str]] = set()
        self._staff = stack.token("staff", role=Role.STAFF)
        self._secret = secret = {"username": f"visitor-{uuid4()}", "password": "open-the-doors-1"}
        person = {"firstname": "Hal", "lastname": "Nine", "email": "hal@example.com"}
        self.visit("POST", "/register", {**secret, **person})
        login = self.visit("POST", "/login", secret)
        self.visit("POST", "/acme-login", secret)
        self.ids = {"userid": login["token"], "id": login["token"]}
        self._token, self._refresh_token = login["access_token"], login["refresh_token"]

    def visit(self, method: str, route: str, body: Any = None, **options: Any) -> Any:
        """Return the JSON behind a route; fails unless it is a success, or leads elsewhere.

        Who is told to come again (503) does. A function loads what it needs for AWS with the
        first call, and on a busy machine that takes longer than a call may.
        """
        ids = {**getattr(self, "ids", {}), **options.pop("ids", {})}
        token = options.pop("token", getattr(self, "_token", ""))
        ask = (
            self.stack.request_while_working if options.pop("waits", False) else self.stack.request
        )
        statuses: list[int] = []
        while not statuses or (statuses[-1] == 503 and len(statuses) < _MOST_CALLS):
            answer = ask(method, route.format(**ids), body, token=token, **options)
            statuses.append(answer["statusCode"])
        # A registration that was answered with 503 may have counted.
        is_known = len(statuses) > 1 and statuses[-1] == 409
        assert statuses[-1] < 400 or is_known, (method, route, answer)
        self.visited.add((method, route))
        is_json = "json" in answer["headers"].get("content-type", "")
        return json.loads(answer["body"]) if is_json and answer.get("body") else None

    def visit_as_staff(self, method: str, route: str, body: Any = None, **options: Any) -> Any:
        """Return the JSON behind a route that only staff may use."""
        return self.visit(method, route, body, token=self._staff, **options)

    def add_product(self, route: str = "/products") -> str:
        """Return the id of a new article."""
        made: str = self.visit_as_staff("POST", route, PRODUCT)["resourceId"]["id"]
        return made

    def place(self, **fields: Any) -> str:
        """Return the id of a new order whose messages are still on the queue."""
        body = order_of(self.add_product(), **fields)
        placed = self.visit("POST", "/order/add/{userid}", body, prefer="respond-async")
        order_id: str = placed["order_id"]
        return order_id

    def state_of(self, order_id: str) -> str:
        """Return where one of the visitor's orders stands."""
        order = self.visit("GET", "/order/{userid}/{order_id}", ids={"order_id": order_id})
        state: str = order["state"]
        return state

    def age(self, order_id: str, *, hours: int) -> None:
        """Make an order as old as if it had been placed some hours ago."""
        then = instant_to_text(datetime.now(UTC) - timedelta(hours=hours))
        dynamodb, table = self.stack.aws("dynamodb"), self.stack.deployment.one("Table")["name"]
        (item,) = (
            item
            for item in dynamodb.scan(TableName=table)["Items"]
            if item.get("order_id") == {"S": order_id} and "placed_at" in item
        )
        times = {
            "placed_at": {"S": then},
            "updated_at": {"S": then},
            # Its place in the sweeper's index: due since then.
            "GSI3SK": {"S": f"{then}#{order_id}"},
        }
        # Without its steps, which say when it entered a state.
        kept = {name: value for name, value in item.items() if not re.fullmatch("h[0-9]", name)}
        dynamodb.put_item(TableName=table, Item={**kept, **times})

    def count_declines(self, number: int) -> None:
        """Let the visitor have had so many cards declined this hour, the last one long ago."""
        dynamodb, table = self.stack.aws("dynamodb"), self.stack.deployment.one("Table")["name"]
        for item in dynamodb.scan(TableName=table)["Items"]:
            if item["PK"]["S"].startswith("DECLINES#"):
                used = {"attempts": {"N": str(number)}, "last_at": {"N": "0"}}
                dynamodb.put_item(TableName=table, Item={**item, **used})

    def run_all(self) -> None:
        """Do all of it, in an order that makes sense."""
        self.look_around()
        self.fill_a_cart()
        self.buy()
        self.sweep_up()
        self.rotate_keys()
        self.leave()
        self.stack.write_logs()

    def look_around(self) -> None:
        """Read what needs no token."""
        product = {"id": self.add_product("/product")}
        for route in ("/", "/pos", "/docs", "/healthz", "/readyz", "/live", "/catalogliveness"):
            self.visit("GET", route)
        for route in ("/liveness", "/products", "/shop", "/userinfo", "/whoami"):
            self.visit("GET", route)
        self.visit("GET", "/static/images/{name}", ids={"name": "yogamat_square.jpg"})
        self.visit("GET", "/products/{id}", ids=product)

    def fill_a_cart(self) -> None:
        """Use every way to change and to read a cart."""
        item = {"itemid": "mat", "name": "Mat", "quantity": 2, "price": 5}
        self.visit("POST", "/cart/item/add/{userid}", item)
        self.visit("POST", "/cart/item/add/{userid}", item)
        self.visit("POST", "/cart/item/modify/{userid}", {**item, "quantity": 1})
        self.visit("POST", "/cart/modify/{userid}", {"cart": [item]})
        for route in ("/cart/items/{userid}", "/cart/total/{userid}", "/cart/items/total/{userid}"):
            self.visit("GET", route)
        self.visit_as_staff("GET", "/cart/all")
        self.visit("POST", "/cart/clear/{userid}")
        self.visit("GET", "/cart/clear/{userid}")

    def buy(self) -> None:
        """Place orders in every way; let all of them arrive, one of them twice."""
        body = order_of(self.add_product())
        self.visit("POST", "/order/add/{userid}", body, waits=True)
        self.visit("POST", "/order/add", body, waits=True)
        delivered, declined = self.place(), self.place(card=REFUSED_CARD)
        self.stack.work(times=2)
        assert self.state_of(delivered) == "delivered"
        assert self.state_of(declined) == "declined"
        self.count_declines(100_000)
        self.place()
        self.count_declines(0)
        self.stack.work()
        self.visit("GET", "/order/{userid}")
        # Walk-in customers are spread over partitions of their own.
        self.visit_as_staff("GET", "/order/{userid}", ids={"userid": WALK_IN})
        self.visit_as_staff("GET", "/order/all")

    def sweep_up(self) -> None:
        """Lose the messages of two orders, one of them long ago, and let the clock strike."""
        unpaid, young = self.place(), self.place()
        self.stack.lose_messages()
        self.age(unpaid, hours=49)
        self.age(young, hours=1)
        self.stack.call_on_schedule()
        self.stack.work()
        assert (self.state_of(unpaid), self.state_of(young)) == ("declined", "pending")

    def rotate_keys(self) -> None:
        """Have the signing keys rotated, as Secrets Manager would, and stay logged in."""
        rotation = self.stack.deployment.one("SecretRotation")
        version = str(uuid4())
        for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
            event = {"Step": step, "SecretId": rotation["secretId"], "ClientRequestToken": version}
            self.stack.call(rotation["rotationLambdaArn"], event)
        self.visit("GET", "/users/{id}")

    def leave(self) -> None:
        """Look at accounts, renew tokens and log out."""
        self.visit_as_staff("GET", "/users")
        self.visit("GET", "/users/{id}")
        self.visit("POST", "/verify-token", {"access_token": self._token})
        self.visit("POST", "/refresh-token", {"refresh_token": self._refresh_token})
        self.visit("GET", "/acme-login")
        self.visit("GET", "/oauth2/authorization/sso")
        self.visit("GET", "/.well-known/security.txt")
        for page in (
            "/docs/events",
            "/docs/errors",
            "/asyncapi.json",
            "/postman.json",
            "/robots.txt",
            "/sitemap.xml",
        ):
            self.visit("GET", page)
        self.visit("GET", "/scg-logout")
        self.visit("POST", "/users/logout")
        self.visit("POST", "/logout")
        passwords = {"password": self._secret["password"], "new_password": "open-the-doors-2"}
        self._token = self.visit("POST", "/change-password", passwords)["access_token"]
        self.visit("POST", "/logout-everywhere")
        secret = {**self._secret, "password": "open-the-doors-2"}
        self._token = self.visit("POST", "/login", secret)["access_token"]
        self.visit("POST", "/close-account", {"password": "open-the-doors-2"})
