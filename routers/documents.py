"""The API documents: one of the whole API, one for each HTTP domain."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app import __version__
from routers.document_responses import (
    ALWAYS,
    WITH_BODY,
    WITH_ID,
    add_headers,
    error_answers,
    header_components,
)
from routers.document_schemas import simplify, simplify_parameter
from routers.links import LINKS
from routers.problems import CODES, ErrorResponse, GatewayErrorResponse
from routers.schemas.user import ACCESS_MINUTES

Document = dict[str, Any]

#: Parts of a parameter's schema that refuse no value.
_ANNOTATIONS = {"type", "title", "description", "examples", "format"}

TITLE = "ACME Serverless Fitness Shop"

#: The description of each domain, in the order of the documents.
DOMAINS = {
    "catalog": "What the shop sells.",
    "cart": "What a shopper is going to buy.",
    "order": "Placing orders and following their payment and shipment.",
    "user": "Registration, login, tokens and profiles.",
}
_TAGS = {**DOMAINS, "system": "Health and readiness."}

# Pages are described in words: a second kind of content makes an answer of generated clients a
# choice of object and text, and some of them ask for both kinds then.
_DESCRIPTION = """\
Catalog, cart, order and users of a fitness shop. What is asynchronous behind an order (payment, \
shipment) is in `asyncapi.json`.

**Bodies** are JSON whatever the `Content-Type` says. The names of fields match in any case, \
unknown fields and nulls are ignored, a number is read where text is meant and text where a \
number is; a whole number as text has digits alone (`"2"`, not `"2.0"`). Where several forms are \
accepted, this document shows one and says the others in words. The answer of \
`/cart/clear/{userid}` has no body and is `text/plain`. A body that is not asked for is left \
unread, but its length and the time it takes are limited (413, 408), with every method; declared \
are these for POST alone.

**Paths** work with and without a trailing slash. HEAD is answered wherever GET is, and changes \
nothing. OPTIONS is answered with 204 on every path, without a token, and says which headers and \
methods other origins may use; 405 names a path's own methods in `Allow`.

**Aliases** for clients of old, which this document leaves out: `POST /product` is \
`POST /products`, `POST /acme-login` is `POST /login`, `POST /users/logout` is `POST /logout`, \
`GET /whoami` is `GET /userinfo`, `GET /liveness` is `GET /catalogliveness`. Left out \
too is what people see: `GET /acme-login` and `GET /oauth2/authorization/sso` show a log-in, \
`GET /scg-logout` logs out.

**Headers.** What is declared, and with every answer: `Access-Control-Allow-Origin: *`, the \
headers that scripts of other origins may read (`Access-Control-Expose-Headers`), a \
`Content-Security-Policy`, `X-Content-Type-Options: nosniff`, `Cache-Control` (`no-store` unless \
declared), and `Strict-Transport-Security` over https. What may come compressed has \
`Vary: Accept-Encoding`, a product `Vary: Accept`, and a 304 the same `Vary` as its 200.

**Pages.** Who asks for `text/html` rather than for JSON, as browsers do that open an address, \
gets a page from `GET /products/{id}` and for what is not found.

**Errors** have `message`, `status`, a stable `code`, the wrong `fields` and a `request_id`. What \
makes no sense is 400. `/docs/errors` lists every code with its cause and its cure. The gateway in \
front of a deployed shop answers some 413, 429, 500 and 503 by itself, with a `message` alone: \
read `code` as if it may be missing. Such an answer has a header `Apigw-Requestid` in place of \
`X-Request-Id`. Before the gateway is a CDN, whose own errors (502, 504, a firewall's 403) are HTML.

**Lists** come in pages of `limit` entries, 1,000 without it; follow `Link: rel="next"`.

**Repeats.** An order with an `Idempotency-Key` can be repeated: one order per user and key. \
An addition to a cart with one can be repeated for an hour, unless the cart was replaced or \
emptied since. After 503, 500, 408, 429 or no answer, wait (`Retry-After`) and repeat; an \
addition without a key may have counted, so read the cart first.

**Money** is exact inside, in cents; what comes with more than two decimals is rounded half up. \
At the edge, old fields keep the types their clients know:

| Field | Type |
|---|---|
| `price` of a product, of an item | number: `62.5`; in a user's cart text if it was added as text |
| `carttotal` | number: `804.5` |
| `total` of an order | text: `"62.50"` |
| `payment.amount` | text: `"62.50"`, `"0"` if refused, empty while pending |
| `amount` of the event `CreditCardValidated` | number: `62.5` |

**Tokens** are asked for unless the shop runs in its open mode (`AUTH_MODE=0`); one of the three \
ways is enough. Staff have the same kind of token, with the role `staff`.

**Versions.** What this document says is kept within a major version. What goes is marked \
`deprecated` for at least one minor version before.
"""

_SECURITY_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": f"The `access_token` of `POST /login`, good for {ACCESS_MINUTES} minutes.",
    },
    "accessTokenHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Access-Token",
        "description": "The same token, for clients that cannot set `Authorization`.",
    },
    "accessTokenCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "logged_in",
        "description": "The same token, set by a login, for pages of the same origin.",
    },
}
_ANY_TOKEN: list[dict[str, list[str]]] = [{name: []} for name in _SECURITY_SCHEMES]

# Operations that take credentials themselves answer 401 without asking for a token.
_CREDENTIALS_IN_BODY = {"log_in", "refresh_tokens", "verify_token"}


def build_document(app: FastAPI) -> Document:
    """Return the OpenAPI document of the whole shop."""
    document = get_openapi(
        title=TITLE,
        version=__version__,
        summary="The HTTP API of an online fitness shop.",
        description=_DESCRIPTION,
        contact={"name": "The developers of the ACME Serverless Fitness Shop"},
        license_info={"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/", "description": "The shop that serves this document."}],
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
    )
    components = document["components"]
    _add_error_schemas(components["schemas"])
    components["responses"] = {}
    components["headers"] = header_components()
    components["securitySchemes"] = _SECURITY_SCHEMES
    for method, operation in _operations(document):
        for response in operation["responses"].values():
            _complete_success(response, components["schemas"])
        components["responses"] |= _complete(method, operation)
    _drop_unused_components(document)
    schemas = components["schemas"]
    components["schemas"] = {name: simplify(name, schema) for name, schema in schemas.items()}
    return document


def _add_error_schemas(schemas: Document) -> None:
    for model in (ErrorResponse, GatewayErrorResponse):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema


def _complete(method: str, operation: Document) -> Document:
    """Add what the routes do not say themselves; return the components of its error answers."""
    for parameter in operation.get("parameters", ()):
        _complete_parameter(parameter)
    responses = operation["responses"]
    # Validation is 400 here (openapi/CONTRACT.md, 1.1, rule 9); FastAPI documents a 422.
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    codes = {*_refusals(method, operation), *ALWAYS}
    for status in [status for status in responses if status >= "400"]:
        codes |= set(responses.pop(status)[CODES])
    answers, components = error_answers(codes)
    responses |= answers
    operation["responses"] = dict(sorted(responses.items()))
    for start, links in LINKS.get(operation["operationId"], {}).items():
        responses[start]["links"] = deepcopy(links)
    add_headers(operation)
    is_closed = "401" in responses and operation["operationId"] not in _CREDENTIALS_IN_BODY
    operation["security"] = deepcopy(_ANY_TOKEN) if is_closed else []
    return components


def _complete_parameter(parameter: Document) -> None:
    schema = simplify_parameter(parameter["schema"])
    schema.pop("description", None)
    for example in schema.pop("examples", ())[:1]:
        parameter["example"] = example
    parameter["schema"] = schema
    if parameter["in"] == "header":
        parameter["name"] = parameter["name"].title()


def _complete_success(response: Document, schemas: Mapping[str, Document]) -> None:
    """Describe an answer by its model; an answer without one has an empty body."""
    for kind, content in list(response.get("content", {}).items()):
        schema = content.get("schema", {})
        if not schema and kind == "application/json":
            del response["content"]
            break
        content["schema"] = simplify_parameter(schema) if schema else {"type": "string"}
        if schema.get("type") == "array" and _is_bare(response):
            response["description"] = "A page of the list."
        if (name := schema.get("$ref", "").rpartition("/")[2]) and _is_bare(response):
            response["description"] = schemas[name]["description"].partition("\n")[0]
    if _is_bare(response):
        response["description"] = "Done."


def _is_bare(response: Document) -> bool:
    return bool(response["description"] == "Successful Response")


def build_domain_document(document: Document, domain: str) -> Document:
    """Return the part of the whole document that belongs to one domain."""
    part = deepcopy(document)
    part["info"]["title"] = f"{TITLE}: {domain}"
    part["tags"] = [tag for tag in part["tags"] if tag["name"] == domain]
    part["paths"] = {
        path: operations
        for path, methods in part["paths"].items()
        if (
            operations := {
                method: operation
                for method, operation in methods.items()
                if domain in operation["tags"]
            }
        )
    }
    _drop_foreign_links(part)
    _drop_unused_components(part)
    return part


def _operations(document: Document) -> Iterator[tuple[str, Document]]:
    for methods in document["paths"].values():
        yield from methods.items()


def _drop_foreign_links(document: Document) -> None:
    """Leave out the links that lead to operations of other documents."""
    own = {operation["operationId"] for _, operation in _operations(document)}
    for _, operation in _operations(document):
        for response in operation["responses"].values():
            links = response.pop("links", {})
            own_links = {name: link for name, link in links.items() if link["operationId"] in own}
            if own_links:
                response["links"] = own_links


def _refusals(method: str, operation: Document) -> set[str]:
    """Return the codes of a request that is malformed, as far as this one can be."""
    parameters = operation.get("parameters", [])
    codes = set(WITH_BODY) if method == "post" else set()
    if "requestBody" in operation:
        codes.add("invalid_request")
    if any(parameter["in"] == "path" for parameter in parameters):
        codes |= set(WITH_ID)
    if any(parameter["schema"].keys() - _ANNOTATIONS for parameter in parameters):
        codes.add("invalid_request")
    return codes


def _drop_unused_components(document: Document) -> None:
    components = document["components"]
    used: set[str] = set()
    waiting: list[Any] = [document["paths"]]
    while waiting:
        for reference in _references(waiting.pop()) - used:
            used.add(reference)
            kind, name = reference.removeprefix("#/components/").split("/")
            waiting.append(components[kind][name])
    for kind in ("schemas", "responses", "headers"):
        components[kind] = {
            name: component
            for name, component in sorted(components[kind].items())
            if f"#/components/{kind}/{name}" in used
        }


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = node.get("$ref")
        found = {own} if isinstance(own, str) else set()
        return found.union(*map(_references, node.values()))
    if isinstance(node, list):
        return set().union(*map(_references, node))
    return set()
