"""``acme-shop openapi``: write the documents of API and events, or check them."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from app.domain.errors import ShopError
from app.main import app
from app.static_files import STATIC
from infra.document_pages import build_pages
from infra.event_document import build_event_document
from infra.postman_collection import build_postman_collection
from routers.documents import DOMAINS, build_domain_document


class StaleDocumentsError(ShopError):
    """The committed documents differ from what the code generates."""


def documents() -> dict[str, dict[str, Any]]:
    """Return every OpenAPI document by file name."""
    whole = app.openapi()
    parts = {f"{domain}.json": build_domain_document(whole, domain) for domain in DOMAINS}
    return {"openapi.json": whole, **parts}


def command(
    folder: Annotated[Path, typer.Option(help="Where the documents are.")] = Path("openapi"),
    pages: Annotated[Path, typer.Option(help="Where the pages of the documents are.")] = (
        STATIC / "docs"
    ),
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail when a document is stale.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole document instead of writing files.")
    ] = False,
) -> None:
    """Write the documents of API and events, their pages, and a Postman collection."""
    events = build_event_document()
    api = documents()
    collection = build_postman_collection(api["openapi.json"])
    texts = {
        folder / name: json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for name, document in {
            **api,
            "asyncapi.json": events,
            # In a folder of its own: linters of API documents take all that lies beside them.
            "postman/collection.json": collection,
        }.items()
    }
    if as_json:
        print(texts[folder / "openapi.json"], end="")
        return
    # Copies of what the shop serves, because the image holds only what is in `app`.
    texts[pages / "asyncapi.json"] = texts[folder / "asyncapi.json"]
    texts[pages / "postman.json"] = texts[folder / "postman" / "collection.json"]
    texts |= {pages / name: text for name, text in build_pages(events).items()}
    stale = [
        path
        for path, text in texts.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    if check:
        if stale:
            names = ", ".join(map(str, stale))
            raise StaleDocumentsError(f"{names}: stale; run make openapi")
        print(f"{len(texts)} documents are up to date.")
        return
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[path], encoding="utf-8")
    print(f"Wrote {len(stale)} of {len(texts)} documents; the others were up to date.")
