"""``acme-shop openapi``: write the documents of API and events, or check them."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from app.domain.errors import ShopError
from app.main import app
from infra.event_document import build_event_document
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
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail when a document is stale.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole document instead of writing files.")
    ] = False,
) -> None:
    """Write openapi.json, one document per HTTP domain, and asyncapi.json of the events."""
    texts = {
        name: json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for name, document in {**documents(), "asyncapi.json": build_event_document()}.items()
    }
    if as_json:
        print(texts["openapi.json"], end="")
        return
    stale = [
        name
        for name, text in texts.items()
        if not (folder / name).is_file() or (folder / name).read_text() != text
    ]
    if check:
        if stale:
            names = ", ".join(stale)
            raise StaleDocumentsError(f"{names} in {folder} are stale: run make openapi")
        print(f"{len(texts)} documents are up to date.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (folder / name).write_text(texts[name])
    print(f"Wrote {len(stale)} of {len(texts)} documents; the others were up to date.")
