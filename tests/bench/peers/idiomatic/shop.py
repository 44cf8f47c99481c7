"""The shop as most would write it: FastAPI, Mangum, boto3, ``def`` routes, pydantic, PyJWT."""

import json
import os
import time
import uuid
from decimal import Decimal
from functools import lru_cache
from hashlib import scrypt
from typing import Annotated, Any

import boto3
import jwt
from boto3.dynamodb.conditions import Key
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException
from mangum import Mangum
from pydantic import BaseModel, Field

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
sqs = boto3.client("sqs")


@lru_cache
def signing_keys() -> dict[str, Any]:
    """Return the keys, read once by each process."""
    found = boto3.client("secretsmanager").get_secret_value(
        SecretId=os.environ["SIGNING_KEYS_SECRET"]
    )
    keys: dict[str, Any] = json.loads(found["SecretString"])
    return keys


class Product(BaseModel):
    id: str
    name: str
    shortDescription: str = ""
    description: str = ""
    imageUrl1: str = ""
    imageUrl2: str = ""
    imageUrl3: str = ""
    price: float
    tags: list[str] = []


class ProductList(BaseModel):
    data: list[Product]


class ProductAnswer(BaseModel):
    status: int = 200
    data: Product


class ProductCreate(BaseModel):
    name: str
    shortDescription: str = ""
    description: str = ""
    price: Decimal = Field(ge=0)
    tags: list[str] = []


class CartLine(BaseModel):
    itemid: str
    name: str = ""
    quantity: int = Field(ge=1)
    price: float = 0


class Cart(BaseModel):
    cart: list[CartLine]
    userid: str


class CartTotal(BaseModel):
    carttotal: float
    userid: str


class CartItemTotal(BaseModel):
    cartitemtotal: int
    userid: str


class Card(BaseModel):
    number: str = Field(min_length=12, max_length=19)
    expMonth: int = Field(ge=1, le=12)
    expYear: int
    ccv: str
    type: str = ""


class Address(BaseModel):
    street: str = ""
    city: str = ""
    zip: str = ""
    state: str = ""
    country: str = ""


class OrderLine(BaseModel):
    itemid: str
    quantity: int = Field(ge=1)


class OrderCreate(BaseModel):
    firstname: str = ""
    lastname: str = ""
    email: str = ""
    address: Address = Address()
    delivery: str = ""
    card: Card
    cart: list[OrderLine] = Field(min_length=1)
    total: str


class Payment(BaseModel):
    message: str = "pending payment"
    success: str = ""
    amount: str = ""
    transactionID: str = ""


class OrderPlaced(BaseModel):
    userid: str
    order_id: str
    payment: Payment = Payment()


class Order(BaseModel):
    id: str
    status: str
    total: str
    lines: list[OrderLine]


class Registration(BaseModel):
    username: str
    password: str = Field(min_length=8)
    firstname: str = ""
    lastname: str = ""
    email: str = ""


class Login(BaseModel):
    username: str
    password: str


class Tokens(BaseModel):
    access_token: str
    refresh_token: str


class Refresh(BaseModel):
    refresh_token: str


class User(BaseModel):
    id: str
    username: str
    firstname: str = ""
    lastname: str = ""
    email: str = ""


class Done(BaseModel):
    userid: str


def caller(authorization: Annotated[str, Header()] = "") -> str:
    """Return the id of the user whose token came."""
    try:
        claims = jwt.decode(
            authorization.removeprefix("Bearer "),
            bytes.fromhex(signing_keys()["signin_1"][0]),
            algorithms=["HS256"],
            audience=os.environ["AUDIENCE"],
        )
    except jwt.PyJWTError:
        raise HTTPException(401, "Invalid token") from None
    return str(claims["sub"])


def owner(userid: str, user: Annotated[str, Depends(caller)]) -> str:
    """Return the user of the path, if it is the caller."""
    if user != userid:
        raise HTTPException(403, "This belongs to another user")
    return userid


Owner = Annotated[str, Depends(owner)]

catalog, carts, orders, users = APIRouter(), APIRouter(), APIRouter(), APIRouter()


def to_product(item: dict[str, Any]) -> Product:
    """Return the product that an item stores."""
    urls = {f"imageUrl{number}": url for number, url in enumerate(item["images"], 1)}
    return Product(**{name: item[name] for name in item if name in Product.model_fields}, **urls)


@catalog.get("/products")
def list_products() -> ProductList:
    """Return the catalog."""
    found = table.query(KeyConditionExpression=Key("PK").eq("catalog"))
    return ProductList(data=[to_product(item) for item in found["Items"]])


@catalog.get("/products/{product_id}")
def get_product(product_id: str) -> ProductAnswer:
    """Return one product."""
    found = table.get_item(Key={"PK": f"product#{product_id}"})
    if "Item" not in found:
        raise HTTPException(404, "No such product")
    return ProductAnswer(data=to_product(found["Item"]))


@catalog.post("/products", status_code=201)
def add_product(body: ProductCreate, user: Annotated[str, Depends(caller)]) -> ProductAnswer:
    """Store a product."""
    product_id = str(uuid.uuid4())
    item = {"id": product_id, **body.model_dump(), "images": [], "by": user}
    table.put_item(Item={"PK": f"product#{product_id}", **item})
    return ProductAnswer(data=to_product(item))


def read_cart(userid: str) -> list[CartLine]:
    """Return the lines of a cart."""
    found = table.get_item(Key={"PK": f"cart#{userid}"}, ConsistentRead=True)
    return [CartLine(**line) for line in found.get("Item", {}).get("lines", [])]


@carts.get("/items/{userid}")
def get_cart(userid: Owner) -> Cart:
    """Return a user's cart."""
    return Cart(cart=read_cart(userid), userid=userid)


@carts.get("/total/{userid}")
def get_cart_total(userid: Owner) -> CartTotal:
    """Return what a cart costs."""
    total = sum(line.price * line.quantity for line in read_cart(userid))
    return CartTotal(carttotal=total, userid=userid)


@carts.get("/items/total/{userid}")
def get_cart_item_total(userid: Owner) -> CartItemTotal:
    """Return how many articles are in a cart."""
    return CartItemTotal(
        cartitemtotal=sum(line.quantity for line in read_cart(userid)), userid=userid
    )


def write_cart(userid: str, lines: list[CartLine]) -> Done:
    """Store a cart."""
    stored = [{**line.model_dump(), "price": Decimal(str(line.price))} for line in lines]
    table.put_item(Item={"PK": f"cart#{userid}", "lines": stored})
    return Done(userid=userid)


@carts.post("/item/add/{userid}")
def add_item(userid: Owner, body: CartLine) -> Done:
    """Put an article into a cart."""
    return write_cart(userid, [*read_cart(userid), body])


@carts.post("/item/modify/{userid}")
def modify_item(userid: Owner, body: CartLine) -> Done:
    """Change the quantity of an article."""
    others = [line for line in read_cart(userid) if line.itemid != body.itemid]
    return write_cart(userid, [*others, body])


@carts.post("/modify/{userid}")
def replace_cart(userid: Owner, body: Cart) -> Done:
    """Replace a cart."""
    return write_cart(userid, body.cart)


@carts.get("/clear/{userid}")
def clear_cart(userid: Owner) -> Done:
    """Empty a cart."""
    table.delete_item(Key={"PK": f"cart#{userid}"})
    return Done(userid=userid)


@orders.post("/add/{userid}", status_code=202)
def add_order(userid: Owner, body: OrderCreate) -> OrderPlaced:
    """Store an order at the catalog's prices and ask for its payment."""
    keys = [{"PK": f"product#{line.itemid}"} for line in body.cart]
    found = table.meta.client.batch_get_item(RequestItems={table.name: {"Keys": keys}})
    prices = {item["id"]: item["price"] for item in found["Responses"][table.name]}
    total = sum((prices[line.itemid] * line.quantity for line in body.cart), Decimal(0))
    if f"{total:.2f}" != body.total:
        raise HTTPException(400, "The total is another")
    order_id = str(uuid.uuid4())
    table.put_item(
        Item={
            "PK": f"order#{order_id}",
            "GSI1PK": f"buyer#{userid}",
            "GSI1SK": str(time.time()),
            "id": order_id,
            "status": "pending",
            "lines": [line.model_dump() for line in body.cart],
            "firstname": body.firstname,
            "lastname": body.lastname,
            "email": body.email,
            "address": body.address.model_dump(),
            "delivery": body.delivery,
            "card": "*" * 12 + body.card.number[-4:],
            "total": body.total,
        },
        ConditionExpression="attribute_not_exists(PK)",
    )
    message = {
        "metadata": {
            "domain": "Order",
            "source": "AddOrder",
            "type": "PaymentRequested",
            "status": "success",
        },
        "data": {
            "orderID": order_id,
            "card": {
                "Type": body.card.type,
                "Number": body.card.number,
                "ExpiryYear": body.card.expYear,
                "ExpiryMonth": body.card.expMonth,
                "CVV": body.card.ccv,
            },
            "total": body.total,
        },
    }
    sqs.send_message(
        QueueUrl=os.environ["PAYMENT_REQUEST_QUEUE_URL"], MessageBody=json.dumps(message)
    )
    return OrderPlaced(userid=userid, order_id=order_id)


@orders.get("/{userid}")
def list_user_orders(userid: Owner) -> list[Order]:
    """Return a user's orders, newest first."""
    found = table.query(
        IndexName="GSI1",
        KeyConditionExpression=Key("GSI1PK").eq(f"buyer#{userid}"),
        ScanIndexForward=False,
    )
    return [Order(**item) for item in found["Items"]]


@orders.get("/{userid}/{order_id}")
def get_order(userid: Owner, order_id: str) -> Order:
    """Return one order."""
    found = table.get_item(Key={"PK": f"order#{order_id}"})
    if "Item" not in found:
        raise HTTPException(404, "No such order")
    return Order(**found["Item"])


def hash_password(password: str, salt: bytes) -> bytes:
    """Return what is stored of a password."""
    return scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)


def issue(user_id: str) -> Tokens:
    """Return the tokens of a user."""
    kinds = {"access_token": ("signin_1", 300), "refresh_token": ("signin_2", 3600)}
    return Tokens(
        **{
            name: jwt.encode(
                {"sub": user_id, "aud": os.environ["AUDIENCE"], "exp": time.time() + seconds},
                bytes.fromhex(signing_keys()[kind][0]),
                algorithm="HS256",
            )
            for name, (kind, seconds) in kinds.items()
        }
    )


@users.post("/register", status_code=201)
def register(body: Registration) -> User:
    """Store a user."""
    user_id, salt = str(uuid.uuid4()), os.urandom(16)
    user = User(id=user_id, **body.model_dump(exclude={"password"}))
    table.put_item(
        Item={
            "PK": f"name#{body.username}",
            "salt": salt,
            "hash": hash_password(body.password, salt),
            **user.model_dump(),
        },
        ConditionExpression="attribute_not_exists(PK)",
    )
    return user


@users.post("/login")
def log_in(body: Login) -> Tokens:
    """Return tokens for a name and its password."""
    found = table.get_item(Key={"PK": f"name#{body.username}"}).get("Item")
    if not found or hash_password(body.password, found["salt"].value) != found["hash"].value:
        raise HTTPException(401, "Wrong name or password")
    return issue(found["id"])


@users.post("/refresh-token")
def refresh(body: Refresh) -> Tokens:
    """Return new tokens for a refresh token."""
    try:
        claims = jwt.decode(
            body.refresh_token,
            bytes.fromhex(signing_keys()["signin_2"][0]),
            algorithms=["HS256"],
            audience=os.environ["AUDIENCE"],
        )
    except jwt.PyJWTError:
        raise HTTPException(401, "Invalid token") from None
    return issue(claims["sub"])


@users.get("/users/{userid}")
def get_user(userid: Owner) -> User:
    """Return a user's profile."""
    found = table.get_item(Key={"PK": f"user#{userid}"})
    if "Item" not in found:
        raise HTTPException(404, "No such user")
    return User(**found["Item"])


app = FastAPI(title="An idiomatic shop")
app.include_router(catalog)
app.include_router(carts, prefix="/cart")
app.include_router(orders, prefix="/order")
app.include_router(users)


@app.get("/healthz")
def get_health() -> dict[str, str]:
    """Return that the process is up."""
    return {"status": "ok"}


handler = Mangum(app, lifespan="off")
