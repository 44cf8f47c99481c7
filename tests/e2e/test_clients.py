"""The real clients of openapi/CONTRACT.md, 5, call by call, against running shops."""

import base64
import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from httpx import Client

from tests.e2e.helpers.running_shop import ERIC, PASSWORD

MAT = "533445d-530e-4a76-9398-5d16713b827b"
IMAGE_FIELDS = ("imageUrl1", "imageUrl2", "imageUrl3")
PAGE_CARD = {
    "type": "amex",
    "number": "4111111111111111",
    "ccv": "123",
    "expMonth": "12",
    "expYear": "2030",
}


def log_in(shop: Client, username: str = "eric", path: str = "/login") -> dict[str, Any]:
    answer = shop.post(path, json={"username": username, "password": PASSWORD})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def subject(token: str) -> str:
    """Read the user id as pages do: from the token's middle, unchecked."""
    middle = token.split(".")[1]
    sub: str = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))["sub"]
    return sub


def page_order(items: list[dict[str, Any]], total: str) -> dict[str, Any]:
    return {
        "userid": "8888",
        "firstname": "Eric",
        "lastname": "Cartman",
        "address": {"street": "1 Main", "city": "South Park", "zip": "80440", "state": "CO",
                    "country": "USA"},
        "email": "eric@acmefitness.com",
        "delivery": "tractor",
        "card": PAGE_CARD,
        "cart": json.dumps(items),
        "total": total,
    }  # fmt: skip


def browse(shop: Client) -> dict[str, Any]:
    """Open the front page, the catalog page and a product page; return the product."""
    listed = shop.get("/products").json()["data"]
    assert all({"id", "name", "price", "imageUrl1"} <= product.keys() for product in listed)
    assert shop.get("/catalogliveness").json()["data"]["version"] == "v1"
    product: dict[str, Any] = shop.get(f"/products/{MAT}").json()["data"]
    assert {"name", "shortDescription", "price", "description", *IMAGE_FIELDS} <= product.keys()
    return product


def shop_like_a_page(shop: Client, user_id: str) -> None:
    """Fill a cart, change it, check out: the pages' calls in their order."""
    product = browse(shop)
    assert shop.get(f"/cart/clear/{user_id}").status_code == 200
    added = {
        "name": product["name"],
        "price": "62.5",
        "shortDescription": product["shortDescription"],
        "quantity": 1,
        "itemid": MAT,
    }
    for item in (added, added | {"itemid": "gone", "price": "1"}):
        assert shop.post(f"/cart/item/add/{user_id}", json=item).status_code == 200
    assert sum(item["quantity"] for item in shop.get(f"/cart/items/{user_id}").json()["cart"]) == 2
    changed = shop.post(f"/cart/item/modify/{user_id}", json={"itemid": "gone", "quantity": 0})
    assert changed.status_code == 200

    items = shop.get(f"/cart/items/{user_id}").json()["cart"]
    assert [(item["itemid"], item["price"], item["quantity"]) for item in items] == [
        (MAT, "62.5", 1)
    ]
    total = shop.get(f"/cart/total/{user_id}").json()["carttotal"]
    assert isinstance(total, int | float)
    answer = shop.post(f"/order/add/{user_id}", json=page_order(items, f"{total:.2f}"))

    placed = answer.json()
    assert (answer.status_code, placed["userid"]) == (200, user_id)
    assert placed["payment"]["status"] == 200
    assert placed["payment"]["message"] == "transaction successful"
    assert placed["payment"]["transactionID"]
    assert placed["order_id"]
    cleared = shop.get(f"/cart/clear/{user_id}")
    assert (cleared.status_code, cleared.text) == (200, "")
    # jQuery takes an empty body that says it is JSON for an error, and the page for a failure.
    assert cleared.headers["Content-Type"].startswith("text/")


@pytest.fixture(params=["shop", "open_shop"])
def any_shop(request: pytest.FixtureRequest) -> Client:
    """A shop that asks for tokens, and one that does not."""
    found: Client = request.getfixturevalue(request.param)
    return found


def is_open(shop: Client) -> bool:
    return "X-Auth-Mode" in shop.get("/live").headers


@dataclass(frozen=True)
class LoadGenerator:
    """What one of the published load generators does in its own way."""

    #: Which field of the login's answer it takes as path id; `sub` is read from the access token.
    path_id: str
    login: str = "/login/"
    sends_header: bool = False
    price: int | str = 100
    year: str = "30"
    orders: bool = True


#: Four of the nine take the access token for an id, two of them with a header.
LOAD_GENERATORS = {
    "published": LoadGenerator("token"),
    "first version": LoadGenerator("token", price="100", year="22"),
    "copy with another login": LoadGenerator("token", login="/acme-login/"),
    "token as id": LoadGenerator("access_token"),
    "token as id, other login": LoadGenerator("access_token", login="/acme-login/"),
    "token as id, with a header": LoadGenerator("access_token", sends_header=True),
    "token as id, text for prices": LoadGenerator("access_token", sends_header=True, price="100"),
    "sub as id, with a header": LoadGenerator("sub", sends_header=True, price="100"),
    "logs in and lists": LoadGenerator("sub", orders=False),
}


@pytest.mark.parametrize("generator", LOAD_GENERATORS.values(), ids=LOAD_GENERATORS)
def test_l_a_load_generator(any_shop: Client, generator: LoadGenerator) -> None:
    shop = any_shop
    login = log_in(shop, "elaine", generator.login)
    user_id = {**login, "sub": subject(login["access_token"])}[generator.path_id]
    if generator.sends_header:
        shop.cookies.clear()
        shop.headers["Authorization"] = f"Bearer {login['access_token']}"
    products = shop.get("/products").json()["data"]
    found = shop.get(f"/products/{products[1]['id']}").json()["data"]
    for field in IMAGE_FIELDS:
        picture = shop.get(found[field])
        assert picture.status_code == 200
        assert picture.headers["Content-Type"].startswith("image/")
    assert shop.get("/").status_code == 200
    if not generator.orders:
        return
    item = {"itemid": products[0]["id"], "name": "x", "price": generator.price, "quantity": 2}
    assert shop.post(f"/cart/item/add/{user_id}", json=item).status_code == 200
    away = {"itemid": products[1]["id"], "quantity": 0}
    assert shop.post(f"/cart/item/modify/{user_id}", json=away).status_code == 200
    assert shop.get(f"/cart/items/{user_id}").json()["cart"]
    order = {
        "userid": "8888",
        "card": {"type": "amex/visa/mastercard/bahubali", "number": "349834797981",
                 "ccv": "123", "expMonth": "12", "expYear": generator.year},
        "cart": [{"id": products[0]["id"], "quantity": "1", "price": "100"}],
        "total": "100",
    }  # fmt: skip
    placed = shop.post(f"/order/add/{user_id}", json=order)
    if not is_open(shop):
        # Its total is not the catalog's, which counts where tokens are checked.
        assert (placed.status_code, placed.json()["fields"][0]["field"]) == (400, "total")
        return
    assert (placed.status_code, placed.json()["userid"]) == (200, user_id)
    assert placed.json()["payment"]["success"] == str(generator.year == "30").lower()


class TestBoth:
    """Pages whose users log in, whether the shop asks for it or not."""

    def test_n_the_node_front_end(self, any_shop: Client) -> None:
        tokens = log_in(any_shop)
        any_shop.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        any_shop.cookies.clear()
        user_id = subject(tokens["access_token"])
        assert user_id == ERIC
        user = any_shop.get(f"/users/{user_id}").json()
        assert (user["status"], user["data"]["firstname"]) == (200, "Eric")

        shop_like_a_page(any_shop, user_id)

        assert any_shop.post("/logout").status_code == 202

    def test_s1_the_static_pages(self, any_shop: Client) -> None:
        tokens = log_in(any_shop, "dwight")
        any_shop.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        user_id = subject(tokens["access_token"])
        data = any_shop.get(f"/users/{user_id}").json()["data"]
        assert (data["firstname"], data["lastname"]) == ("Dwight", "Schrute")

        shop_like_a_page(any_shop, user_id)

        assert any_shop.post("/users/logout").is_success

    def test_r_the_react_storefront_with_the_cookies_of_a_login(self, any_shop: Client) -> None:
        assert any_shop.get("/userinfo").json() == {}
        log_in(any_shop, "han")
        who = any_shop.get("/userinfo").json()
        assert who == {"userId": "5c393a481d41c892ce24382a", "userName": "han"}
        user_id = who["userId"]
        product = browse(any_shop)
        item = {
            "itemid": MAT,
            "name": product["name"],
            "price": "62.5",
            "quantity": 1,
            "shortDescription": product["shortDescription"],
        }

        assert any_shop.get(f"/cart/clear/{user_id}").status_code == 200
        assert any_shop.post(f"/cart/item/add/{user_id}", json=item).status_code == 200
        [line] = any_shop.get(f"/cart/items/{user_id}").json()["cart"]
        assert float(line["price"]) == 62.5
        removed = item | {"quantity": 0, "shortDescription": ""}
        assert any_shop.post(f"/cart/item/modify/{user_id}", json=removed).status_code == 200
        order = {
            "userId": user_id,
            "cart": [item | {"description": ""}],
            "total": "62.5",
            "address": {},
            "delivery": "standard",
            "card": {"type": "visa", "number": "5555555555554444", "ccv": "123", "expMonth": "12",
                     "expYear": "30"},
            "firstname": "Han",
            "lastname": "Solo",
            "email": "han@acmefitness.com",
        }  # fmt: skip
        assert any_shop.post("/order/add", json=order).is_success
        assert (
            any_shop.post(f"/order/add/{user_id}", json=order).json()["payment"]["success"]
            == "true"
        )
        assert any_shop.get(f"/cart/clear/{user_id}").status_code == 200

    def test_s2_pages_behind_a_gateway_log_in_at_its_page(self, any_shop: Client) -> None:
        assert any_shop.get("/userinfo").json() == {}
        for page in ("/acme-login", "/oauth2/authorization/sso"):
            assert any_shop.get(page).headers["Content-Type"].startswith("text/html")
        log_in(any_shop, "walter", "/acme-login")  # As the page does it.
        user_id = any_shop.get("/userinfo").json()["userId"]
        assert any_shop.get(f"/cart/clear/{user_id}").status_code == 200
        item = {"itemid": MAT, "name": "Yoga Mat", "price": "62.5", "quantity": 1}
        assert any_shop.post(f"/cart/item/add/{user_id}", json=item).status_code == 200
        [line] = any_shop.get(f"/cart/items/{user_id}").json()["cart"]
        assert isinstance(line["price"], str)  # The page calls price.replaceAll.
        order = page_order([], "62.50") | {"cart": [line]}

        placed = any_shop.post(f"/order/add/{user_id}", json=order).json()

        assert placed["payment"]["status"] == 200
        assert any_shop.get(f"/cart/clear/{user_id}").status_code == 200
        assert any_shop.get("/scg-logout").headers["Location"] == "/"
        assert any_shop.get("/userinfo").json() == {}

    def test_g_the_recording_and_the_plan(self, any_shop: Client) -> None:
        for path in ("/", "/userinfo", "/products", "/catalogliveness"):
            assert any_shop.get(path).status_code == 200
        ids = re.findall(r'"id":"([^"]+)"', any_shop.get("/products").text)
        assert len(ids) >= 8
        for product in ids[:8]:
            assert any_shop.get(f"/products/{product}").json()["status"] == 200
        item = {"itemid": MAT, "name": "Yoga Mat", "price": "62.5", "quantity": 1}
        added = any_shop.post("/cart/item/add/guest", json=item)
        assert added.status_code == (200 if is_open(any_shop) else 401)
        any_shop.get("/cart/clear/guest")

    @pytest.mark.parametrize("user_id", ["guest", "undefined"])
    def test_who_has_not_logged_in_has_a_cart_in_open_mode_alone(
        self, any_shop: Client, user_id: str
    ) -> None:
        # The static pages' guests, and the React store before its login.
        any_shop.headers["Authorization"] = f"Bearer {user_id}"

        answer = any_shop.get(f"/cart/items/{user_id}")

        if is_open(any_shop):
            assert answer.json() == {"cart": [], "userid": user_id}
        else:
            assert answer.status_code == 401


class TestEnforced:
    """Clients that need the open mode get a clear answer from a shop that asks for tokens."""

    def test_clients_without_a_token_are_refused(self, shop: Client) -> None:
        item = {"itemid": MAT, "quantity": 1}
        order = page_order([item], "62.50")

        refused = [
            shop.get("/users"),  # The old till.
            shop.post("/cart/item/add/guest", json=item),  # Bash test and curl examples.
            shop.post("/order/add/guest", json=order),
            shop.post("/product", json={"name": "Tracker", "price": 149.99}),
        ]

        assert {answer.status_code for answer in refused} == {401}

    def test_n_without_a_login_sends_bearer_undefined(self, shop: Client) -> None:
        shop.headers["Authorization"] = "Bearer undefined"

        browse(shop)

        assert shop.get(f"/cart/items/{ERIC}").status_code == 401


class TestOpen:
    """Clients that know nothing of tokens, under the old shop's card rules."""

    def test_b_the_bash_test(self, open_shop: Client) -> None:
        assert log_in(open_shop)["token"] == ERIC
        open_shop.cookies.clear()
        unknown = open_shop.post("/login", json={"username": "none", "password": PASSWORD})
        assert unknown.status_code >= 400
        assert open_shop.get("/products").json()["data"]
        assert not open_shop.get("/cart/items/guest").json().get("cart")
        item = {"name": "TEST", "price": "1", "shortDescription": "TEST", "quantity": 1,
                "itemid": "5d2d79a4d7e0d05bd2ff76b3"}  # fmt: skip
        assert open_shop.post("/cart/item/add/guest", json=item).status_code < 400
        assert open_shop.get("/cart/items/guest").json()["cart"]
        open_shop.post("/cart/item/modify/guest", json={"itemid": item["itemid"], "quantity": 0})
        assert not open_shop.get("/cart/items/guest").json()["cart"]
        bottle = {"itemid": "5d2d79a4d7e0d05bd2ff76b1", "name": "Water Bottle", "price": "34.99",
                  "quantity": 1}  # fmt: skip
        order = {
            "userid": "guest", "firstname": "", "lastname": "", "email": "",
            "address": {"street": "", "city": "", "zip": "", "state": "", "country": ""},
            "delivery": "UPS/FEDEX",
            "card": {"type": "amex", "number": "1234567812345678", "ccv": "123", "expMonth": "01",
                     "expYear": "2029"},
            "cart": json.dumps([bottle]),
            "total": "34.99",
        }  # fmt: skip

        for _ in range(3):
            answer = open_shop.post("/order/add/guest", json=order)
            assert answer.status_code == 200
            assert answer.json()["order_id"]
            assert answer.json()["payment"]["success"] == "true"

    def test_p_the_point_of_sale_posts_json_as_a_form(self, open_shop: Client) -> None:
        products = open_shop.get("/products").json()["data"]
        assert {"id", "name", "shortDescription", "price", "imageUrl1"} <= products[0].keys()
        users = open_shop.get("/users").json()["data"]
        assert {"id", "firstname", "lastname", "email"} <= users[0].keys()
        order = {
            "userid": users[0]["id"],
            "firstname": users[0]["firstname"],
            "lastname": users[0]["lastname"],
            "address": {"street": "20 Riding Lane", "city": "SF", "zip": "10201", "state": "CA",
                        "country": "USA"},
            "email": users[0]["email"],
            "delivery": "instore",
            "card": {"Type": "Visa", "Number": "4222222222222", "ExpiryMonth": 7,
                     "ExpiryYear": 2021, "CVV": "672"},
            "cart": [{"id": products[0]["id"], "description": "", "quantity": "1",
                      "price": '"73.76"'}],
            "total": "1402",
        }  # fmt: skip

        answer = open_shop.post(
            f"/order/add/{users[0]['id']}",
            content=json.dumps(order),
            headers={
                "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                "Origin": "http://till.example",
            },
        )

        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.json()["payment"]["status"] == 400  # The old till's card has expired.

    def test_l1_without_a_login_never_crashes_the_shop(self, open_shop: Client) -> None:
        answers = (
            open_shop.post("/cart/item/add/", json={"itemid": "a"}),
            open_shop.post("/cart/item/modify/", json={"itemid": "a", "quantity": 0}),
            open_shop.get("/cart/items/"),
            open_shop.get("/order/"),
        )

        assert {answer.status_code for answer in answers} <= {404, 405}

    def test_x_the_readmes_curl_commands(self, open_shop: Client) -> None:
        name = uuid4().hex
        full = {"itemid": "sfsdsda3343", "name": "redpant", "description": "", "price": 400,
                "quantity": 1}  # fmt: skip
        assert open_shop.post(f"/cart/item/add/{name}", json=full).status_code == 200
        short = {"itemid": "xyz", "quantity": 3}
        assert open_shop.post(f"/cart/item/add/{name}", json=short).status_code == 200
        assert open_shop.get(f"/cart/items/total/{name}").json()["cartitemtotal"] == 4
        product = {"name": "Tracker", "shortdescription": "s", "description": "d",
                   "imageurl1": "/static/images/1.jpg", "price": 149.99,
                   "tags": ["tracker"]}  # fmt: skip
        created = open_shop.post("/product", json=product)
        assert created.status_code == 201
        assert created.json()["resourceId"]["imageUrl1"] == "/static/images/1.jpg"
        order = {
            "_id": "", "status": "", "userid": "8888", "firstname": "John", "lastname": "Blaze",
            "address": {"street": "20 Riding Lane Av", "city": "San Francisco", "zip": "10201",
                        "state": "CA", "country": "USA"},
            "email": "jblaze@marvel.com", "delivery": "UPS/FEDEX",
            "card": {"Type": "Visa", "Number": "4111111111111111", "ExpiryYear": 2030,
                     "ExpiryMonth": 12, "CVV": "123"},
            "cart": [{"id": "1234", "description": "redpants", "quantity": "1", "price": "4"}],
            "total": "100",
        }  # fmt: skip
        placed = open_shop.post(f"/order/add/{name}", json=order).json()
        assert (placed["userid"], placed["payment"]["amount"]) == (name, "100.00")
        new = {"username": f"peterp-{name}", "password": PASSWORD, "firstname": "amazing",
               "lastname": "spiderman", "email": "peterp@acmefitness.com"}  # fmt: skip
        assert open_shop.post("/register", json=new).status_code == 201
        assert log_in(open_shop, f"peterp-{name}")["status"] == 200
