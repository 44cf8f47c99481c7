"""Errors, policy violations and missing files that fail a test which uses a page."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

# Comes without types.
_axe = import_module("axe_playwright_python.base")

#: The browser's own remark about an answer with an error status. Tests ask for many of those
#: on purpose, but not for the pages' own files. Being told of every answer would cost more.
_FAILED = re.compile(r"Failed to load resource: .*\bstatus of (\d+)")
_REMARKS = (
    "Failed to load resource",
    # Most tests run without service workers, and Playwright says so.
    "Service Worker registration blocked",
)


class _PageMonitor:
    def __init__(self, shop_url: str) -> None:
        self.host = urlsplit(shop_url).netloc
        self.faults: list[str] = []

    def on_console(self, message: ConsoleMessage) -> None:
        # Violations of the content security policy are reported here too.
        url = message.location["url"]
        if (failed := _FAILED.match(message.text)) and urlsplit(url).path.startswith("/static/"):
            self.faults.append(f"{failed[1]}: {url}")
        if message.type in {"error", "warning"} and not message.text.startswith(_REMARKS):
            self.faults.append(f"console: {message.text}")

    def on_error(self, error: WebError) -> None:
        self.faults.append(f"script: {error.error}")

    def on_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in {"data", "blob", "about"} and url.netloc != self.host:
            self.faults.append(f"another host: {request.url}")


@contextmanager
def monitored(context: BrowserContext, shop_url: str) -> Iterator[list[str]]:
    """Fail at the end of the block if any page of ``context`` did something wrong in it.

    Wrong is an error or a warning on the console, an uncaught exception, a violation of
    the content security policy, a request to another host, and a file of the pages that is
    not there. Yields what was found so far.
    """
    monitor = _PageMonitor(shop_url)
    context.on("console", monitor.on_console)
    context.on("weberror", monitor.on_error)
    context.on("request", monitor.on_request)
    try:
        yield monitor.faults
    finally:
        context.remove_listener("console", monitor.on_console)
        context.remove_listener("weberror", monitor.on_error)
        context.remove_listener("request", monitor.on_request)
    assert not monitor.faults, "\n".join(monitor.faults)


#: axe's rules about colors; on a long page they take nearly all of its time.
_COLOR_RULES = ["color-contrast", "link-in-text-block"]


def assert_accessible(
    page: Page,
    *,
    only_colors: bool = False,
    without_colors: bool = False,
    within: str | None = None,
) -> None:
    """Run axe over a page: contrast, names, roles, order.

    ``only_colors`` is for a page in its other colors, when the rest has been looked at,
    ``without_colors`` for one whose colors have been; ``within`` selects what is new on it.
    """
    # What passes is not listed: that takes longer than looking.
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if only_colors:
        options["runOnly"] = _COLOR_RULES
    if without_colors:
        options["rules"] = {rule: {"enabled": False} for rule in _COLOR_RULES}
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe.AXE_SCRIPT)
    run = "([within, options]) => axe.run(within ?? document, options)"
    result = _axe.AxeResults(page.evaluate(run, [within, options]))
    assert result.violations_count == 0, result.generate_report()
