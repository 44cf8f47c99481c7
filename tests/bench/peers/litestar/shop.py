"""The catalog with Litestar and boto3: sync handlers in threads, answers as msgspec structs."""

import os
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key
from litestar import Litestar, get
from litestar.exceptions import NotFoundException
from msgspec import Struct

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


class Product(Struct):
    id: str
    name: str
    shortDescription: str
    description: str
    imageUrl1: str
    imageUrl2: str
    imageUrl3: str
    price: float
    tags: list[str]


class ProductList(Struct):
    data: list[Product]


class ProductAnswer(Struct):
    data: Product
    status: int = 200


def to_product(item: dict[str, Any]) -> Product:
    """Return the product that an item stores."""
    names = ("id", "name", "shortDescription", "description", "tags")
    urls = {f"imageUrl{number}": url for number, url in enumerate(item["images"], 1)}
    return Product(**{name: item[name] for name in names}, **urls, price=float(item["price"]))


@get("/products", sync_to_thread=True)
def list_products() -> ProductList:
    """Return the catalog."""
    found = table.query(KeyConditionExpression=Key("PK").eq("catalog"))
    return ProductList([to_product(item) for item in found["Items"]])


@get("/products/{product_id:str}", sync_to_thread=True)
def get_product(product_id: str) -> ProductAnswer:
    """Return one product."""
    found = table.get_item(Key={"PK": f"product#{product_id}"})
    if "Item" not in found:
        raise NotFoundException("No such product")
    return ProductAnswer(to_product(found["Item"]))


app = Litestar([list_products, get_product])
