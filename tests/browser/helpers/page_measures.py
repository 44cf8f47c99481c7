"""How many bytes a page fetches, and how much of it shifts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page

#: Less than a person can see (web.dev/cls: good is below 0.1): a name in the bar may find its room.
MAX_SHIFT = 0.002

#: Adds up what moved without being asked to, from now on and from the start of the page.
RECORD_SHIFTS = """() => {
    window.shift = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            if (!entry.hadRecentInput) window.shift += entry.value;
        }
    }).observe({ type: "layout-shift", buffered: true });
}"""

_SHIFT_AFTER_NEXT_FRAMES = """() => new Promise((resolve) => requestAnimationFrame(() =>
    requestAnimationFrame(() => setTimeout(() => resolve(window.shift), 50))))"""


def shift_of(page: Page) -> float:
    """Return how much has moved since ``RECORD_SHIFTS`` ran, when the page has been painted."""
    shift: float = page.evaluate(_SHIFT_AFTER_NEXT_FRAMES)
    return shift


@contextmanager
def transferred(page: Page) -> Iterator[dict[str, int]]:
    """Collect what comes over the wire, headers and all, by address; pictures apart."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}

    def on_response(seen: dict[str, Any]) -> None:
        if seen["type"] != "Image":
            addresses[str(seen["requestId"])] = seen["response"]["url"]

    def on_finish(seen: dict[str, Any]) -> None:
        if address := addresses.get(str(seen["requestId"])):
            sizes[address] = seen["encodedDataLength"]

    devtools.on("Network.responseReceived", on_response)
    devtools.on("Network.loadingFinished", on_finish)
    yield sizes
    devtools.detach()
