"""The real clients of openapi/CONTRACT.md, 5, call by call, against running shops."""

import base64
import json
import re
from typing import Any
from uuid import uuid4

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


class TestEnforced:
    """Clients that send a token, or whose browser does."""

    def test_n_the_node_front_end(self, shop: Client) -> None:
        tokens = log_in(shop)
        shop.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        shop.cookies.clear()
        user_id = subject(tokens["access_token"])
        assert user_id == ERIC
        user = shop.get(f"/users/{user_id}").json()
        assert (user["status"], user["data"]["firstname"]) == (200, "Eric")

        shop_like_a_page(shop, user_id)

        assert shop.post("/logout").status_code == 202

    def test_n_without_a_login_sends_bearer_undefined(self, shop: Client) -> None:
        shop.headers["Authorization"] = "Bearer undefined"

        browse(shop)

        assert shop.get(f"/cart/items/{ERIC}").status_code == 401

    def test_s1_the_static_pages(self, shop: Client) -> None:
        tokens = log_in(shop, "dwight")
        shop.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        user_id = subject(tokens["access_token"])
        data = shop.get(f"/users/{user_id}").json()["data"]
        assert (data["firstname"], data["lastname"]) == ("Dwight", "Schrute")

        shop_like_a_page(shop, user_id)

        assert shop.post("/users/logout").is_success

    def test_r_the_react_storefront_with_the_cookies_of_a_login(self, shop: Client) -> None:
        assert shop.get("/userinfo").json() == {}
        log_in(shop, "han")
        who = shop.get("/userinfo").json()
        assert who == {"userId": "5c393a481d41c892ce24382a", "userName": "han"}
        user_id = who["userId"]
        product = browse(shop)
        item = {
            "itemid": MAT,
            "name": product["name"],
            "price": "62.5",
            "quantity": 1,
            "shortDescription": product["shortDescription"],
        }

        assert shop.get(f"/cart/clear/{user_id}").status_code == 200
        assert shop.post(f"/cart/item/add/{user_id}", json=item).status_code == 200
        [line] = shop.get(f"/cart/items/{user_id}").json()["cart"]
        assert float(line["price"]) == 62.5
        removed = item | {"quantity": 0, "shortDescription": ""}
        assert shop.post(f"/cart/item/modify/{user_id}", json=removed).status_code == 200
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
        assert shop.post("/order/add", json=order).is_success
        assert shop.post(f"/order/add/{user_id}", json=order).json()["payment"]["success"] == "true"
        assert shop.get(f"/cart/clear/{user_id}").status_code == 200

    def test_l2_with_a_header(self, shop: Client) -> None:
        tokens = log_in(shop, "phoebe", "/login/")
        shop.cookies.clear()
        shop.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        user_id = subject(tokens["access_token"])
        item = {"name": "mat", "price": "100", "shortDescription": "", "quantity": 1, "itemid": MAT}

        assert shop.post(f"/cart/item/add/{user_id}", json=item).status_code == 200
        assert shop.get(f"/cart/items/{user_id}").json()["cart"]


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

    def test_l1_the_load_generator(self, open_shop: Client) -> None:
        token = log_in(open_shop, "elaine", "/login/")["token"]
        products = open_shop.get("/products").json()["data"]
        for product in products[:8]:
            found = open_shop.get(f"/products/{product['id']}").json()["data"]
            for field in IMAGE_FIELDS:
                picture = open_shop.get(found[field])
                assert picture.status_code == 200
                assert picture.headers["Content-Type"].startswith("image/")
        assert open_shop.get("/").status_code == 200
        item = {"itemid": products[0]["id"], "name": products[0]["id"], "price": 100, "quantity": 2}
        assert open_shop.post(f"/cart/item/add/{token}", json=item).status_code == 200
        away = {"itemid": products[1]["id"], "quantity": 0}
        assert open_shop.post(f"/cart/item/modify/{token}", json=away).status_code == 200
        assert open_shop.get(f"/cart/items/{token}").json()["cart"]
        order = {
            "userid": "8888",
            "card": {"type": "amex/visa/mastercard/bahubali", "number": "349834797981",
                     "ccv": "123", "expMonth": "12", "expYear": "30"},
            "cart": [{"id": products[0]["id"], "quantity": "1", "price": "100"}],
            "total": "100",
        }  # fmt: skip
        placed = open_shop.post(f"/order/add/{token}", json=order)
        assert (placed.status_code, placed.json()["userid"]) == (200, token)
        assert placed.json()["payment"]["success"] == "true"

    def test_l1_without_a_login_never_crashes_the_shop(self, open_shop: Client) -> None:
        answers = (
            open_shop.post("/cart/item/add/", json={"itemid": "a"}),
            open_shop.post("/cart/item/modify/", json={"itemid": "a", "quantity": 0}),
            open_shop.get("/cart/items/"),
            open_shop.get("/order/"),
        )

        assert {answer.status_code for answer in answers} <= {404, 405}

    def test_s2_pages_behind_a_gateway(self, open_shop: Client) -> None:
        open_shop.cookies.clear()
        assert open_shop.get("/userinfo").json() == {}
        user_id = f"s2-{uuid4().hex}"
        item = {"itemid": MAT, "name": "Yoga Mat", "price": "62.5", "quantity": 1}
        assert open_shop.post(f"/cart/item/add/{user_id}", json=item).status_code == 200
        [line] = open_shop.get(f"/cart/items/{user_id}").json()["cart"]
        assert isinstance(line["price"], str)  # The page calls price.replaceAll.
        order = page_order([], "62.50") | {"cart": [line]}
        assert (
            open_shop.post(f"/order/add/{user_id}", json=order).json()["payment"]["status"] == 200
        )

    def test_g_the_recording(self, open_shop: Client) -> None:
        for path in ("/", "/userinfo", "/products", f"/products/{MAT}", "/catalogliveness"):
            assert open_shop.get(path).status_code == 200
        ids = re.findall(r'"id":"([^"]+)"', open_shop.get("/products").text)
        assert len(ids) >= 8

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
