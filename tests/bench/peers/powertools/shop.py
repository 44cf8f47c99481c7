"""The routes that are measured, with Powertools: resolver with validation, logger, metrics."""

import json
import os
import time
import uuid
from decimal import Decimal
from functools import lru_cache
from typing import Any

import boto3
import jwt
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import (
    BadRequestError,
    NotFoundError,
    UnauthorizedError,
)
from aws_lambda_powertools.metrics import MetricUnit
from boto3.dynamodb.conditions import Key
from pydantic import BaseModel, Field

logger = Logger(service="shop", level="WARNING")
metrics = Metrics(namespace="shop", service="shop")
app = APIGatewayHttpResolver(enable_validation=True)
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
sqs = boto3.client("sqs")


@lru_cache
def _signing_key() -> bytes:
    name = os.environ["SIGNING_KEYS_SECRET"]
    found = boto3.client("secretsmanager").get_secret_value(SecretId=name)
    return bytes.fromhex(json.loads(found["SecretString"])["signin_1"][0])


def _check_owner(user_id: str) -> None:
    header = app.current_event.headers.get("authorization", "")
    try:
        claims = jwt.decode(
            header.removeprefix("Bearer "),
            _signing_key(),
            algorithms=["HS256"],
            audience=os.environ["AUDIENCE"],
        )
    except jwt.PyJWTError:
        raise UnauthorizedError("Invalid token") from None
    if claims["sub"] != user_id:
        raise UnauthorizedError("Not yours")


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


class CartLine(BaseModel):
    itemid: str
    name: str = ""
    quantity: int = Field(ge=1)
    price: float = 0


class Cart(BaseModel):
    cart: list[CartLine]
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


def _product(item: dict[str, Any]) -> Product:
    urls = {f"imageUrl{number}": url for number, url in enumerate(item["images"], 1)}
    return Product(**{name: item[name] for name in item if name in Product.model_fields}, **urls)


@app.get("/products")
def list_products() -> ProductList:
    """Return the catalog."""
    found = table.query(KeyConditionExpression=Key("PK").eq("catalog"))
    return ProductList(data=[_product(item) for item in found["Items"]])


@app.get("/products/<product_id>")
def get_product(product_id: str) -> ProductAnswer:
    """Return one product."""
    found = table.get_item(Key={"PK": f"product#{product_id}"})
    if "Item" not in found:
        raise NotFoundError("no such product")
    return ProductAnswer(data=_product(found["Item"]))


@app.get("/cart/items/<user_id>")
def get_cart(user_id: str) -> Cart:
    """Return a user's cart."""
    _check_owner(user_id)
    found = table.get_item(Key={"PK": f"cart#{user_id}"}, ConsistentRead=True)
    lines = found.get("Item", {}).get("lines", [])
    return Cart(cart=[CartLine(**line) for line in lines], userid=user_id)


@app.post("/order/add/<user_id>")
def add_order(user_id: str, body: OrderCreate) -> Response[OrderPlaced]:
    """Store an order at the catalog's prices and ask for its payment."""
    _check_owner(user_id)
    keys = [{"PK": f"product#{line.itemid}"} for line in body.cart]
    found = table.meta.client.batch_get_item(RequestItems={table.name: {"Keys": keys}})
    prices = {item["id"]: item["price"] for item in found["Responses"][table.name]}
    total = sum((prices[line.itemid] * line.quantity for line in body.cart), Decimal(0))
    if f"{total:.2f}" != body.total:
        raise BadRequestError("total")
    order_id = str(uuid.uuid4())
    table.put_item(
        Item={
            "PK": f"order#{order_id}",
            "GSI1PK": f"buyer#{user_id}",
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
    metrics.add_metric(name="OrderPlaced", unit=MetricUnit.Count, value=1)
    placed = OrderPlaced(userid=user_id, order_id=order_id)
    return Response(202, content_type="application/json", body=placed)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one event of the gateway."""
    return app.resolve(event, context)
