"""Bodies of the catalog (openapi/CONTRACT.md, 1.3)."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from app.domain.barcode import read_barcode
from app.domain.errors import InvalidInputError
from app.domain.money import cents_to_number
from app.domain.product import Product
from app.fields import Cents, LiberalModel, Name, ShortText, Text
from routers.schemas.public import PublicModel

STATUS = "The HTTP status once more."
_PICTURE = "Address of a picture, often relative to this host; may be empty."

_SKU = "The shop's own code for the product"
_BARCODE = "EAN or UPC of the product: 8, 12, 13 or 14 digits, the last one the check digit"

_EXAMPLE: dict[str, Any] = {
    "id": "533445d-530e-4a76-9398-5d16713b827b",
    "name": "Yoga Mat",
    "shortDescription": "Lies down so that you can, too",
    "description": "A mat for everybody who likes the floor, but not that much.",
    "imageUrl1": "/static/images/yogamat_square.jpg",
    "imageUrl2": "/static/images/yogamat_thumb2.jpg",
    "imageUrl3": "/static/images/yogamat_thumb3.jpg",
    "price": 62.5,
    "tags": ["mat"],
}


def _barcode(text: str) -> str:
    try:
        return read_barcode(text)
    except InvalidInputError as failure:
        raise ValueError(str(failure)) from failure


class ProductCreate(LiberalModel):
    """A new product; field names match in any case, ``id`` is ignored."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{k: v for k, v in _EXAMPLE.items() if k != "id"}]}
    )

    name: Name = Field(description="Name.")
    short_description: Text = Field(
        "", alias="shortDescription", description="One line about the product."
    )
    description: Text = Field("", description="Long description.")
    image_url_1: Text = Field("", alias="imageUrl1", description=_PICTURE)
    image_url_2: Text = Field("", alias="imageUrl2", description=_PICTURE)
    image_url_3: Text = Field("", alias="imageUrl3", description=_PICTURE)
    price: Cents = Field(description="Price in dollars; a number as text is read as well.")
    tags: Annotated[list[ShortText], Field(max_length=50)] = Field(
        default_factory=list, description="Words to search and filter by."
    )
    sku: Annotated[ShortText, AfterValidator(str.strip)] = Field("", description=f"{_SKU}.")
    barcode: Annotated[ShortText, AfterValidator(_barcode)] = Field(
        "", description=f"{_BARCODE}; spaces and hyphens are left out."
    )

    def to_product(self, product_id: str, *, now: datetime) -> Product:
        """Return the product under its new id."""
        return Product(
            product_id=product_id,
            name=self.name,
            short_description=self.short_description,
            description=self.description,
            image_urls=(self.image_url_1, self.image_url_2, self.image_url_3),
            price_cents=self.price,
            tags=tuple(self.tags),
            created_at=now,
            sku=self.sku,
            barcode=self.barcode,
        )


def _is_none(value: str | None) -> bool:
    return value is None


class ProductPublic(PublicModel):
    """A product; nine fields are always present, its codes only if they are asked for and set."""

    id: str = Field(description="Id; opaque text.")
    name: str = Field(description="Name.")
    shortDescription: str = Field(description="One line about the product; may be empty.")
    description: str = Field(description="Long description; may be empty.")
    imageUrl1: str = Field(description=_PICTURE)
    imageUrl2: str = Field(description=_PICTURE)
    imageUrl3: str = Field(description=_PICTURE)
    price: int | float = Field(description="Price in dollars.")
    tags: list[str] = Field(description="Words to search and filter by.")
    sku: str | None = Field(
        None, exclude_if=_is_none, description=f"{_SKU}; absent if it has none."
    )
    barcode: str | None = Field(
        None, exclude_if=_is_none, description=f"{_BARCODE}; absent if it has none."
    )

    @classmethod
    def from_product(
        cls, product: Product, image_base_url: str, *, with_codes: bool = False
    ) -> "ProductPublic":
        """Return the public form of ``product``; ``image_base_url`` goes before picture paths."""
        first, second, third = (
            image_base_url + url if url.startswith("/") and not url.startswith("//") else url
            for url in product.image_urls
        )
        return cls(
            id=product.product_id,
            name=product.name,
            shortDescription=product.short_description,
            description=product.description,
            imageUrl1=first,
            imageUrl2=second,
            imageUrl3=third,
            price=cents_to_number(product.price_cents),
            tags=list(product.tags),
            sku=(product.sku or None) if with_codes else None,
            barcode=(product.barcode or None) if with_codes else None,
        )


def _example(**body: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [body]})


class ProductResponse(PublicModel):
    """One product."""

    model_config = _example(data=_EXAMPLE, status=200)

    data: ProductPublic = Field(description="The product.")
    status: Literal[200] = Field(200, description=STATUS)


class ProductsResponse(PublicModel):
    """A list of products."""

    model_config = _example(data=[_EXAMPLE], status=200)

    data: list[ProductPublic] = Field(description="The products of this page, oldest first.")
    status: Literal[200] = Field(200, description=STATUS)


class ProductCreatedResponse(PublicModel):
    """The product was added; ``resourceId`` is the whole product."""

    model_config = _example(
        message="Product created successfully!", resourceId=_EXAMPLE, status=201
    )

    message: Literal["Product created successfully!"] = Field(
        "Product created successfully!", description="Always the same text."
    )
    resourceId: ProductPublic = Field(description="The whole product.")
    status: Literal[201] = Field(201, description=STATUS)


class LivenessPublic(PublicModel):
    """The version of the catalog; the old pages choose a stylesheet by it."""

    version: str = Field(description="What the setting `CATALOG_VERSION` says.")
    servicename: Literal["catalog"] = Field("catalog", description="Always the same word.")


class LivenessResponse(PublicModel):
    """The catalog service is running."""

    model_config = _example(data={"version": "v1", "servicename": "catalog"}, status=200)

    data: LivenessPublic = Field(description="Who answers.")
    status: Literal[200] = Field(200, description=STATUS)
