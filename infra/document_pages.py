"""The pages of errors and events, generated from the tables that the shop itself uses."""

import json
import re
from collections.abc import Iterable
from html import escape
from typing import Any

from routers.error_catalogue import CATALOGUE, example_of

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title} - ACME Fitness Shop</title>
  <link rel="icon" href="/static/favicon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/docs/docs.css">
</head>
<body>
  <nav aria-label="Documents">
    <a href="/docs">Guide</a> <a href="/docs#reference">API reference</a> {events}
    {errors} <a href="/postman.json">Postman</a>
    <a href="/">The shop</a> <a href="/pos">The till</a>
  </nav>
  <main>
    <h1>{title}</h1>
{content}
  </main>
</body>
</html>
"""


def build_pages(events: dict[str, Any]) -> dict[str, str]:
    """Return both pages by their place below ``app/static/docs``."""
    return {
        "errors/index.html": _page("Errors", _errors()),
        "events/index.html": _page("Events", _events(events)),
    }


def _page(title: str, parts: Iterable[str]) -> str:
    links = {
        name: f'<a href="/docs/{name}"{current}>{name.title()}</a>'
        for name in ("events", "errors")
        for current in [' aria-current="page"' if name == title.lower() else ""]
    }
    return _PAGE.format(title=title, content="\n".join(parts), **links)


def _errors() -> Iterable[str]:
    yield (
        "    <p>Every error of the shop has a <code>message</code> for people, the HTTP"
        " <code>status</code>, a stable <code>code</code> for programs, the <code>fields</code>"
        " that are wrong, and the <code>request_id</code> to tell the shop's operators.</p>"
    )
    for entry in CATALOGUE:
        yield f'    <h2 id="{entry.code}"><code>{entry.code}</code> ({entry.status})</h2>'
        yield f"    <p>{_text(entry.cause)}</p>"
        yield f"    <p>What to do: {_text(entry.cure)}</p>"
        yield _example(json.dumps(example_of(entry), indent=2))


def _events(document: dict[str, Any]) -> Iterable[str]:
    yield (
        "    <p>The shop's domains talk over SQS queues in JSON. Any message may come twice, late"
        " or out of order: act on the id of the order, and let a repeat change nothing. Fields are"
        ' in <a href="/asyncapi.json">asyncapi.json</a> (AsyncAPI 3); unknown ones are ignored.</p>'
    )
    for name, message in document["components"]["messages"].items():
        queues = [
            channel for channel, facts in document["channels"].items() if name in facts["messages"]
        ]
        yield f'    <h2 id="{name}">{name}</h2>'
        yield f"    <p>{_text(message['summary'])}</p>"
        yield f"    <p>Queue: {', '.join(f'<code>{queue}</code>' for queue in queues)}</p>"
        for example in message["examples"]:
            text = json.dumps(example["payload"], indent=2, ensure_ascii=False)
            yield _example(text)


def _example(text: str) -> str:
    """Return a text in lines; the keyboard can scroll what is wider than the screen."""
    return f'    <pre tabindex="0">{escape(text, quote=False)}</pre>'


def _text(text: str) -> str:
    """Return a sentence as HTML; backquotes mean code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
