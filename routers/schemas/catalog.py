"""Bodies of the catalog (openapi/CONTRACT.md, 1.3)."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.domain.money import cents_to_number
from app.domain.product import Product
from app.fields import Cents, LiberalModel, Name, ShortText, Text

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


class ProductCreate(LiberalModel):
    """A new product; field names match in any case, ``id`` is ignored."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{k: v for k, v in _EXAMPLE.items() if k != "id"}]}
    )

    name: Name
    short_description: Text = Field("", alias="shortDescription")
    description: Text = ""
    image_url_1: Text = Field("", alias="imageUrl1")
    image_url_2: Text = Field("", alias="imageUrl2")
    image_url_3: Text = Field("", alias="imageUrl3")
    price: Cents = Field(description="A number, or a number as text.")
    tags: Annotated[list[ShortText], Field(max_length=50)] = Field(default_factory=list)

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
        )


class ProductPublic(BaseModel):
    """A product; all nine fields are always present."""

    id: str
    name: str
    shortDescription: str
    description: str
    imageUrl1: str
    imageUrl2: str
    imageUrl3: str
    price: int | float
    tags: list[str]

    @classmethod
    def from_product(cls, product: Product) -> "ProductPublic":
        """Return the public form of ``product``."""
        first, second, third = product.image_urls
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
        )


def _example(**body: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [body]})


class ProductResponse(BaseModel):
    """One product."""

    model_config = _example(data=_EXAMPLE, status=200)

    data: ProductPublic
    status: Literal[200] = 200


class ProductsResponse(BaseModel):
    """A list of products."""

    model_config = _example(data=[_EXAMPLE], status=200)

    data: list[ProductPublic]
    status: Literal[200] = 200


class ProductCreatedResponse(BaseModel):
    """The product was added; ``resourceId`` is the whole product."""

    model_config = _example(
        message="Product created successfully!", resourceId=_EXAMPLE, status=201
    )

    message: Literal["Product created successfully!"] = "Product created successfully!"
    resourceId: ProductPublic
    status: Literal[201] = 201


class LivenessPublic(BaseModel):
    """The version of the catalog; the old pages choose a stylesheet by it."""

    version: str
    servicename: Literal["catalog"] = "catalog"


class LivenessResponse(BaseModel):
    """The catalog service is running."""

    model_config = _example(data={"version": "v1", "servicename": "catalog"}, status=200)

    data: LivenessPublic
    status: Literal[200] = 200
