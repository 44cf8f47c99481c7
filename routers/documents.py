"""The API documents: one of the whole API, one for each HTTP domain."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from routers.links import LINKS
from routers.problems import describe

#: Parts of a parameter's schema that refuse no value.
_ANNOTATIONS = {"type", "title", "description", "examples"}

_REFERENCE = "#/components/schemas/"

TITLE = "ACME Serverless Fitness Shop"

#: The description of each domain, in the order of the documents.
DOMAINS = {
    "catalog": "What the shop sells.",
    "cart": "What a shopper is going to buy.",
    "order": "Placing orders and following their payment and shipment.",
    "user": "Registration, login, tokens and profiles.",
}
_TAGS = {**DOMAINS, "system": "Health and readiness."}

# Operations that take credentials themselves answer 401 without asking for a token.
_CREDENTIALS_IN_BODY = {"log_in", "refresh_tokens", "verify_token"}


def build_document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the whole shop."""
    document = get_openapi(
        title=TITLE,
        version="1.0.0",
        description=(
            "Amounts of money are decimal numbers. Paths work with and without a "
            "trailing slash, bodies are read as JSON whatever the Content-Type says, and "
            'errors are always `{"message": ..., "status": ...}`.'
        ),
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
    )
    for operation in _operations(document):
        responses = operation["responses"]
        # Validation errors are 400 (openapi/CONTRACT.md, 1.1, rule 9), not 422.
        if "HTTPValidationError" in str(responses.get("422")):
            del responses["422"]
        for status in _refusals(operation):
            responses[str(status)] = _refusal(status)
        operation["responses"] = dict(sorted(responses.items()))
        for start, links in LINKS.get(operation["operationId"], {}).items():
            responses[start]["links"] = deepcopy(links)
        if "401" in responses and operation["operationId"] not in _CREDENTIALS_IN_BODY:
            operation["security"] = [{"bearer": []}]
    components = document.setdefault("components", {})
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    _drop_unused_schemas(document)
    return document


def build_domain_document(document: dict[str, Any], domain: str) -> dict[str, Any]:
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
    _drop_unused_schemas(part)
    return part


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def _drop_foreign_links(document: dict[str, Any]) -> None:
    """Remove links to operations that are in other documents."""
    own = {operation["operationId"] for operation in _operations(document)}
    for operation in _operations(document):
        for response in operation["responses"].values():
            links = response.pop("links", {})
            own_links = {name: link for name, link in links.items() if link["operationId"] in own}
            if own_links:
                response["links"] = own_links


def _refusals(operation: dict[str, Any]) -> tuple[int, ...]:
    """Return the error statuses of a malformed request, if this one can be malformed."""
    if "requestBody" in operation:
        return (400, 413)
    schemas = [parameter["schema"] for parameter in operation.get("parameters", [])]
    return (400,) if any(schema.keys() - _ANNOTATIONS for schema in schemas) else ()


def _refusal(status: int) -> dict[str, Any]:
    documented = describe(status)
    schema = {"$ref": f"{_REFERENCE}{documented.pop('model').__name__}"}
    documented["content"]["application/json"]["schema"] = schema
    return documented


def _drop_unused_schemas(document: dict[str, Any]) -> None:
    schemas = document["components"].get("schemas", {})
    used: set[str] = set()
    waiting = [document["paths"]]
    while waiting:
        for name in _references(waiting.pop()) - used:
            used.add(name)
            waiting.append(schemas[name])
    document["components"]["schemas"] = {name: schemas[name] for name in sorted(used)}


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = node.get("$ref")
        found = {own.removeprefix(_REFERENCE)} if isinstance(own, str) else set()
        return found.union(*map(_references, node.values()))
    if isinstance(node, list):
        return set().union(*map(_references, node))
    return set()
