"""What browsers and search engines get: a page per product, a sitemap, a page for nothing.

Negotiated by ``Accept`` (RFC 9110, 12.5.1): only who names ``text/html`` gets a page. The clients
of the contract do not, so they get the JSON they know. The page is the storefront's, with the
product in its head; the view itself comes from the storefront's scripts.
"""

import json
import re
from html import escape
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape as escape_xml

from fastapi import APIRouter, Request, Response

from app.domain.errors import ProductNotFoundError
from app.domain.money import cents_to_text
from app.domain.product import Product
from app.static_files import CONTENT_POLICY, HEADERS, PAGE_TYPE, REFERRER_POLICY, STATIC
from app.store import products as store
from app.store.pagination import PageRequest
from app.store.table import Table
from routers.dependencies import TableDep
from routers.routes import ShopRoute
from routers.transport import viewer_host

_HEAD = re.compile(r"<title>.*?</title>\s*<meta name=\"description\"[^>]*>", re.DOTALL)
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")
_MAX_DESCRIPTION = 300

#: Embeddings, overrides and isolates, and the scripts that are written from right to left.
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)

#: What a picture's address may be: of the web, or a path of the shop.
_PICTURE = re.compile(r"/|https?://", re.IGNORECASE)

#: A sitemap has at most 50,000 addresses (sitemaps.org); a larger shop lists its oldest.
_SITEMAP_PAGES, _SITEMAP_PAGE = 50, 1000

router = APIRouter(include_in_schema=False, route_class=ShopRoute)


def wants_page(request: Request) -> bool:
    """Whether the client asks for HTML rather than for JSON."""
    accepted = ",".join(request.headers.getlist("accept")).lower()
    if "text/html" not in accepted:
        return False
    weights = dict(map(_weight, accepted.split(",")))
    return weights.get("text/html", 0.0) > weights.get("application/json", 0.0)


def _weight(choice: str) -> tuple[str, float]:
    kind, *parameters = (part.strip() for part in choice.split(";"))
    text = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    try:
        return kind, float(text)
    except ValueError:
        return kind, 0.0


async def get_product_page(request: Request, table: Table, product_id: str) -> Response:
    """Return the page of a product, with what a shared link shows; 404 for an unknown one."""
    try:
        product = await store.get_product(table, product_id)
    except ProductNotFoundError:
        return not_found_page()
    return _page(_head_of(product, _origin_of(request)), 200)


def not_found_page() -> Response:
    """Return the page for an address at which there is nothing."""
    return _page(
        '<title>Not found · ACME Fitness</title>\n  <meta name="robots" content="noindex">', 404
    )


def _page(head: str, status: int) -> Response:
    text = (STATIC / "index.html").read_text(encoding="utf-8")
    headers = {
        **HEADERS,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": CONTENT_POLICY,
        "Referrer-Policy": REFERRER_POLICY,
        "Vary": "Accept",
    }
    # A function, because a replacement text would be read for backslashes.
    body = _HEAD.sub(lambda _: head, text, count=1)
    return Response(body, status, headers, media_type=PAGE_TYPE)


def _origin_of(request: Request) -> str:
    """Return scheme and host that the client asked for, empty for a host that is none."""
    host = viewer_host(request.scope)
    return f"{request.scope['scheme']}://{host}" if _HOST.fullmatch(host) else ""


def _head_of(product: Product, origin: str) -> str:
    address = f"{origin}/products/{quote(product.product_id, safe='')}"
    text = _described(product, product.short_description, product.description)
    text = text[:_MAX_DESCRIPTION]
    pictures = [
        origin + url if url.startswith("/") else url
        for url in product.image_urls
        if _PICTURE.match(url)
    ]
    named = {"description": text, "twitter:card": "summary_large_image" if pictures else "summary"}
    properties = {
        "og:type": "product",
        "og:site_name": "ACME Fitness",
        "og:title": _isolated(product.name),
        "og:description": text,
        "og:url": address,
        **({"og:image": pictures[0]} if pictures else {}),
        "product:price:amount": cents_to_text(product.price_cents),
        "product:price:currency": "USD",
    }
    lines = [
        f"<title>{escape(_isolated(product.name))} · ACME Fitness</title>",
        *(f'<meta name="{name}" content="{escape(value)}">' for name, value in named.items()),
        *(
            f'<meta property="{key}" content="{escape(value)}">'
            for key, value in properties.items()
        ),
        f'<link rel="canonical" href="{escape(address)}">',
        f'<script type="application/ld+json">{_linked_data(product, address, pictures)}</script>',
    ]
    return "\n  ".join(lines)


def _described(product: Product, *texts: str) -> str:
    """Return the first text that is not blank, else a sentence with name and price."""
    name = _isolated(product.name)
    fallback = f"{name} for ${cents_to_text(product.price_cents)} at ACME Fitness."
    return next((text for text in texts if text.strip()), fallback)


def _isolated(name: str) -> str:
    """Return a name that reorders nothing of the text around it (Unicode, UAX #9)."""
    plain = _BIDI_CONTROLS.sub("", name)
    return f"\u2068{plain}\u2069" if _RIGHT_TO_LEFT.search(plain) else plain


def _linked_data(product: Product, address: str, pictures: list[str]) -> str:
    """Return the product in the words of schema.org/Product."""
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "description": _described(product, product.description, product.short_description),
        **({"image": pictures} if pictures else {}),
        "url": address,
        "offers": {
            "@type": "Offer",
            "price": cents_to_text(product.price_cents),
            "priceCurrency": "USD",
            "url": address,
        },
        **({"sku": product.sku} if product.sku else {}),
        **({"gtin": product.barcode} if product.barcode else {}),
    }
    # Text in a script ends at the first "</script", in a string or not.
    return json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")


@router.get("/sitemap.xml")
async def get_sitemap(request: Request, table: TableDep) -> Response:
    """Return the addresses of the front page and of all products (sitemaps.org)."""
    origin = _origin_of(request)
    addresses, token = [f"{origin}/"], None
    for _ in range(_SITEMAP_PAGES):
        page = await store.list_products(table, PageRequest(_SITEMAP_PAGE, token))
        addresses += [
            f"{origin}/products/{quote(product.product_id, safe='')}" for product in page.entries
        ]
        token = page.next_token
        if token is None:
            break
    lines = "".join(f"<url><loc>{escape_xml(address)}</loc></url>\n" for address in addresses)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{lines}</urlset>\n"
    )
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(body, headers=headers, media_type="application/xml")


@router.get("/robots.txt")
async def get_robots(request: Request) -> Response:
    """Say what search engines may read: the shop, not its carts, orders and till."""
    closed = "".join(f"Disallow: /{name}\n" for name in ("cart", "order", "pos", "users"))
    body = f"User-agent: *\n{closed}Sitemap: {_origin_of(request)}/sitemap.xml\n"
    return Response(
        body, headers={"Cache-Control": "public, max-age=3600"}, media_type="text/plain"
    )
