"""The stack's outputs under the names clients of the shop know them by (openapi/CONTRACT.md, 2)."""

import pulumi
import pulumi_aws as aws

from infra.components.cdn import CDN
from infra.components.functions import ShopFunction
from infra.components.live_image import IMAGE_OUTPUT
from infra.components.repository import ImageRepository
from infra.components.table import Table
from infra.components.table_layout import LAYOUT_OUTPUT


def export_table(table: Table) -> None:
    """Export where the table is, and its layout; the next deployment compares its own with it."""
    pulumi.export("Table::Name", table.name)
    pulumi.export("Table::Arn", table.arn)
    pulumi.export(LAYOUT_OUTPUT, table.layout.value)


def export_repository(repository: ImageRepository) -> None:
    """Export where images are pushed to; a release asks."""
    pulumi.export("Image::Repository", repository.url)


def export_image(image: str | None) -> None:
    """Export the image of the functions; the next deployment compares its own with it."""
    pulumi.export(IMAGE_OUTPUT, image)


def export_queue(name: str, queue: aws.sqs.Queue) -> None:
    """Export a queue; ``payment-request`` becomes ``PaymentRequestQueue``."""
    title = "".join(word.capitalize() for word in name.split("-"))
    pulumi.export(f"{title}Queue::Name", queue.name)
    pulumi.export(f"{title}Queue::Arn", queue.arn)


def export_function(name: str, function: ShopFunction) -> None:
    """Export a function and its newest version, which a canary may name as stable."""
    pulumi.export(f"{name}::Arn", function.arn)
    pulumi.export(f"{name}::Version", function.version)


def export_addresses(cdn: CDN) -> None:
    """Export where the API is, and the addresses for people: the till and the shop.

    The API's address is the CDN's: the gateway answers none but the CDN.
    """
    pulumi.export("Gateway::URL", cdn.url)
    pulumi.export("POS URL", pulumi.Output.concat(cdn.url, "pos"))
    pulumi.export("Shop URL", cdn.url)
