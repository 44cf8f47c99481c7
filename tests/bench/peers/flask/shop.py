"""The catalog with Flask and boto3, for gunicorn with threads."""

import os
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key
from flask import Flask, abort

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
app = Flask(__name__)


def to_product(item: dict[str, Any]) -> dict[str, Any]:
    """Return the product that an item stores."""
    names = ("id", "name", "shortDescription", "description", "tags")
    urls = {f"imageUrl{number}": url for number, url in enumerate(item["images"], 1)}
    return {**{name: item[name] for name in names}, **urls, "price": float(item["price"])}


@app.get("/products")
def list_products() -> dict[str, Any]:
    """Return the catalog."""
    found = table.query(KeyConditionExpression=Key("PK").eq("catalog"))
    return {"data": [to_product(item) for item in found["Items"]]}


@app.get("/products/<product_id>")
def get_product(product_id: str) -> dict[str, Any]:
    """Return one product."""
    found = table.get_item(Key={"PK": f"product#{product_id}"})
    if "Item" not in found:
        abort(404)
    return {"status": 200, "data": to_product(found["Item"])}
